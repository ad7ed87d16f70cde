"""Everything that CloudFormation needs of one environment, in one folder: no CDK in the account.

The folder holds the template, which names the asset bucket that was given, and the bundles under
the names that the template asks for.
"""

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.app import ROOT, build
from infra.environments import Environment
from workflow.bucket_names import check_bucket_name

TEMPLATE = "template.json"
# A zip file keeps times; the same bundle is to give the same file.
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16


def package(environment: Environment, *, bucket: str, folder: Path | None = None) -> Path:
    """Write the folder and return it.

    Args:
        environment: What is to be deployed.
        bucket: Where the folder's content is going to lie.
        folder: The folder, which is replaced; ``build/<stack>`` where it is not given.

    Raises:
        UsageError: ``bucket`` cannot be the name of a bucket.
    """
    check_bucket_name(bucket)
    target = folder or ROOT / "build" / environment.stack_name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    assembly = build([environment], outdir=str(target / "assembly")).synth()
    template = assembly.get_stack_by_name(environment.stack_name).template
    for asset in Path(assembly.directory).glob("asset.*"):
        zip_bundle(asset, target / f"{asset.name.removeprefix('asset.')}.zip")
    text = json.dumps(with_assets_in(bucket, template), indent=1)
    (target / TEMPLATE).write_text(text, encoding="utf-8")
    shutil.rmtree(assembly.directory)
    return target


def with_assets_in(bucket: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with all functions' code in ``bucket``."""
    changed: dict[str, Any] = json.loads(json.dumps(template))
    for resource in changed["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"]["S3Bucket"] = bucket
    return changed


def zip_bundle(source: Path, target: Path) -> None:
    """Zip a folder's content."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(source).as_posix(), _EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = _READABLE
                archive.writestr(entry, path.read_bytes())
