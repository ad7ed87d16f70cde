from infra.app import COMMITTED_TEMPLATE, render_template


def test_committed_template_is_what_a_fresh_synth_gives():
    fresh = render_template()

    committed = COMMITTED_TEMPLATE.read_text(encoding="utf-8")
    assert committed == fresh, "run `make synth` and commit infra/lakescrub-dev.template.json"
