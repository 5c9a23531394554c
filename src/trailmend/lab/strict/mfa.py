"""MFA devices: real codes, real QR codes, no second owner, no seed in a listing."""

import io
import time
from typing import Any

import pyotp
import segno
from moto.iam.models import VirtualMfaDevice

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.users import shown_user, user_named
from trailmend.lab.wire import Call, Refusal

_LIMIT = 8
_STEP = 30  # seconds, RFC 6238
_DRIFT = 3  # steps to either side


def _device(account: Account, serial: str) -> VirtualMfaDevice:
    device = account.iam.virtual_mfa_devices.get(serial)
    if device is None:
        sentence = f"VirtualMFADevice with serial number {serial} doesn't exist."
        raise Refusal("NoSuchEntity", sentence, 404)
    return device


def _create(call: Call, account: Account) -> Result:
    name = call.parameters["VirtualMFADeviceName"]
    device = account.iam.create_virtual_mfa_device(name, call.parameters.get("Path") or "/")
    seed = device.base32_string_seed
    address, picture = f"otpauth://totp/{name}@{ACCOUNT_ID}?secret={seed}", io.BytesIO()
    segno.make(address, mask=0).save(picture, kind="png")  # to find the best mask, it draws eight
    shown = {"SerialNumber": device.serial_number, "Base32StringSeed": seed}
    return {"VirtualMFADevice": shown | {"QRCodePNG": picture.getvalue()}}


def _refuse_wrong_device(call: Call, account: Account) -> None:
    user = user_named(account, call.parameters["UserName"])
    serial = call.parameters["SerialNumber"]
    if ":mfa/" not in serial and ":sms-mfa/" not in serial:
        raise Refusal("InvalidInput", "The lab has virtual MFA devices only.")
    if any(serial in other.mfa_devices for other in account.iam.users.values()):
        sentence = "MFADevice entity at the same path and name already exists."
        raise Refusal("EntityAlreadyExists", sentence, 409)
    _device(account, serial)
    if len(user.mfa_devices) >= _LIMIT:
        raise Refusal("LimitExceeded", f"Cannot exceed quota for MFADevicesPerUser: {_LIMIT}", 409)


def are_codes(account: Account, serial: str, *codes: str) -> bool:
    """Tell whether these are consecutive codes of a device.

    An authenticator follows the real clock, a script may follow the lab's: both are right.
    """
    totp = pyotp.TOTP(_device(account, serial).base32_string_seed)
    for clock in (time.time(), account.now().timestamp()):
        for step in range(-_DRIFT, _DRIFT + 1):
            first = int(clock) + step * _STEP
            if codes == tuple(totp.at(first + nth * _STEP) for nth in range(len(codes))):
                return True
    return False


def _refuse_wrong_codes(call: Call, account: Account) -> None:
    sent = call.parameters
    codes = sent["AuthenticationCode1"], sent["AuthenticationCode2"]
    if not are_codes(account, sent["SerialNumber"], *codes):
        sentence = "Authentication code for device is not valid."
        raise Refusal("InvalidAuthenticationCode", sentence, 403)


def _refuse_to_deactivate_for_another(call: Call, account: Account) -> None:
    user = user_named(account, call.parameters["UserName"])
    if call.parameters["SerialNumber"] not in user.mfa_devices:
        raise Refusal("NoSuchEntity", "MFA Device invalid for user.", 404)


def _refuse_to_delete_assigned(call: Call, account: Account) -> None:
    if _device(account, call.parameters["SerialNumber"]).user is not None:
        sentence = "MFA VirtualDevice in use. Must deactivate first."
        raise Refusal("DeleteConflict", sentence, 409)


def _list_virtual(call: Call, account: Account) -> Result:
    wanted = call.parameters.get("AssignmentStatus", "Any")
    devices = sorted(account.iam.virtual_mfa_devices.items())
    return {
        "VirtualMFADevices": [
            _shown(device)
            for _, device in devices
            if wanted in ("Any", "Assigned" if device.user else "Unassigned")
        ]
    }


def _shown(device: VirtualMfaDevice) -> dict[str, Any]:
    shown: dict[str, Any] = {"SerialNumber": device.serial_number}
    if device.user is not None:
        shown |= {"EnableDate": device.enable_date, "User": shown_user(device.user)}
    return shown


def _resync(call: Call, account: Account) -> Result:
    _refuse_to_deactivate_for_another(call, account)
    _refuse_wrong_codes(call, account)
    return {}


def _get(call: Call, account: Account) -> Result:
    device = _device(account, call.parameters["SerialNumber"])
    name = call.parameters.get("UserName")
    if device.user is None or name not in (None, device.user.name):
        raise Refusal("NoSuchEntity", "MFA Device invalid for user.", 404)
    shown = {"UserName": device.user.name, "SerialNumber": device.serial_number}
    return shown | {"EnableDate": device.enable_date}


CORRECTIONS = (
    Correction(
        "iam:CreateVirtualMFADevice",
        "a_virtual_device_comes_with_a_png_of_its_seed",
        'botocore VirtualMFADevice.QRCodePNG: "A QR code PNG image that encodes otpauth://totp/'
        '$virtualMFADeviceName@$AccountName?secret=$Base32String"',
        _create,
    ),
    Correction(
        "iam:EnableMFADevice",
        "only_a_free_device_of_the_account_is_enabled_and_eight_at_most",
        "IAM User Guide, MFA: a user has up to eight devices; the errors of botocore "
        "EnableMFADevice: EntityAlreadyExists, NoSuchEntity, LimitExceeded",
        _refuse_wrong_device,
    ),
    Correction(
        "iam:EnableMFADevice",
        "a_device_is_enabled_by_two_consecutive_codes",
        'botocore EnableMFADeviceRequest.AuthenticationCode2: "A subsequent authentication code '
        'emitted by the device."',
        _refuse_wrong_codes,
    ),
    Correction(
        "iam:DeactivateMFADevice",
        "a_device_of_another_user_is_not_deactivated",
        'botocore DeactivateMFADevice: "removes it from association with the user name for which '
        'it was originally enabled"',
        _refuse_to_deactivate_for_another,
    ),
    Correction(
        "iam:DeleteVirtualMFADevice",
        "an_assigned_device_is_not_deleted",
        "botocore DeleteVirtualMFADevice: \"You must deactivate a user's virtual MFA device before "
        'you can delete it."',
        _refuse_to_delete_assigned,
    ),
    Correction(
        "iam:ListVirtualMFADevices",
        "a_listing_of_devices_does_not_tell_the_seed",
        'botocore ListVirtualMFADevices: "IAM resource-listing operations return a subset of the '
        'available attributes"',
        _list_virtual,
    ),
    Correction(
        "iam:ResyncMFADevice",
        "a_device_is_synchronized_by_two_consecutive_codes",
        'botocore ResyncMFADeviceRequest.AuthenticationCode2: "A subsequent authentication code '
        'emitted by the device."',
        _resync,
    ),
    Correction(
        "iam:GetMFADevice",
        "a_device_tells_its_user",
        'botocore GetMFADevice: "Retrieves information about an MFA device for a specified user."',
        _get,
    ),
)
