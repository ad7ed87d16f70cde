"""The shape that all functions share: runtime, bundle, logs, traces, and a role of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra import permissions
from infra.environments import Environment


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """What every function is made with."""

    environment: Environment
    light: assets.Asset
    parquet: assets.Asset


@dataclass(frozen=True, kw_only=True)
class FunctionSettings:
    """How much of everything one function gets."""

    memory_mb: int
    timeout: Duration
    parquet: bool = False


def camel_case(name: str) -> str:
    """Return the name of the state, construct and output for a function's name."""
    return "".join(word.capitalize() for word in name.split("_"))


class PythonFunction(lambda_.Function):
    """One function of ``functions/``, with a role that holds ``statements`` and nothing shared."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        workbench: Workbench,
        settings: FunctionSettings,
        variables: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        """Create the function, its log group and its role."""
        construct_id = camel_case(name)
        log_group = logs.LogGroup(
            scope,
            f"{construct_id}Logs",
            retention=workbench.environment.log_retention,
            removal_policy=workbench.environment.removal_policy,
        )
        role = iam.Role(
            scope, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")
        )
        log_actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
        role.add_to_policy(permissions.allow("Log", log_actions, log_group.log_group_arn))
        # CDK adds the X-Ray statement by itself, as it does for the state machine.
        for statement in statements:
            role.add_to_policy(statement)
        asset = workbench.parquet if settings.parquet else workbench.light
        super().__init__(
            scope,
            construct_id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_bucket_v2(asset.bucket, asset.s3_object_key),
            handler=f"functions.{name}.handler.handler",
            memory_size=settings.memory_mb,
            timeout=settings.timeout,
            environment={**_shared_variables(name), **variables},
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            role=role,
            reserved_concurrent_executions=workbench.environment.reserved_concurrency.get(name),
        )
        self.gigabytes = settings.memory_mb / 1024


def _shared_variables(name: str) -> dict[str, str]:
    return {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": "lakescrub",
        "LOG_LEVEL": "INFO",
    }
