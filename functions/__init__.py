"""One thin handler for each Lambda function."""
