"""The InspectObject task."""
