from workflow.local.analytics import ACTIONS
from workflow.local.athena import AthenaService
from workflow.local.crawler import CrawlerService


def test_the_port_routes_exactly_what_the_services_answer():
    athena = AthenaService(athena=None, glue=None, s3=None)
    crawler = CrawlerService(glue=None, s3=None)

    assert {*athena.actions, "GetWorkGroup"} == ACTIONS["AmazonAthena"]
    assert set(crawler.actions) == ACTIONS["AWSGlue"]
