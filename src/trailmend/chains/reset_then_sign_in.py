"""A user's password is set by another, and the user signs in from that one's address."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, role, sign_in, user
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.principals import revoke_user_sessions
from trailmend.runbooks.assume_role import week

BOB, ALICE = user("bob"), user("alice")
HIDEOUT, OFFICE = "203.0.113.9", "198.51.100.7"


def _set(by: Principal = BOB, event_name: str = "UpdateLoginProfile", **more: Any) -> Any:
    fields = {"sourceIPAddress": HIDEOUT} | more
    return call(event_name, by=by, request={"userName": "alice"}, at="09:00:00", **fields)


def _enter(address: str = HIDEOUT, at: str = "09:05:00", **more: Any) -> dict[str, Any]:
    return sign_in(ALICE, sourceIPAddress=address, at=at, **more)


CHAIN = Chain(
    title="A user signed in from the address of whoever had set the user's password",
    level="high",
    steps=(
        Step(
            events=("iam.amazonaws.com:UpdateLoginProfile", "iam.amazonaws.com:CreateLoginProfile"),
            when="known_relation = 'other'",
            by=("owner_name", "source_ip"),
        ),
        # A user who had come from the address before shares an office with the help desk.
        Step(
            events=("signin.amazonaws.com:ConsoleLogin",),
            when="actor_type = 'IAMUser' AND COALESCE(first_address, TRUE)",
            by=("owner_name", "source_ip"),
        ),
    ),
    joined=("the user", "the address"),
    within=timedelta(days=1),
    techniques=("T1098", "T1078.004"),
    fixes=(set_new_password, revoke_user_sessions),
    impact=(
        Claim(
            "Whoever set the password acts as the user now, and the log names the user alone.",
            "botocore iam UpdateLoginProfile; AWS CloudTrail User Guide (archive of June 2023), "
            "AWS Management Console sign-in events, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The help desk sits beside the user, behind one address, or makes a user and tries it.",
            (Fact("The address is the company's own network."),),
            (Fact("The user had a device, and it was not used.", "devices_before > 0"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder with the right to set passwords takes over a user.",
            (Fact("The user knows of no new password."),),
            (Fact("The user asked for the password."),),
        ),
        Explanation(
            "insider",
            "A colleague borrows the user's name for a piece of work.",
            (Fact("What was done in the session is of use to whoever set the password."),),
            (Fact("The session did what the user does each day."),),
        ),
    ),
    fires=(
        (_set(), _enter()),
        (_set(role("ops"), "CreateLoginProfile"), _enter(mfa=True)),
    ),
    quiet=(
        (_set(), _enter(OFFICE)),
        (_set(), _enter(failure="Failed authentication")),
        (_set(error="AccessDenied"), _enter()),
        (_set(ALICE), _enter()),
        (_set(), sign_in(BOB, sourceIPAddress=HIDEOUT, at="09:05:00")),
        (_enter(at="08:00:00"), _set()),
        (*week(_enter()), _set(), _enter()),
    ),
)
