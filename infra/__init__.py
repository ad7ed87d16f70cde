"""The CDK app: one capability a file, a stack that only composes.

jsii starts Node when ``aws_cdk`` is imported, so the path to Node has to be in the environment
before any module of this package imports it. That is why this package, alone in the project, does
something at import.
"""

from infra.node import use_packaged_node

use_packaged_node()
