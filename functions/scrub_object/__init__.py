"""The ScrubObject task."""
