"""The sweep_overdue function."""
