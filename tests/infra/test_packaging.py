"""What plain CloudFormation is given: a template, and every bundle that it asks for."""

import json
import zipfile

from infra.packaging import TEMPLATE, zip_bundle

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_SENT = 51_200
LARGEST_UPLOADED = 1_000_000


def test_every_bundle_of_the_template_lies_beside_it_under_its_name(project):
    (project.root / "requirements").unlink()
    (project.root / "requirements").mkdir()
    for name in ("light", "parquet"):
        (project.root / "requirements" / f"lambda-{name}.txt").write_text("# no dependency\n")

    done = project.infra("package", "prod", "my-assets")

    assert done.returncode == 0, done.stderr
    folder = project.root / "build" / "lakescrub-prod"
    assert done.stdout == f"{folder}\n"
    template = json.loads((folder / TEMPLATE).read_text(encoding="utf-8"))
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert {function["Code"]["S3Bucket"] for function in functions} == {"my-assets"}
    asked = {function["Code"]["S3Key"] for function in functions}
    assert {path.name for path in folder.iterdir()} == {TEMPLATE, *asked}
    for function in functions:
        handler = function["Handler"].removesuffix(".handler").replace(".", "/") + ".py"
        with zipfile.ZipFile(folder / function["Code"]["S3Key"]) as bundle:
            assert {handler, "datasets.yaml", "workflow/errors.py"} <= set(bundle.namelist())
    assert "cdk-hnb659fds" not in json.dumps(template)


def test_the_template_is_one_that_has_to_be_uploaded_and_can_be(template):
    size = len(json.dumps(template.body, indent=1))

    assert LARGEST_SENT < size < LARGEST_UPLOADED


def test_the_same_bundle_gives_the_same_file(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "b").mkdir(parents=True)
        (tmp_path / name / "b" / "c.py").write_text("x = 1\n")
        (tmp_path / name / "a.py").write_text("y = 2\n")
        zip_bundle(tmp_path / name, tmp_path / f"{name}.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == ["a.py", "b/c.py"]
        assert archive.infolist()[0].external_attr >> 16 == 0o644
