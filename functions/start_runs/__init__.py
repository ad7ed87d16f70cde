"""The start_runs function."""
