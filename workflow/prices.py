"""What AWS asks for, in US dollars, in us-east-1, on 2026-09-13. One place for all estimates."""

DATE = "2026-09-13"
REGION = "us-east-1"

# https://aws.amazon.com/step-functions/pricing/
STATE_TRANSITION = 0.025 / 1_000
# https://aws.amazon.com/lambda/pricing/ (arm64)
LAMBDA_GB_SECOND = 0.0000133334
LAMBDA_REQUEST = 0.20 / 1_000_000
# https://aws.amazon.com/dynamodb/pricing/on-demand/
DYNAMODB_WRITE = 0.625 / 1_000_000
DYNAMODB_READ = 0.125 / 1_000_000
DYNAMODB_GB_MONTH = 0.25
# https://aws.amazon.com/s3/pricing/
S3_PUT = 0.005 / 1_000
S3_GET = 0.0004 / 1_000
S3_GB_MONTH = 0.023
S3_TAG_MONTH = 0.0065 / 10_000
# https://aws.amazon.com/sqs/pricing/
SQS_REQUEST = 0.40 / 1_000_000
# https://aws.amazon.com/cloudwatch/pricing/
LOGS_GB = 0.50
METRIC_MONTH = 0.30
ALARM_MONTH = 0.10
DASHBOARD_MONTH = 3.00
# https://aws.amazon.com/kms/pricing/ and https://aws.amazon.com/secrets-manager/pricing/
KMS_KEY_MONTH = 1.00
SECRET_MONTH = 0.40
# https://aws.amazon.com/glue/pricing/: ten minutes at least for each crawl; two DPUs assumed.
CRAWL = 0.44 * 2 * 10 / 60
# https://aws.amazon.com/athena/pricing/
ATHENA_TB = 5.00
