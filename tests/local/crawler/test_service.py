import threading

import pytest

from tests.local.athena.lake_fakes import FakeGlue, FakeS3
from workflow.local.crawler import CrawlerService


class HeldS3(FakeS3):
    """Waits with the first listing until it is let go."""

    def __init__(self):
        super().__init__()
        self.reached, self.release = threading.Event(), threading.Event()

    def list_objects_v2(self, **arguments):
        self.reached.set()
        self.release.wait(10)
        return super().list_objects_v2(**arguments)


@pytest.fixture
def glue():
    made = FakeGlue()
    targets = {"S3Targets": [{"Path": "s3://lake/d/"}]}
    made.crawlers["c"] = {"Name": "c", "DatabaseName": "lake", "Targets": targets}
    return made


@pytest.fixture
def s3():
    made = HeldS3()
    made.put_object(Bucket="lake", Key="d/a.json", Body=b'{"id": 1}\n')
    return made


@pytest.fixture
def service(glue, s3):
    made = CrawlerService(glue=glue, s3=s3)
    yield made
    s3.release.set()
    made.close()


def shown(service, glue):
    def emulator():
        return 200, {"Crawler": {**glue.crawlers["c"], "State": "READY", "LastCrawl": None}}

    return service.handle("GetCrawler", {"Name": "c"}, emulator)[1]["Crawler"]


def call(service, action, name="c"):
    status, answer = service.handle(action, {"Name": name}, lambda: (200, {}))
    return answer.get("__type", status)


def test_a_crawler_runs_and_is_ready_again(service, glue, s3):
    before = shown(service, glue)
    call(service, "StartCrawler")
    s3.reached.wait(10)
    running = shown(service, glue)
    s3.release.set()
    service.wait()
    after = shown(service, glue)

    assert (before["State"], running["State"], after["State"]) == ("READY", "RUNNING", "READY")
    assert "LastCrawl" not in before
    assert after["LastCrawl"]["Status"] == "SUCCEEDED"
    assert ("lake", "d") in glue.tables


def test_a_crawler_is_not_started_twice(service, s3):
    call(service, "StartCrawler")
    s3.reached.wait(10)

    assert call(service, "StartCrawler") == "CrawlerRunningException"
    assert call(service, "DeleteCrawler") == "CrawlerRunningException"


def test_a_stopped_crawl_writes_nothing(service, glue, s3):
    call(service, "StartCrawler")
    s3.reached.wait(10)

    call(service, "StopCrawler")
    stopping = shown(service, glue)["State"]
    s3.release.set()
    service.close()

    assert stopping == "STOPPING"
    assert shown(service, glue)["LastCrawl"]["Status"] == "CANCELLED"
    assert glue.tables == {}


def test_what_does_not_run_cannot_be_stopped(service):
    assert call(service, "StopCrawler") == "CrawlerNotRunningException"


def test_an_unknown_crawler_is_not_found(service):
    assert call(service, "StartCrawler", "nobody") == "EntityNotFoundException"
    assert call(service, "StopCrawler", "nobody") == "EntityNotFoundException"


def test_a_failed_crawl_says_so_without_any_content(service, glue, s3):
    def fail(**_arguments):
        raise RuntimeError("canary")

    s3.list_objects_v2 = fail

    call(service, "StartCrawler")
    service.close()

    last = shown(service, glue)["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "canary" not in repr(last)


def test_a_schedule_is_paused_and_goes_on(service, glue):
    glue.crawlers["c"]["Schedule"] = {"ScheduleExpression": "cron(0 0 * * ? *)"}
    asked = {"CrawlerName": "c"}

    def state():
        answer = service.handle("GetCrawler", {}, lambda: (200, {"Crawler": glue.crawlers["c"]}))
        return answer[1]["Crawler"]["Schedule"]["State"]

    before = state()
    stopped = service.handle("StopCrawlerSchedule", asked, dict)
    again = service.handle("StopCrawlerSchedule", asked, dict)
    while_paused = state()
    service.handle("StartCrawlerSchedule", asked, dict)

    assert (before, while_paused, state()) == ("SCHEDULED", "NOT_SCHEDULED", "SCHEDULED")
    assert stopped == (200, {})
    assert again[1]["__type"] == "SchedulerNotRunningException"


@pytest.mark.parametrize(
    ("name", "error"), [("c", "NoScheduleException"), ("x", "EntityNotFoundException")]
)
def test_there_has_to_be_a_schedule(service, name, error):
    answer = service.handle("StartCrawlerSchedule", {"CrawlerName": name}, dict)

    assert answer[1]["__type"] == error


def test_metrics_count_the_tables(service, s3):
    s3.release.set()
    call(service, "StartCrawler")
    service.wait()

    def emulator():
        return 200, {"CrawlerMetricsList": [{"CrawlerName": "c", "TablesCreated": 0}]}

    metrics = service.handle("GetCrawlerMetrics", {}, emulator)[1]["CrawlerMetricsList"]
    assert metrics[0]["TablesCreated"] == 1
