"""The Lambda runtime of the embedded stack: real processes that run the functions of a folder."""
