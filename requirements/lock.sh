#!/usr/bin/env bash
# Pins the newest dependencies that pyproject.toml allows, with hashes and without an index's name.
# The bundles of the functions take the demo's versions: what was tried here is what runs there.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_CUSTOM_COMPILE_COMMAND="make lock"

compile() {
    .venv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url "$@"
}

anywhere=(--universal --python-version 3.11)
lambda=(--python-version 3.14 --python-platform aarch64-manylinux_2_28 -c requirements/demo.txt)

compile "${anywhere[@]}" pyproject.toml requirements/build.in \
    --extra cli --extra local --extra parquet -o requirements/demo.txt
compile "${anywhere[@]}" pyproject.toml requirements/build.in requirements/dev.in \
    --all-extras -c requirements/demo.txt -o requirements/dev.txt
compile "${anywhere[@]}" requirements/clients.in -o requirements/clients.txt
compile "${lambda[@]}" pyproject.toml -o requirements/lambda-light.txt
compile "${lambda[@]}" pyproject.toml --extra parquet -o requirements/lambda-parquet.txt
