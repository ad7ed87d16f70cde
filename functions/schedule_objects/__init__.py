"""The schedule_objects function."""
