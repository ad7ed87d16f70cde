"""The Python API of the stack, in a process of its own: a process holds one stack at a time."""

import json
import os
import pathlib
import subprocess
import sys
import textwrap

HANDLER = """
import workflow.greeting

def handler(event, context):
    return workflow.greeting.TEXT
"""


def run(
    script: str, *arguments: str, temporary: pathlib.Path
) -> "subprocess.CompletedProcess[str]":
    # A folder for temporary files of its own: other tests start and end stacks meanwhile.
    temporary.mkdir()
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sources(folder: pathlib.Path) -> None:
    """Functions of another project, as far as the template names them."""
    place = folder / "functions" / "start_runs"
    place.mkdir(parents=True)
    (place / "handler.py").write_text(HANDLER)
    (folder / "workflow").mkdir()
    (folder / "workflow" / "greeting.py").write_text("TEXT = 'first'\n")
    (folder / "workflow" / "__init__.py").write_text("")


def test_serves_again_in_the_same_process_with_nothing_of_the_stack_before(
    tmp_path: pathlib.Path,
) -> None:
    sources(tmp_path)

    ended = run(
        """
        import json, pathlib, sys, threading
        from workflow.local.stack import EmbeddedStack

        source = pathlib.Path(sys.argv[1])

        def answer(stack):
            name = stack.outputs["StartRunsFunction"]
            return json.loads(stack.client("lambda").invoke(FunctionName=name)["Payload"].read())

        told = {}
        with EmbeddedStack.start(source=source) as stack:
            told["first"] = answer(stack)
            (source / "workflow" / "greeting.py").write_text("TEXT = 'edited'\\n")
            import time; time.sleep(0.6)
            told["edited"] = answer(stack)
            stack.client("s3").create_bucket(Bucket="left-over")
            stack.client("stepfunctions").start_execution(
                stateMachineArn=stack.outputs["StateMachineArn"], name="left-over", input="{}"
            )
            stack.advance(1000)
            try:
                EmbeddedStack.start()
            except RuntimeError as error:
                told["second"] = str(error)
        with EmbeddedStack.start(source=source) as stack:
            told["again"] = answer(stack)
            told["offset"] = stack.status()["offset"]
            buckets = stack.client("s3").list_buckets()["Buckets"]
            told["left"] = [b["Name"] for b in buckets if b["Name"] == "left-over"]
            told["runs"] = stack.client("stepfunctions").list_executions(
                stateMachineArn=stack.outputs["StateMachineArn"]
            )["executions"]
        names = {t.name for t in threading.enumerate() if t.name.startswith("lakescrub")}
        told["threads"] = sorted(names)
        print(json.dumps(told))
        """,
        str(tmp_path),
        temporary=tmp_path / "temporary",
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {
        "first": "first",
        "edited": "edited",
        "second": "this process already holds an embedded stack",
        "again": "edited",
        "offset": 0.0,
        "left": [],
        "runs": [],
        "threads": [],
    }
    assert ended.stderr == ""


def test_gives_everything_back_when_the_deployment_fails(tmp_path: pathlib.Path) -> None:
    ended = run(
        """
        import json, os, pathlib, tempfile, threading
        from workflow.local.deploy.deployment import DeploymentFailed
        from workflow.local.stack import EmbeddedStack

        folder = pathlib.Path(tempfile.gettempdir())
        try:
            EmbeddedStack.start(template={"Resources": {"X": {"Type": "AWS::No::Thing"}}})
        except DeploymentFailed as error:
            print(error)
        assert not list(folder.glob("lakescrub-*"))
        assert not [t for t in threading.enumerate() if t.name.startswith("lakescrub")]
        """,
        temporary=tmp_path / "temporary",
    )

    assert ended.returncode == 0, ended.stderr
    assert "X (AWS::No::Thing)" in ended.stdout
