"""CSV and TSV: rows and columns as bytes."""
