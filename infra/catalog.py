"""The catalog: the Glue database, and the crawler that adds tables to it."""

from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import permissions
from infra.environments import Environment
from workflow.policy import Policies

CONFIGURATION = Path(__file__).parents[1] / "glue" / "crawler_configuration.json"


class Catalog(Construct):
    """Database and crawler.

    Both have fixed names: people type the database's name in queries, and a run names the crawler
    to Glue long after the stack was deployed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        lake: s3.IBucket,
        policies: Policies,
    ) -> None:
        """Create the database and a crawler with one target for each dataset's prefix."""
        super().__init__(scope, construct_id)
        self.database_name = environment.stack_name.replace("-", "_")
        self.crawler_name = environment.stack_name
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name,
                description="Tables over the data lake that lakescrub scrubs.",
            ),
        )
        role = iam.Role(self, "CrawlerRole", assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        for statement in permissions.crawl(self, database=self.database_name, lake=lake):
            role.add_to_policy(statement)
        self.crawler = glue.CfnCrawler(
            self,
            "Crawler",
            name=self.crawler_name,
            role=role.role_arn,
            database_name=self.database_name,
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[
                    glue.CfnCrawler.S3TargetProperty(
                        path=f"s3://{lake.bucket_name}/{dataset.prefix}"
                    )
                    for dataset in policies.values()
                ]
            ),
            # Missing tables and partitions are added by runs; the daily crawl finds new columns.
            schedule=glue.CfnCrawler.ScheduleProperty(schedule_expression="cron(17 3 * * ? *)"),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
            ),
            configuration=CONFIGURATION.read_text(encoding="utf-8").strip(),
        )
        self.crawler.node.add_dependency(self.database, role)
