"""Plans that make secrets, and where these are found."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.all_cases import CASES
from tests.worlds import writes
from trailmend.calls import Call, Client, Secret, secrets_in
from trailmend.changing.settle import Patience
from trailmend.desk import Desk
from trailmend.errors import Refused, Stopped
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status
from trailmend.settings import Secrets, Settings

PASSWORD = CASES["deleted password"]
DEVICE = CASES["device that was deleted"]
SEED, CODE = "bob.mfa-seed", "bob.mfa-qr-code.png"
IN_AWS = Settings(secrets=Secrets(sink="secretsmanager"))
QUICK = Patience(agreeing=1, timeout=10)


def held(desk: Desk, plan: Plan) -> dict[str, bytes]:
    """Give every secret of the plan that the sink holds."""
    sink = desk.sink(plan.id)
    found = {name: sink.recall(name) for name in dict.fromkeys([*plan.secrets, SEED, CODE])}
    return {name: value for name, value in found.items() if value is not None}


def files(desk: Desk) -> list[str]:
    """List all files of the sink, drafts too."""
    folder = desk.folder / "secrets"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def secrets_of_aws(lab: Lab) -> list[str]:
    found = lab.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)
    return [one["Name"] for one in found["SecretList"]]


def sent_passwords(lab: Lab) -> list[str]:
    """List the passwords that reached the lab, the last one last; the test's own are left out."""
    sent = [sent["Password"] for name, sent in writes(lab) if name == "CreateLoginProfile"]
    return [one for one in sent if not one.startswith(("Bobs", "Mallorys", "Correct"))]


def state(desk: Desk, plan: Plan) -> str:
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


def around_write(act: Callable[[Call, Client], Mapping[str, Any]], *names: str) -> Any:
    """Give what stands around the calls of these names; others go by."""
    return lambda call, client: act(call, client) if call.name in names else client(call)


def check_secrets(desk: Desk, plan: Plan, lab: Lab, at: object) -> None:
    """Claim that the sink holds the secrets of what is in force, and no other; and that they work.

    What the lab was told last is what is in force: it accepts one password and one seed.
    """
    progress = plan_status(desk.engine, plan.id, now=desk.clock.now()).progress
    done = [progress.steps[n].change for n in progress.in_force]
    undone = [one.change for one in progress.steps if one.state == "undone"]
    wanted = {secret.name for one in done for secret in secrets_in(one.call) if is_made(secret)}
    wanted |= {name for one in done for name in one.keeps}
    wanted |= {secret.name for one in undone for secret in secrets_in(one.undo)}
    kept = held(desk, plan)
    assert set(kept) == wanted, (at, progress.state)
    assert not [one for one in files(desk) if one.startswith(".") and "probe" not in one], at
    for name, value in kept.items():
        if "password" in name:
            assert value.decode() == sent_passwords(lab)[-1], at


def is_made(secret: Secret) -> bool:
    return secret.kind == "password"


def ended(act: Callable[[], Any]) -> None:
    """Do what may end with a change that is taken back, or with nothing to do."""
    try:
        act()
    except (Stopped, Refused) as error:
        words = ("taken back", "nothing to roll back", "rolled back", "gone for good")
        if not any(word in str(error) for word in words):
            raise
