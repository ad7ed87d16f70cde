"""`lakescrub up` as a process: what it prints, and that it leaves nothing behind."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.local.lab import wait_for

LAKESCRUB = [sys.executable, "-m", "workflow.cli.main"]


class Running:
    """One `lakescrub up` with a temporary folder of its own."""

    def __init__(self, folder: pathlib.Path, *arguments: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [*LAKESCRUB, "up", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )

    def status(self) -> dict[str, Any]:
        """What it prints once it is ready."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                break
        found: dict[str, Any] = json.loads("".join(lines))
        return found

    def children(self) -> set[int]:
        listed = subprocess.run(
            ["ps", "-eo", "pid,ppid,sid"], capture_output=True, text=True, check=True
        ).stdout
        rows = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
        found = {self.process.pid}
        while more := {pid for pid, parent, _ in rows if parent in found} - found:
            found |= more
        return found - {self.process.pid}

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode


def lakescrub(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*LAKESCRUB, *arguments], capture_output=True, text=True, timeout=30, check=False, **more
    )


@pytest.fixture
def running(tmp_path: pathlib.Path) -> Iterator[Running]:
    started = Running(tmp_path, "--port", "0")
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.communicate()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_serves_until_ctrl_c_and_leaves_nothing(running: Running) -> None:
    status = running.status()
    client = boto3.client(
        "lambda",
        endpoint_url=status["endpoint"],
        region_name=status["region"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.invoke(FunctionName=status["outputs"]["StartRunsFunction"], Payload=b'{"Records": []}')
    children = running.children()

    code = running.end(signal.SIGINT)

    assert code == 0
    assert len(children) >= 2  # the fork server and a worker
    wait_for(lambda: not any(alive(pid) for pid in children))
    assert list(running.folder.iterdir()) == []


def test_leaves_no_process_when_it_is_killed(running: Running) -> None:
    running.status()
    children = running.children()

    running.end(signal.SIGKILL)

    wait_for(lambda: not any(alive(pid) for pid in children))
    wait_for(lambda: not list(running.folder.iterdir()))


def test_moves_its_clock_and_tells_its_names(running: Running) -> None:
    status = running.status()
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": status["endpoint"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": status["region"],
    }

    moved = lakescrub("advance", "5m", "--json", env=environment)
    told = lakescrub("status", "--json", env=environment)

    assert (moved.returncode, json.loads(moved.stdout)) == (0, {"offset": 300.0})
    assert json.loads(told.stdout)["outputs"] == status["outputs"]
    with urllib.request.urlopen(f"{status['endpoint']}/_lakescrub/status") as answer:
        assert json.loads(answer.read())["offset"] == 300
    assert running.end(signal.SIGTERM) == 0


def test_says_in_one_line_that_the_port_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = lakescrub("up", "--port", str(port))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert len(ended.stderr.strip().splitlines()) == 1
    assert f"port {port} is in use" in ended.stderr


def test_says_in_one_line_what_is_wrong_with_the_policy_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "datasets.yaml"
    file.write_text("version: 1\ndatasets:\n  a:\n    prefix: 7\n")

    ended = lakescrub("up", "--port", "0", "--datasets", str(file))

    assert ended.returncode == 3
    assert f"{file}:4" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_says_in_one_line_that_it_cannot_write(tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "missing")
    script = "import tempfile, sys; tempfile.tempdir = sys.argv.pop(1); "
    script += "from workflow.cli.main import main; sys.exit(main())"

    ended = subprocess.run(
        [sys.executable, "-c", script, missing, "up", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "TMPDIR" in ended.stderr


def test_says_in_one_line_that_nothing_answers() -> None:
    ended = lakescrub("advance", "5m", "--endpoint-url", "http://127.0.0.1:9")

    assert ended.returncode == 5
    assert len(ended.stderr.strip().splitlines()) == 1


def test_runs_what_a_changed_template_says(tmp_path: pathlib.Path) -> None:
    template = json.loads(pathlib.Path("infra/lakescrub-dev.template.json").read_text())
    resources = template["Resources"].values()
    function = next(
        r
        for r in resources
        if r.get("Properties", {}).get("Handler", "").startswith("functions.schedule_objects.")
    )
    function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] = "renamed"
    mapping = next(
        r
        for r in resources
        if r["Type"] == "AWS::Lambda::EventSourceMapping" and "ScalingConfig" in r["Properties"]
    )
    mapping["Properties"]["BatchSize"] = 3
    queue = next(r for r in resources if "RedrivePolicy" in r.get("Properties", {}))
    queue["Properties"]["VisibilityTimeout"] = 777
    bucket = next(r for r in resources if "NotificationConfiguration" in r.get("Properties", {}))
    del bucket["Properties"]["VersioningConfiguration"]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(template).replace("lakescrub-dev-lake-", "my-own-lake-"))
    running = Running(tmp_path / "run", "--port", "0", "--template", str(changed))
    try:
        status = running.status()

        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=status["endpoint"],
                region_name=status["region"],
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        outputs = status["outputs"]
        client("s3").put_object(
            Bucket=outputs["LakeBucket"], Key="dataset/x.ndjson", Body=b'{"a":1}\n'
        )

        def seen() -> bool:
            logs = client("logs").filter_log_events(
                logGroupName=client("lambda").get_function_configuration(
                    FunctionName=outputs["ScheduleObjectsFunction"]
                )["LoggingConfig"]["LogGroup"]
            )
            return any('"service":"renamed"' in event["message"] for event in logs["events"])

        assert status["stack"] == "lakescrub-dev"
        assert outputs["LakeBucket"].startswith("my-own-lake-")
        found = client("sqs").get_queue_attributes(
            QueueUrl=outputs["IntakeQueueUrl"], AttributeNames=["VisibilityTimeout"]
        )
        assert found["Attributes"]["VisibilityTimeout"] == "777"
        mappings = client("lambda").list_event_source_mappings(
            FunctionName=outputs["ScheduleObjectsFunction"]
        )["EventSourceMappings"]
        assert [m["BatchSize"] for m in mappings] == [3]
        assert wait_for(seen)
    finally:
        running.end(signal.SIGTERM)
