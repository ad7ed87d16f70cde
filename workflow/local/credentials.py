"""Credentials of the roles that act inside the stack.

On AWS a service assumes the role that it was given and calls with temporary credentials, so the
role's policies decide. Here such a session is registered with the emulator's STS; it never
expires, because moving the clock would otherwise end it in the middle of a run.
"""

import dataclasses
import hashlib

ADMIN = ("test", "test")
"""What a user of the stack signs with: the account itself, no policy is asked."""


@dataclasses.dataclass(frozen=True)
class RoleSession:
    """Temporary credentials of a role."""

    role: str
    access_key: str
    secret_key: str
    token: str


def role_session(role_arn: str, *, name: str) -> RoleSession:
    """Register (again) the session `name` of a role and return its credentials."""
    from ministack.services import sts

    account = role_arn.split(":")[4]
    role_name = role_arn.rsplit("/", 1)[-1]
    digest = hashlib.sha256(f"{role_arn}:{name}".encode()).hexdigest()
    session = RoleSession(
        role=role_arn,
        access_key=f"ASIA{digest[:16].upper()}",
        secret_key=hashlib.sha256(f"secret:{digest}".encode()).hexdigest(),
        token=hashlib.sha256(f"token:{digest}".encode()).hexdigest(),
    )
    sts.register_session(
        session.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
            "UserId": f"{role_name}:{name}",
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
        },
    )
    return session
