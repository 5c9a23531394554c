"""Whom AWS writes to or calls about the account is changed: its contacts, its phone number."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, Principal, call, denied, role, user
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_ALTERNATE = (
    "AWS Account Management Reference Guide, Update the alternate contacts for your AWS account, "
    "read 2026-11-28"
)
_PUT = "botocore account PutAlternateContact"
_PRIMARY = "botocore account PutContactInformation, ContactInformation"
_PHONE = "botocore account SendPhoneNumberVerification, VerifyPhoneNumber"
BOB, ADMIN = user("bob"), role("org-admin")


def _call(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, source="account", **({"request": {}} | more))


def _contact(event_name: str, kind: str = "SECURITY", **more: Any) -> dict[str, Any]:
    return _call(event_name, request={"alternateContactType": kind}, **more)


SET, REMOVED = _contact("PutAlternateContact"), _contact("DeleteAlternateContact")
BILLING = _contact("PutAlternateContact", "BILLING")
OF_MEMBER = _call(
    "PutAlternateContact",
    ADMIN,
    request={"alternateContactType": "SECURITY", "accountId": OTHER_ACCOUNT},
)
PRIMARY = _call("PutContactInformation")
_SENT, _VERIFIED = _call("SendPhoneNumberVerification"), _call("VerifyPhoneNumber")
_BAD = _contact("PutAlternateContact", error="ValidationException")
_DENIED = denied("PutAlternateContact", by=BOB, source="account")
_ALTERNATES = "event_name IN ('PutAlternateContact', 'DeleteAlternateContact')"
_SECURITY = "COALESCE(object_id, 'SECURITY') NOT IN ('BILLING', 'OPERATIONS')"
_IS_PRIMARY = "event_name = 'PutContactInformation'"

RUNBOOK = Runbook(
    events=tuple(
        f"account.amazonaws.com:{name}"
        for name in (
            *("PutAlternateContact", "DeleteAlternateContact", "PutContactInformation"),
            *("SendPhoneNumberVerification", "VerifyPhoneNumber"),
        )
    ),
    family="account",
    tier=2,
    first="Read the contact as it is now, and set it back unless the account's owner changed it.",
    information=(
        Claim(
            "An account has at most one contact each for billing, operations and security; AWS "
            "writes to them beside the address of the root user.",
            _ALTERNATE,
        ),
        Claim("To set a contact replaces the one of that kind.", _PUT),
        Claim(
            "The primary contact is the name, postal address and phone number of the account.",
            _PRIMARY,
        ),
        Claim(
            "A code is sent to the phone number of the primary contact, and whoever enters it "
            "shows that they can read there.",
            _PHONE,
        ),
    ),
    impact=(
        Claim(
            "What AWS writes about abuse or leaked keys no longer reaches those who would act; "
            "root's mailbox still gets it.",
            f"{_ALTERNATE}; unchecked: which messages go to the security contact",
        ),
        Claim(
            "A new phone number can help an intruder who recovers root without its MFA device.",
            "unchecked: by the AWS IAM User Guide, Recover an MFA protected identity in IAM, "
            "which was not at hand",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team gets a mailing list, or the accounts of the organization one security desk.",
            (
                Fact(
                    "The caller changed {targets_10m} accounts within ten minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("The new address or number is not the company's."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder keeps the warnings of AWS from those who would act on them.",
            (
                Fact("The security contact was taken away.", "event_name LIKE 'Delete%'"),
                Fact("New users, keys or machines followed within the hour."),
            ),
            (Fact("The contact is for {object_id}.", "NOT " + _SECURITY),),
        ),
        Explanation(
            "insider",
            "Somebody who leaves puts in their own number, to prove to AWS that they own it.",
            (Fact("The phone number was changed.", _IS_PRIMARY),),
            (Fact("The number is that of a switchboard or a team."),),
        ),
    ),
    corrections=(
        Correction(
            "With another security contact nobody at the company is told any more.",
            Claim("The address of the root user gets every message besides.", _ALTERNATE),
        ),
    ),
    questions=(
        "Whose are the address and the number now?",
        "What did AWS write to the account since, and who read it?",
    ),
    false_positives=("Account factories that set the contacts of each new account.",),
    console=(
        Console(
            "Set a contact back",
            (
                "aws account get-alternate-contact --alternate-contact-type SECURITY, and aws "
                "account get-contact-information, tell what is set now.",
                "aws account put-alternate-contact --alternate-contact-type SECURITY --name NAME "
                "--title TITLE --email-address ADDRESS --phone-number NUMBER",
                "The primary contact: aws account put-contact-information --contact-information "
                "file://contact.json.",
                "For a member account add --account-id ACCOUNT, in the management account.",
            ),
            "botocore account GetAlternateContact, PutAlternateContact, GetContactInformation, "
            "PutContactInformation",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What the contact was before is in no answer of the service any more.",
            "botocore account PutAlternateContact, GetAlternateContact",
        ),
    ),
    detections={
        "security_set": Detection(
            title="Whom AWS writes to about the account's security was changed",
            level="medium",
            when=f"{_ALTERNATES} AND {_SECURITY} AND event_name LIKE 'Put%'",
            techniques=("T1562",),
            fixes=STOP_CALLER,
            fires=((SET,), (OF_MEMBER,)),
            quiet=((REMOVED,), (BILLING,), (_BAD,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        "security_removed": Detection(
            title="The account's security contact was taken away",
            level="medium",
            when=f"{_ALTERNATES} AND {_SECURITY} AND event_name NOT LIKE 'Put%'",
            techniques=("T1562",),
            fixes=STOP_CALLER,
            fires=((REMOVED,),),
            quiet=((SET,), (_contact("DeleteAlternateContact", "OPERATIONS"),)),
            takes_back=True,
            only_of_suspects=True,
        ),
        "primary": Detection(
            title="The account's address and phone number were changed",
            level="medium",
            when=_IS_PRIMARY,
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((PRIMARY,),),
            quiet=((SET,), (_VERIFIED,)),
            takes_back=True,
            only_of_suspects=True,
        ),
        "other_contact": Detection(
            title="The account's contact for billing or operations was changed",
            level="low",
            when=f"{_ALTERNATES} AND NOT {_SECURITY}",
            fires=((BILLING,), (_contact("DeleteAlternateContact", "OPERATIONS"),)),
            quiet=((SET,), (PRIMARY,)),
        ),
        "phone": Detection(
            title="The account's phone number was verified, or a code was sent to it",
            level="low",
            when=f"NOT {_ALTERNATES} AND NOT {_IS_PRIMARY}",
            fires=((_SENT,), (_VERIFIED,)),
            quiet=((PRIMARY,), (_DENIED,)),
        ),
        **tries(
            "change whom AWS writes to about the account",
            denied=_DENIED,
            failed=_BAD,
            done=SET,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
