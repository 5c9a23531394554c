"""What the other fixes of a plan do to a user, so that a note is true after the whole plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from trailmend.calls import Call


class Devices(Struct, frozen=True):
    """The MFA devices that a user has when the plan is done: those that stay, those that come."""

    stay: tuple[str, ...]
    come: tuple[str, ...]

    @property
    def text(self) -> str:
        """Say which stay and which come; nothing if there are none."""
        verb = "stays" if len(self.stay) == 1 else "stay"
        said = [f"{', '.join(self.stay)} {verb}"] if self.stay else []
        said += [f"this plan enrols {one}" for one in self.come]
        return ", and ".join(said)


def devices_after(user: str, serials: Iterable[str], others: Sequence[Call]) -> Devices:
    """Tell which of these devices of a user stay, and which new ones come."""
    gone = _of(user, "iam.deactivate_mfa_device", others)
    here = list(serials)
    come = [one for one in _of(user, "iam.enable_mfa_device", others) if one not in here]
    return Devices(tuple(one for one in here if one not in gone), tuple(come))


def _of(user: str, name: str, others: Sequence[Call]) -> list[str]:
    return [
        one.params["SerialNumber"]
        for one in others
        if one.name == name and one.params.get("UserName") == user
    ]


def keys_turned_off(others: Sequence[Call]) -> set[str]:
    """Name the access keys and SSH keys that other fixes turn off or delete."""
    return {
        str(one.params.get("AccessKeyId") or one.params.get("SSHPublicKeyId"))
        for one in others
        if one.params.get("Status") == "Inactive"
        or one.name in ("iam.delete_access_key", "iam.delete_ssh_public_key")
    }


def gets_password(user: str, others: Sequence[Call]) -> bool:
    """Tell whether another fix makes a console password for the user."""
    return any(
        one.name == "iam.create_login_profile" and one.params.get("UserName") == user
        for one in others
    )
