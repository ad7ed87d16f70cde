"""Deploy the committed CloudFormation template to the embedded stack."""
