"""What `make synth` says to a configuration that cannot be used: the command itself, one line."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINKED = (
    "functions",
    "workflow",
    "glue",
    "requirements",
    "datasets.yaml",
    "state_machine.asl.json",
)
DEV = 'DEV = Environment(name="dev", '


@pytest.fixture
def project(tmp_path):
    """A copy of the project whose environments and policies can be edited."""
    shutil.copytree(
        ROOT / "infra", tmp_path / "infra", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def synth(project, *environments):
    return subprocess.run(
        [sys.executable, "-m", "infra", *environments],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def edit(project, settings):
    file = project / "infra" / "environments.py"
    text = file.read_text(encoding="utf-8")
    assert DEV in text
    file.write_text(text.replace(DEV, f"{DEV}{settings}, "), encoding="utf-8")


BAD = {
    'lake_bucket="My_Lake"': "'My_Lake' breaks S3's rules for bucket names\n",
    "incomplete_upload_days=14": (
        "incomplete_upload_days of 'dev' is 14: it must be over 14, since a failed run can be "
        "redriven for 14 days\n"
    ),
    "erase_margin_days=7": (
        "erase_margin_days of 'dev' is 7: it must be over 14, since a failed run can be redriven "
        "for 14 days\n"
    ),
    'reserved_concurrency={"scrub": 5}': "reserved_concurrency of 'dev': no function 'scrub'\n",
}


@pytest.mark.parametrize("settings", BAD)
def test_a_bad_setting_stops_the_synthesis_with_one_line(project, settings):
    edit(project, settings)

    done = synth(project)

    assert (done.returncode, done.stderr) == (1, BAD[settings])
    assert not (project / "cdk.out").exists()


def test_an_unknown_environment_stops_the_synthesis_with_one_line(project):
    done = synth(project, "stage")

    assert (done.returncode, done.stderr) == (
        1,
        "unknown environment 'stage'; known are: dev, prod\n",
    )


def test_missing_policies_stop_the_synthesis_with_one_line(project):
    (project / "datasets.yaml").unlink()

    done = synth(project, "dev")

    assert done.returncode == 1
    assert done.stderr == f"{project / 'datasets.yaml'}: No such file or directory\n"
