"""What of a template has no effect on the embedded stack, each with the reason.

Somebody looked at each line and decided that the system behaves the same without it. Anything
else that cannot be seen through an API after the deployment stops the deployment.
"""

NO_LOCAL_EFFECT: dict[str, str] = {
    "AWS::CDK::Metadata": "counts CDK's users",
    "AWS::CloudWatch::Dashboard": "a picture for the console",
    "AWS::XRay::Group": "a filter for the console",
}
"""Resource types."""

UNSEEN: dict[tuple[str, str], str] = {
    ("AWS::Athena::WorkGroup", "RecursiveDeleteOption"): "says how CloudFormation deletes",
    ("AWS::Lambda::Function", "Code"): "the code runs from its folder, not from the bundle",
    ("AWS::Logs::LogGroup", "LogGroupClass"): "a price",
    ("AWS::SecretsManager::Secret", "GenerateSecretString.ExcludePunctuation"): "cannot be read",
}
"""Properties: type and dotted path."""
