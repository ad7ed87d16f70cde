"""JSON as bytes: strict checks, selected spans, new tokens. Nothing else of a row is touched."""
