"""The embedded stack: the whole system on one machine."""
