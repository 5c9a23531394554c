"""MFA devices: what an intruder enrolled goes, who lost theirs gets a new one.

IAM has no call that switches MFA on: a device is made, and enabled with two codes in a row
(botocore, CreateVirtualMFADevice and EnableMFADevice).  The codes are made from the seed in the
sink, and the seed goes on to the user.

A plan's own device bears the user's name and the second in which the plan was asked for.  So a
device of that name is the plan's own; if somebody guessed the name, the sink lacks the seed, and
then nothing is enabled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Beside, Change, Read, Secret, call, change, read
from trailmend.counts import many
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.beside import Devices, devices_after
from trailmend.remediations.users import the_user

_LIMIT = 8
"""MFA devices that a user may have (IAM User Guide, "IAM and AWS STS quotas")."""
_RECENT = timedelta(days=1)
"""A device that is younger than this when the event happens may be the intruder's."""
_VIRTUAL = re.compile(r"arn:[\w-]+:iam::\d{12}:mfa/[\w+=/,.@-]+")
_ENROL = "mfa_devices.enrol_virtual_device"
_ROOT = (
    "The finding names no IAM user.  If the device is root's: sign in as root and remove it in "
    "the console (Security credentials), or use a session of sts:AssumeRoot."
)

_PHONE = "arn:aws:iam::111122223333:mfa/phone"
_LAPTOP = "arn:aws:iam::111122223333:mfa/laptop"
_NAME = "bob-trailmend-20260302100000"
_OWN = f"arn:aws:iam::111122223333:mfa/{_NAME}"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="7d2e90b4c6f8a135",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d04",
    event_name="EnableMFADevice",
    event_time="2026-03-02T09:00:00Z",
    asked_at="2026-03-02T10:00:00Z",
    user_name="bob",
    object_type="mfa_device",
    object_id=_PHONE,
)
_USER = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-07T08:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_LIST = call("iam.list_mfa_devices", UserName="bob")
_VIRTUAL_LIST = call("iam.list_virtual_mfa_devices")
_ON_PHONE = {"serial": _PHONE, "since": "2026-03-02T09:00:00Z"}
_ON_LAPTOP = {"serial": _LAPTOP, "since": "2025-01-08T08:00:00Z"}
_ENROLMENT = (
    call("iam.create_virtual_mfa_device", VirtualMFADeviceName=_NAME),
    call(
        "iam.enable_mfa_device",
        UserName="bob",
        SerialNumber=_OWN,
        AuthenticationCode1=Secret("code", "bob.mfa-seed", earlier=1),
        AuthenticationCode2=Secret("code", "bob.mfa-seed"),
    ),
)
_REMOVAL = call("iam.deactivate_mfa_device", UserName="bob", SerialNumber=_PHONE)


@remediation(
    title="Take the intruder's MFA device off the user",
    breaks="Whoever signs in with this device can no longer do so.",
    example=Example(
        facts=_FACTS, reads=(_USER, (_LIST, [_ON_LAPTOP, _ON_PHONE])), changes=(_REMOVAL,)
    ),
    stage="remove",
    needs="user object",
)
def deactivate_device(facts: Facts) -> Steps:
    """Deactivate this one device of the user; the user's other devices are left alone.

    Any device can be deactivated, a security key or a hardware token too.  A virtual device stays
    in the account, assigned to nobody, as evidence.  Sessions that were opened with the device
    live on until they expire.  A device that is no longer the user's needs nothing.
    """
    if facts.user_name is None:
        raise CannotFix(_ROOT)
    user = yield from the_user(facts)
    devices = yield _read_devices(user["name"])
    serial = _serial_in(facts)
    if serial in _serials(devices):
        others = [one for one in _serials(devices) if one != serial]
        left = devices_after(user["name"], others, (yield Beside()))
        yield _deactivate(user["name"], serial, left, len(devices))


@remediation(
    title="Enrol a new virtual MFA device for the user",
    breaks="The user signs in with a code of the new device: hand over its QR code first.",
    example=Example(
        facts=replace(_FACTS, event_name="DeactivateMFADevice"),
        reads=(
            _USER,
            (_LIST, []),
            (call("iam.get_login_profile", UserName="bob"), "2025-01-07T08:00:00Z"),
            (_VIRTUAL_LIST, None),
        ),
        changes=_ENROLMENT,
    ),
    needs="user",
)
def enrol_virtual_device(facts: Facts) -> Steps:
    """Make a virtual device, enable it for the user, and keep its seed and QR code in the sink.

    The user scans the QR code with an authenticator; then seed and QR code have to be deleted
    from the sink, for whoever has them has the codes.  The former device cannot come back: AWS
    tells a seed once.  Security keys and passkeys are enrolled by the user, in the console.

    Nothing is needed by a user who has a device that was enabled more than a day before the event,
    or one that an earlier plan enrolled, as its name tells.  A device that was enabled since may
    be the intruder's: it does not count, and the plan names it.  Without a finding every device
    counts, and a user without a password is refused: programs cannot give codes.
    """
    if facts.user_name is None:
        raise CannotFix(_ROOT)
    user = yield from the_user(facts)
    devices = yield _read_devices(user["name"])
    if any(_counts(one, user["name"], facts.event_time) for one in devices):
        return
    password = yield read(
        "iam.get_login_profile",
        UserName=user["name"],
        pick="LoginProfile.CreateDate",
        watch=False,
    )
    if password is None and not facts.event_time:
        raise CannotFix(
            f"User {user['name']} has no console password, so there is no sign-in to protect, and "
            "programs cannot give codes: look at the user's access keys instead."
        )
    serials = _serials(devices)
    yield from _enrol(facts, user, serials, serials)


@remediation(
    title="Replace the user's MFA device by a new virtual one",
    breaks="The user signs in with a code of the new device: hand over its QR code first.",
    example=Example(
        facts=_FACTS,
        reads=(_USER, (_LIST, [_ON_PHONE]), (_VIRTUAL_LIST, None)),
        changes=(*_ENROLMENT, _REMOVAL),
    ),
    needs="user",
    may="object",
)
def replace_device(facts: Facts) -> Steps:
    """Enrol a new virtual device, then deactivate the one that is lost, broken or a stranger's.

    In this order the user is never without MFA.  Seed and QR code of the new device are in the
    sink: the user scans the code, then both have to be deleted there.  Without a named device the
    user's only one is replaced; one that is gone already needs only the new one.

    A device whose codes are merely out of step needs no replacement: the user gives two of them
    to ResyncMFADevice (console, Security credentials, Resync).  Security keys have no codes: the
    user registers another one in the console.  Root's devices are root's own to replace there.
    """
    if facts.user_name is None:
        raise CannotFix(_ROOT)
    user = yield from the_user(facts)
    serials = _serials((yield _read_devices(user["name"])))
    own, mark = _own_serial(facts, user), _mark(user["name"])
    old = facts.object_id or _only(user["name"], [one for one in serials if one != own])
    others = [one for one in serials if one != old]
    if not any(_name(one).startswith(mark) for one in others):
        yield from _enrol(facts, user, serials, [])
        others.append(own)
    if old in serials:
        warning = f"A rollback takes the new device off, and leaves {user['name']} without both."
        left = devices_after(user["name"], others, (yield Beside()))
        yield _deactivate(user["name"], old, left, len(others) + 1, warning)


@remediation(
    title="Delete the virtual MFA device that is assigned to nobody",
    breaks="Whoever is enrolling this device at this moment has to begin again.",
    example=Example(
        facts=replace(_FACTS, event_name="CreateVirtualMFADevice", user_name=None),
        reads=((_VIRTUAL_LIST, {"serial": _PHONE, "owner": None, "since": None}),),
        changes=(call("iam.delete_virtual_mfa_device", SerialNumber=_PHONE),),
    ),
    stage="remove",
    needs="object",
    shuts=False,
)
def remove_unassigned_device(facts: Facts) -> Steps:
    """Delete the finding's virtual device, if it is enabled for nobody.

    It protects nobody, and whoever has its seed could have it enabled.  A device that is enabled
    is not deleted; one that is gone needs nothing.
    """
    serial = facts.object_id or ""
    if not _VIRTUAL.fullmatch(serial):
        raise CannotFix(
            "The finding names no virtual MFA device: look at its event, then at "
            "`aws iam list-virtual-mfa-devices --assignment-status Unassigned`."
        )
    found = yield _read_virtual(serial)
    if found is None:
        return
    if found["owner"] or found["since"]:
        raise CannotFix(
            f"MFA device {serial} is enabled for {found['owner'] or 'somebody'}: find out whose "
            "it is, and if it is an intruder's, take it off first (mfa_devices.deactivate_device)."
        )
    yield change(
        "iam.delete_virtual_mfa_device",
        SerialNumber=serial,
        undo=None,
        note=f"Virtual MFA device {serial}, enabled for nobody: deleted",
        irreversible=f"The seed of {serial} is lost: AWS tells it once, when a device is made.",
    )


def _read_devices(user: str) -> Read:
    pick = "sort_by(MFADevices, &SerialNumber)[].{serial: SerialNumber, since: EnableDate}"
    return read("iam.list_mfa_devices", UserName=user, pick=pick)


def _read_virtual(serial: str) -> Read:
    """Ask for one virtual device; root as its owner has an ARN and no name."""
    literal = json.dumps(serial).replace("`", "\\`")
    return read(
        "iam.list_virtual_mfa_devices",
        pick=f"VirtualMFADevices[?SerialNumber==`{literal}`] | [0]"
        ".{serial: SerialNumber, owner: User.Arn, since: EnableDate}",
    )


def _serials(devices: Sequence[dict[str, str]]) -> list[str]:
    return [one["serial"] for one in devices]


def _serial_in(facts: Facts) -> str:
    if not facts.object_id:
        raise CannotFix(
            "The finding names no MFA device: look at its event, then at "
            f"`aws iam list-mfa-devices --user-name {facts.user_name}`."
        )
    return facts.object_id


def _name(serial: str) -> str:
    return serial.rpartition("/")[2]


def _mark(user: str) -> str:
    return f"{user}-trailmend-"


def _own_name(facts: Facts, user: str) -> str:
    return _mark(user) + "".join(filter(str.isdigit, facts.asked_at))


def _own_serial(facts: Facts, user: dict[str, Any]) -> str:
    """Give the serial of the plan's own device: its ARN, in the partition of the user."""
    account, _, _ = user["arn"].partition(":user/")
    return f"{account}:mfa/{_own_name(facts, user['name'])}"


def _counts(device: dict[str, str | None], user: str, event_time: str) -> bool:
    """Tell whether a device is surely not what the event's intruder enrolled."""
    serial, since = device["serial"] or "", device["since"]
    if not event_time or _name(serial).startswith(_mark(user)):
        return True
    if since is None:
        return False
    return datetime.fromisoformat(since) < datetime.fromisoformat(event_time) - _RECENT


def _only(user: str, serials: Sequence[str]) -> str | None:
    """Give the only device; None if there is none."""
    if len(serials) > 1:
        raise CannotFix(
            f"User {user} has {len(serials)} MFA devices ({', '.join(serials)}), and it is not "
            "told which one is lost: sign in with another one and remove it in the console."
        )
    return serials[0] if serials else None


def _enrol(
    facts: Facts, user: dict[str, Any], serials: Sequence[str], doubtful: Sequence[str]
) -> Steps:
    """Propose what is left of an enrolment: to make the device, and to enable it."""
    name, serial = user["name"], _own_serial(facts, user)
    found = yield _read_virtual(serial)
    if len(serials) >= _LIMIT:
        raise CannotFix(
            f"User {name} has {len(serials)} MFA devices, and {_LIMIT} is the limit: ask {name} "
            "which one can go, remove it in the console, and plan again."
        )
    if found is None:
        yield _create(name, serial)
    elif found["owner"] or found["since"]:
        raise CannotFix(f"MFA device {serial} is enabled for {found['owner']}: plan again.")
    stay = devices_after(name, doubtful, (yield Beside())).stay
    yield _enable(name, serial, stay)


def _create(user: str, serial: str) -> Change:
    return change(
        "iam.create_virtual_mfa_device",
        VirtualMFADeviceName=_name(serial),
        undo=call("iam.delete_virtual_mfa_device", SerialNumber=serial),
        keeps={
            f"{user}.mfa-seed": "VirtualMFADevice.Base32StringSeed",
            f"{user}.mfa-qr-code.png": "VirtualMFADevice.QRCodePNG",
        },
        note=(
            f"Virtual MFA device {serial} for user {user}: made; its seed is kept as "
            f"{user}.mfa-seed, its QR code as {user}.mfa-qr-code.png"
        ),
    )


def _enable(user: str, serial: str, doubtful: Sequence[str]) -> Change:
    beside = (
        f" {user} has {', '.join(doubtful)} as well: if that is {user}'s own, a new one is not "
        "needed; if it is not, mfa_devices.deactivate_device takes it off."
    )
    return change(
        "iam.enable_mfa_device",
        UserName=user,
        SerialNumber=serial,
        AuthenticationCode1=Secret("code", f"{user}.mfa-seed", earlier=1),
        AuthenticationCode2=Secret("code", f"{user}.mfa-seed"),
        undo=call("iam.deactivate_mfa_device", UserName=user, SerialNumber=serial),
        note=(
            f"MFA device {serial}: assigned to nobody → enabled for user {user}. {user} must scan "
            f"{user}.mfa-qr-code.png with an authenticator; then delete it and {user}.mfa-seed, "
            f"for whoever has them has the codes.{beside if doubtful else ''}"
        ),
        breaks="" if doubtful else f"{user} cannot sign in to the console without the new device.",
    )


def _deactivate(user: str, serial: str, left: Devices, number: int, warning: str = "") -> Change:
    rest = left.text or f"no MFA is left, {_ENROL} enrols a new device"
    for_ever = f"Only who holds {serial} can enrol it again: it takes two of its codes."
    return change(
        "iam.deactivate_mfa_device",
        UserName=user,
        SerialNumber=serial,
        undo=None,
        note=(
            f"MFA device {serial} of user {user}, 1 of {many(number, 'device')}: enabled → "
            f"deactivated; {rest}"
        ),
        breaks="" if left.text else f"{user}'s password alone opens the console.",
        irreversible=f"{for_ever} {warning}".strip(),
    )
