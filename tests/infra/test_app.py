import pytest

from infra import __main__ as command
from infra import app
from infra.app import WITHOUT_BUNDLES, build
from infra.environments import DEV
from workflow.errors import LakescrubError, PolicyError


def test_crawler_follows_the_datasets_file(tmp_path):
    datasets = tmp_path / "datasets.yaml"
    datasets.write_text(
        "version: 1\n"
        "datasets:\n"
        "  orders: {prefix: shop/orders/, scrub: [{field: email, action: blank}]}\n"
        "  visits: {prefix: web/visits/, scrub: [{field: ip, action: blank}]}\n"
    )

    built = build([DEV], datasets=datasets, context=WITHOUT_BUNDLES)

    targets = built.node.find_child("lakescrub-dev").catalog.crawler.targets.s3_targets
    folders = [target.path.split("/", maxsplit=3)[3] for target in targets]
    assert folders == ["shop/orders/", "web/visits/"]


def test_a_broken_datasets_file_is_refused_with_its_line(tmp_path):
    datasets = tmp_path / "datasets.yaml"
    datasets.write_text("version: 1\ndatasets:\n  orders:\n    prefiks: shop/\n")

    with pytest.raises(PolicyError, match=r"datasets\.yaml:\d+: "):
        build([DEV], datasets=datasets, context=WITHOUT_BUNDLES)


def test_a_missing_datasets_file_is_refused(tmp_path):
    with pytest.raises(LakescrubError, match=r"datasets\.yaml"):
        build([DEV], datasets=tmp_path / "datasets.yaml", context=WITHOUT_BUNDLES)


def test_our_own_errors_end_the_command_with_one_line(monkeypatch, capsys):
    def refuse(_environments):
        raise PolicyError("datasets.yaml:3: prefix: is missing")

    monkeypatch.setattr(app, "synthesize", refuse)

    assert command.main([]) == 1
    assert capsys.readouterr().err == "datasets.yaml:3: prefix: is missing\n"


def test_an_unknown_environment_ends_the_command_with_one_line(capsys):
    assert command.main(["stage"]) == 1
    assert capsys.readouterr().err == "unknown environment 'stage'; known are: dev, prod\n"
