"""Names of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

import re

from workflow.errors import UsageError

_NAME = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(name: str) -> None:
    """Refuse a name that no bucket can have.

    Raises:
        UsageError: It breaks S3's rules.
    """
    if not _NAME.fullmatch(name) or name.startswith(_PREFIXES) or name.endswith(_SUFFIXES):
        raise UsageError(f"'{name}' breaks S3's rules for bucket names")
