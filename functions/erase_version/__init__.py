"""The EraseVersion task."""
