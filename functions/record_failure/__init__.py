"""The record_failure function."""
