"""Without the repair a policy that names a secret by reference allows nothing."""

from tests.local.lab import Lab


def test_is_still_needed(lab: Lab) -> None:
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415 - loaded by now

    del lab
    physical_id, attributes = provisioners._sm_secret_create("Secret", {}, "contract")

    assert physical_id != attributes["Arn"]
