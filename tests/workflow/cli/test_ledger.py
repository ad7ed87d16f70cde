import json
from dataclasses import replace

from tests.workflow.cli.bench import PATH
from workflow.entry import Failure
from workflow.transitions import Status


def test_show_tells_counts_and_failure(run, bench):
    entry = bench.upload()
    report = {
        "rows": 2,
        "rules": [
            {
                "field": "secret",
                "action": "blank",
                "matched": 7,
                "changed": 6,
                "nulled": 5,
                "absent": 4,
            }
        ],
    }
    bench.ledger.entries[str(PATH), "v1"] = replace(
        entry,
        status=Status.REJECTED,
        report=report,
        failure=Failure("MalformedData", "a brace at row 2"),
    )

    outcome = run("ledger", "show", PATH.key)

    assert "status       rejected\n" in outcome.data
    assert "reason       a brace at row 2\n" in outcome.data
    assert "secret   blank    7         6         5        4\n" in outcome.data


def test_show_tells_every_upload_of_a_key(run, bench):
    bench.upload("v2", minutes=1)
    bench.upload("v1")

    shown = json.loads(run("ledger", "show", PATH, "--json").data)

    assert [entry["version"] for entry in shown] == ["v1", "v2"]


def test_ls_filters(run, bench):
    bench.upload("v1")
    bench.run(bench.upload("v2", minutes=1))

    listed = json.loads(run("ledger", "ls", "--status", "processed", "--json").data)

    assert [entry["version"] for entry in listed] == ["v2"]


def test_ls_refuses_an_unknown_status(run, bench):
    outcome = run("ledger", "ls", "--status", "done")

    assert outcome.code == 2
    assert "'done'" in outcome.messages
    assert outcome.messages.count("\n") == 1


def test_policy_prints_what_was_applied(run, bench):
    bench.ledger.policies["44fb59c6b7e2"] = '{"form":1}'
    bench.ledger.policy = bench.ledger.policies.get

    outcome = run("ledger", "policy", "44fb59c6b7e2")

    assert outcome.data == '{"form":1}\n'


def test_policy_exits_with_5_for_a_digest_that_never_was(run, bench):
    bench.ledger.policy = bench.ledger.policies.get

    outcome = run("ledger", "policy", "0")

    assert outcome.code == 5
    assert outcome.messages == "no policy 0 was ever applied by stack lakescrub-dev\n"
