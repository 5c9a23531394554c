"""What the tests of the guards share: calls that would hit somebody, and who asks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.worlds import (
    account_of,
)
from trailmend.calls import Call, call
from trailmend.guards import make_guard
from trailmend.lab import Credentials, Lab
from trailmend.settings import Protected

OFF = {"AccessKeyId": "AKIAEXAMPLE000000001", "Status": "Inactive"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def key_off(user: str) -> Call:
    return call("iam.update_access_key", UserName=user, **OFF)


def ssh_off(user: str) -> Call:
    return call(
        "iam.update_ssh_public_key",
        UserName=user,
        SSHPublicKeyId="APKAEXAMPLE000000001",
        Status="Inactive",
    )


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def guard_of(
    lab: Lab, protected: Protected | None = None, who: Credentials | None = None
) -> Callable[[Call], None]:
    account = account_of(lab, who)
    return make_guard(account, protected or Protected(), account.access_key_id)


def make_user(lab: Lab, name: str, **more: Any) -> Credentials:
    iam = lab.client("iam")
    iam.create_user(UserName=name, **more)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


# Who is never changed ----------------------------------------------------------------------
