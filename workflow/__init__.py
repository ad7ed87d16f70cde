"""lakescrub reprocesses objects in an S3 data lake, in place, a set time after upload."""
