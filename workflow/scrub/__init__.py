"""The scrub engine: bytes in, bytes and a report out; it opens nothing and knows no AWS."""
