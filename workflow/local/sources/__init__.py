"""Event source mappings: what carries messages and stream records to the functions."""
