"""What ``lakescrub doctor`` knows: settings as they were read in, findings out; it opens nothing.

``workflow.aws.diagnosis`` reads the settings. A command that mends something holds everything that
it takes the place of, since S3 replaces lifecycle rules, notifications and policies as a whole.
"""
