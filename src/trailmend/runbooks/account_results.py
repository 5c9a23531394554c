"""AWS tells how it ended to make or to close an account: the calls have their own pages."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:CreateAccountResult",
        "organizations.amazonaws.com:CloseAccountResult",
    ),
    family="organization",
    tier=3,
    information=(
        Claim(
            "AWS makes and closes accounts in the background, and writes an event when it is done: "
            "nobody calls these.",
            "botocore organizations CreateAccount, CloseAccount",
        ),
        Claim(
            "Of a new account the number is known only then; serviceEventDetails holds it, with "
            "the id of the request that CreateAccount answered (car-...).",
            "botocore organizations CreateAccountStatus",
        ),
    ),
    silence=(
        "Housekeeping: who ordered it is in the event of the call, CreateAccount or CloseAccount, "
        "and found there."
    ),
)
