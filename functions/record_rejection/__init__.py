"""The RecordRejection task."""
