"""The two code bundles of the functions: one light, one with Parquet."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import Annotations, AssetHashType, BundlingOptions, DockerImage
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from infra.pip_bundler import PipBundler

ROOT = Path(__file__).parents[1]
# What a function reads at run time, next to its dependencies.
SOURCES = ("functions", "workflow", "datasets.yaml")
_MADE_HERE = (".pyc", ".native")


class Bundles(Construct):
    """The two assets; each function uses one of them."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        """Declare the assets; they are put together when the stack is bundled."""
        super().__init__(scope, construct_id)
        self.light = self._bundle("Light", ROOT / "requirements" / "lambda-light.txt")
        self.parquet = self._bundle("Parquet", ROOT / "requirements" / "lambda-parquet.txt")

    def names(self) -> dict[str, str]:
        """Map each asset's hash to a name that does not change with its content."""
        return {self.light.asset_hash: "light", self.parquet.asset_hash: "parquet"}

    def _bundle(self, name: str, requirements: Path) -> assets.Asset:
        asset = assets.Asset(
            self,
            name,
            path=str(ROOT / "functions"),
            asset_hash=_digest(name, requirements),
            asset_hash_type=AssetHashType.CUSTOM,
            bundling=BundlingOptions(
                image=DockerImage.from_registry("never-used"),
                local=PipBundler(root=ROOT, requirements=requirements, sources=SOURCES),
            ),
        )
        Annotations.of(asset.bucket).acknowledge_warning(
            "@aws-cdk/aws-lambda:codeFromBucketObjectVersionNotSpecified",
            "The key is the hash of what the bundle holds: another content has another key.",
        )
        return asset


def _digest(name: str, requirements: Path) -> str:
    """Hash what goes in: sources and pins. Hashing the outcome would mean to build it first."""
    digest = hashlib.sha256(name.encode())
    for path in _inputs(requirements):
        digest.update(f"\0{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _inputs(requirements: Path) -> Iterator[Path]:
    if requirements.exists():
        yield requirements
    for source in SOURCES:
        path = ROOT / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and file.suffix not in _MADE_HERE)
