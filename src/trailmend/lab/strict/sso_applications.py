"""Applications of Identity Center, which moto does not know: they are made, switched and deleted.

What is kept is what the model of botocore shows; that the instance is there is not looked at, and
no application gives a token.
"""

from __future__ import annotations

import secrets
from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

Detail = dict[str, Any]
_KEPT_ELSEWHERE = ("ClientToken", "Tags")


def _one(call: Call, account: Account) -> Detail:
    found = account.applications.get((call.region, str(call.parameters["ApplicationArn"])))
    if found is None:
        raise Refusal("ResourceNotFoundException", "Application not found.")
    return found


def _make(call: Call, account: Account) -> Result:
    sent = {name: one for name, one in call.parameters.items() if name not in _KEPT_ELSEWHERE}
    instance = str(sent["InstanceArn"]).rpartition("/")[2]
    arn = f"arn:aws:sso::{ACCOUNT_ID}:application/{instance}/apl-{secrets.token_hex(8)}"
    account.applications[call.region, arn] = {
        "Status": "ENABLED",
        **sent,
        "ApplicationArn": arn,
        "ApplicationAccount": ACCOUNT_ID,
        "CreatedDate": account.now(),
    }
    return {"ApplicationArn": arn}


def _describe(call: Call, account: Account) -> Result:
    return dict(_one(call, account))


def _update(call: Call, account: Account) -> Result:
    found = _one(call, account)
    found |= {name: one for name, one in call.parameters.items() if name != "ApplicationArn"}
    return {}


def _delete(call: Call, account: Account) -> Result:
    found = _one(call, account)
    del account.applications[call.region, found["ApplicationArn"]]
    return {}


_KEPT = "an_application_of_identity_center_is_kept"

CORRECTIONS = (
    Correction(
        "sso-admin:CreateApplication",
        _KEPT,
        "botocore sso-admin CreateApplication; unchecked: it is enabled if nothing is said",
        _make,
    ),
    Correction(
        "sso-admin:DescribeApplication", _KEPT, "botocore sso-admin DescribeApplication", _describe
    ),
    Correction(
        "sso-admin:UpdateApplication", _KEPT, "botocore sso-admin UpdateApplication", _update
    ),
    Correction(
        "sso-admin:DeleteApplication",
        _KEPT,
        "botocore sso-admin DeleteApplication (ResourceNotFoundException)",
        _delete,
    ),
)
