"""The only library code that imports boto3."""
