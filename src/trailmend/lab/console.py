"""Signing in to the console: the ConsoleLogin record, and a session as the console has it.

Shape: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

import uuid
from collections.abc import Mapping
from typing import Any

from trailmend.lab.account import REGION, Account, Record
from trailmend.lab.identity import Credentials, user_identity
from trailmend.lab.strict.sessions import open_session
from trailmend.lab.strict.users import user_named

_SESSION = 12 * 3600  # seconds
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(account: Account, user_name: str, address: str, user_agent: str) -> Credentials:
    """Open a console session of a user; MFA was used if the user has a device."""
    user = user_named(account, user_name)
    if not user.password:
        raise ValueError(f"{user_name} has no password: create a login profile first.")
    vars(user)["password_last_used"] = account.now().replace(microsecond=0)
    identity = user_identity(user, "")
    del identity["accessKeyId"]
    serial = next(iter(user.mfa_devices), None)
    record = _record(account, identity, serial, (address, user_agent))
    account.add_record(record, account.trails_logging())
    given = open_session(account, identity, _SESSION, mfa=serial is not None, console=True)
    key = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    account.addresses[key.access_key_id] = (address, user_agent)
    return key


def _record(
    account: Account, identity: Mapping[str, Any], serial: str | None, source: tuple[str, str]
) -> Record:
    more = {"LoginTo": "https://console.aws.amazon.com/console/home", "MobileVersion": "No"}
    more |= {"MFAIdentifier": serial, "MFAUsed": "Yes"} if serial else {"MFAUsed": "No"}
    return {
        "eventVersion": "1.11",
        "userIdentity": dict(identity),
        "eventTime": f"{account.now():%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "awsRegion": REGION,
        "sourceIPAddress": source[0],
        "userAgent": source[1],
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": more,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
        "managementEvent": True,
        "recipientAccountId": identity["accountId"],
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": "signin.aws.amazon.com",
        },
    }
