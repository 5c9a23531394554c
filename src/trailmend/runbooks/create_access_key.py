"""A long-lived access key is made for an IAM user, or for root."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.access_keys import deactivate_access_key, delete_access_key
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.principals import quarantine_caller, revoke_callers_sessions
from trailmend.runbooks.assume_role import week

_MODEL = "botocore iam CreateAccessKey"
_ARCHIVE = "AWS IAM User Guide (archived 2023-06), read 2026-11-22"
_KEYS = f"{_ARCHIVE}: Managing access keys for IAM users"
_ROOT = (
    "AWS IAM User Guide, Delete access keys for the root user "
    "(docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user_manage_delete-key.html), "
    "read 2026-11-22"
)
_AWS = "arn:aws:iam::aws:policy/"
_LAST_USED = "botocore iam GetAccessKeyLastUsed, AccessKeyMetadata"

ALICE, BOB = user("alice"), user("bob")
ALICE_SIGNED_IN = user("alice", mfa=False)
HELP_DESK = role("help-desk", session="alice")


def _made(by: Principal, for_user: str | None = "alice", **more: Any) -> dict[str, Any]:
    """Make the record of a key; `for_user` None is a key that the caller made without a name."""
    owner = {"userName": for_user or by.name} if by.name != "root" or for_user else {}
    key = {"accessKeyId": "AKIAEXAMPLE000000001", "status": "Active", **owner}
    request = {"userName": for_user} if for_user else None
    return call("CreateAccessKey", by=by, request=request, response={"accessKey": key}, **more)


def _full(by: Principal) -> dict[str, Any]:
    return call("CreateAccessKey", by=by, error="LimitExceededException")


def _alice(event_name: str, by: Principal, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"userName": "alice", **more}, at="08:00:00")


CI = role("ci", session="a")
USER_MADE = _alice("CreateUser", BOB)
MADE_ADMIN = _alice("AttachUserPolicy", BOB, policyArn=f"{_AWS}AdministratorAccess")
RESET = _alice("UpdateLoginProfile", BOB)
DEVICE_OFF = _alice("DeactivateMFADevice", BOB, serialNumber="arn:aws:iam::111122223333:mfa/phone")
CHANGED = call("ChangePassword", by=ALICE, at="08:30:00")
NAMELESS = call("CreateAccessKey", by=HELP_DESK)
DENIED = denied("CreateAccessKey", by=BOB, resource="user alice")
_TRIED = (*week(call("GetUser", by=BOB)), DENIED | {"eventTime": "2026-03-02T07:00:00Z"})
DENIED_OWN = denied("CreateAccessKey", by=ALICE, resource="user alice")

_NOT_ROOT = "actor_type <> 'Root'"
# A password opens sessions; a key that the user had before the reset (AKIA...) needs none.
_BEHIND_RESET = "(password_set_by_other AND COALESCE(access_key_id, '') NOT LIKE 'AKIA%')"
_NEW_USER = "COALESCE(target_made_by_actor, FALSE)"
_RISES = "(COALESCE(action_minutes < 1440, FALSE) OR COALESCE(target_is_admin, TRUE))"
_TAKEOVER = "(password_set_by_actor OR device_removed_by_actor)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreateAccessKey",),
    family="keys and certificates",
    first=(
        "Ask the user whether they know the key.  If they do not, turn the key off, which can be "
        "undone, and stop the caller."
    ),
    information=(
        Claim(
            "The call makes an access key id and a secret access key for an IAM user or for root. "
            "The key is Active at once.",
            _MODEL,
        ),
        Claim("Without a user name it means the user whose key signed the call.", _MODEL),
        Claim(
            "The secret is in the answer to this call only. Nobody can read it later, and the "
            "trail does not hold it.",
            f"{_MODEL}; sample: splunk CreateAccessKey",
        ),
        Claim(
            "A user may have two keys, root too; inactive ones count. The third call fails with "
            "LimitExceeded.",
            f"{_ARCHIVE}: IAM and AWS STS quotas, name requirements, and character limits; {_KEYS}",
        ),
        Claim(
            "The record names the user in requestParameters, or nobody where the caller made a key "
            "for themselves, and the key's id in responseElements. A key of root has no user name "
            "there.",
            "sample: splunk CreateAccessKey; sample: panther CreateAccessKey (rule tests)",
        ),
        Claim(
            "Of a denied call the parameters are not logged; the user is named in the message.",
            "sample: traildiscover CreateAccessKey",
        ),
    ),
    impact=(
        Claim(
            "Whoever holds the secret calls AWS as that user, with all of the user's permissions, "
            "until the key is switched off.",
            _KEYS,
        ),
        Claim(
            "For a user with more permissions than the caller, the key is a way up.",
            "MITRE ATT&CK, T1098.001 (attack.mitre.org/techniques/T1098/001), read 2026-11-22",
        ),
        Claim(
            "The account's password policy does not rule keys, and neither a password reset nor "
            "the deletion of the login profile stops one.",
            f"{_ARCHIVE}: Setting an account password policy for IAM users; "
            "botocore iam DeleteLoginProfile",
        ),
        Claim(
            "Calls signed with it carry no MFA: aws:MultiFactorAuthPresent is absent from them.",
            f"{_ARCHIVE}: Configuring MFA-protected API access",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A user rotates a key, or an administrator sets up a program's user.",
            (
                Fact("The user made the key.", "known_relation = 'self'"),
                Fact("The caller made this user.", "target_made_by_actor"),
                Fact("The older key is made Inactive in the days after."),
            ),
            (
                Fact("Root made the key.", "actor_type = 'Root'"),
                Fact("Somebody else made it.", "known_relation = 'other'"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a key that outlives the stolen session: for root, for a stronger "
            "user, for the stolen user, or for a user made for the purpose.",
            (
                Fact("The caller had just set the user's password.", "password_set_by_actor"),
                Fact(
                    "The caller had just removed the user's MFA device.", "device_removed_by_actor"
                ),
                Fact("Somebody else had just set the user's password.", "password_set_by_other"),
                Fact("AttachUserPolicy or PutUserPolicy for the same user stands beside it."),
                Fact("The key is used within the hour, from an address new to the account."),
            ),
            (Fact("The user knows the key, and where its secret is kept."),),
        ),
        Explanation(
            "insider",
            "A colleague takes a key of a user with wider permissions, or one to keep on leaving.",
            (Fact("The key's user may do more than the caller."),),
            (Fact("The key's user is a program that the caller keeps."),),
        ),
        Explanation(
            "accident",
            "A key was made for the wrong user, or as a test, and left.",
            (
                Fact("The key was made in the console.", "COALESCE(console, FALSE)"),
                Fact("GetAccessKeyLastUsed tells no use after days."),
            ),
            (Fact("The key is in use."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a job that rotates keys.",
            (
                Fact("The same principal made the user.", "target_made_by_actor"),
                Fact("UpdateAccessKey to Inactive for the older key follows."),
            ),
            (Fact("The secret went to no store that a job reads."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:CreateAccessKey is allowed on all users, where user/${aws:username} would do.",
            _KEYS,
        ),
        Claim(
            "No service control policy denies keys for root; one limits root of member accounts "
            "too.",
            f"{_ARCHIVE}: Policies and permissions in IAM",
        ),
        Claim(
            "People and programs still have long-lived keys, where federation and roles give "
            "temporary ones.",
            f"{_ARCHIVE}: Security best practices in IAM",
        ),
    ),
    corrections=(
        Correction(
            "Unused keys, that is the inactive ones, are deleted with delete-access-key.",
            Claim(
                "An unused key can be active, and Inactive is the state from which a key comes "
                "back. Switch off first, wait, then delete: a deletion cannot be taken back.",
                _KEYS,
            ),
        ),
        Correction(
            "ListAccessKeys tells when a key was last used, in LastUsedDate.",
            Claim(
                "It gives user name, id, status and date of making. GetAccessKeyLastUsed tells the "
                "use, and no date for a key that was never used.",
                _LAST_USED,
            ),
        ),
        Correction(
            "To rotate, make a key and delete the old one in the same run.",
            Claim(
                "Make the second key, keep its secret (it is told once), move the programs, watch "
                "the old key's last use, switch it off, delete it later. A user with two keys has "
                "no room for a third.",
                _KEYS,
            ),
        ),
        Correction(
            "A loop over list_users sees all users, and may rotate them all.",
            Claim(
                "The list comes in pages (IsTruncated, Marker). A run over all users also hits "
                "the key that runs it.",
                "botocore iam ListUsers",
            ),
        ),
    ),
    questions=(
        "To the user (`target`): do you know the key `object_id`, and where is its secret?",
        "To the caller (`actor`): for which program, by which ticket, and who received the secret?",
        "To the owner of the account: which calls did the key make since? Look for it as "
        "access_key_id; GetAccessKeyLastUsed tells the last.",
        "To the owner: what may this user do that the caller may not?",
    ),
    false_positives=(
        "Terraform makes a user and its key in one run.  An intruder's own user (T1136.003) begins "
        "with the same two calls; rights of an administrator tell: chain.new_administrator.",
        "A new user who makes a key on the first day, or the owner of a lost key who gets another.",
    ),
    console=(
        Console(
            "Switch a key of root off",
            (
                "Sign in as root; choose the account's name, then Security credentials.",
                "Under Access keys choose the key, Actions, Delete; in the dialog, Deactivate.",
            ),
            f"{_ROOT}; labels not checked on a live console",
            "2026-11-22",
        ),
    ),
    not_fixable=(
        Claim(
            "Temporary credentials that were made with the key stay valid until they expire. What "
            "they may do follows the user's or role's permissions at each call: narrow those.",
            f"{_ARCHIVE}: Disabling permissions for temporary security credentials",
        ),
        Claim(
            "No fix touches root. Its keys are removed by root itself, or, in a member account, by "
            "the organization's management account in an AssumeRoot session.",
            f"{_ROOT}; AWS IAM User Guide, Perform a privileged task on an AWS Organizations "
            "member account, read 2026-11-22",
        ),
        Claim(
            "What was done with the key is not undone: look at its calls, and at the users, roles "
            "and keys that they made.",
            "botocore iam UpdateAccessKey",
        ),
    ),
    detections={
        "root_key": Detection(
            title="Root made an access key of its own",
            level="high",
            when="actor_type = 'Root' AND known_relation = 'self'",
            techniques=("T1098.001",),
            fires=((_made(root(), None),), (_made(root(mfa=False), None),)),
            quiet=((_made(root()),), (_full(root()),), (_made(role("root"), "root"),)),
        ),
        "by_root": Detection(
            title="Root made an access key for a user",
            level="high",
            when="actor_type = 'Root' AND known_relation <> 'self'",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, delete_access_key),
            fires=((_made(root()),),),
            quiet=((_made(root(), None),), (_made(BOB),), (_made(role("root")),)),
        ),
        "takeover": Detection(
            title="A key was made by whoever had just taken the user's password or MFA device",
            level="high",
            when=f"{_NOT_ROOT} AND known_relation <> 'self' AND {_TAKEOVER} AND NOT {_NEW_USER}",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, delete_access_key, *STOP_CALLER),
            fires=((RESET, _made(BOB)), (DEVICE_OFF, _made(BOB))),
            quiet=(
                (RESET, _made(user("carol"))),
                (RESET, _made(ALICE)),
                (USER_MADE, RESET | {"eventTime": "2026-03-02T08:01:00Z"}, _made(BOB)),
                (_made(BOB),),
            ),
        ),
        "for_another_user": Detection(
            title="An access key was made for somebody else",
            level="medium",
            when=f"{_NOT_ROOT} AND known_relation = 'other' "
            f"AND NOT {_TAKEOVER} AND NOT {_NEW_USER}",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, delete_access_key, *STOP_CALLER),
            fires=((_made(BOB),), (_made(HELP_DESK),), (RESET, _made(user("carol")))),
            quiet=(
                (_made(ALICE),),
                (_made(root()),),
                (USER_MADE, _made(BOB)),
                (RESET, _made(BOB)),
                (_full(BOB),),
                (DENIED,),
            ),
        ),
        # The same two calls begin T1136.003: what tells one from the other is what comes beside.
        "for_a_new_user": Detection(
            title="An administrator's key, or a caller's first ones, for a user it had made",
            level="medium",
            when=f"{_NOT_ROOT} AND known_relation <> 'self' AND {_NEW_USER} AND {_RISES}",
            techniques=("T1136.003", "T1098.001"),
            fixes=(deactivate_access_key, delete_access_key, *STOP_CALLER),
            fires=((USER_MADE, MADE_ADMIN, _made(BOB)), (*_TRIED, USER_MADE, _made(BOB))),
            quiet=((USER_MADE, _made(BOB)), (USER_MADE, MADE_ADMIN, _made(ALICE))),
        ),
        "set_up": Detection(
            title="An access key was made for a user by whoever had made the user",
            level="low",
            when=f"{_NOT_ROOT} AND known_relation <> 'self' AND {_NEW_USER} AND NOT {_RISES}",
            techniques=("T1136.003", "T1098.001"),
            fixes=(deactivate_access_key, delete_access_key),
            fires=((USER_MADE, _made(BOB)), (_alice("CreateUser", CI), _made(role("ci")))),
            quiet=((_made(BOB),), (USER_MADE, MADE_ADMIN, _made(BOB)), (USER_MADE, _made(ALICE))),
        ),
        "behind_a_reset": Detection(
            title="A user whose password somebody else had just set made an access key",
            level="high",
            when=f"{_NOT_ROOT} AND known_relation = 'self' AND {_BEHIND_RESET}",
            techniques=("T1098.001", "T1078.004"),
            fixes=(
                deactivate_access_key,
                set_new_password,
                delete_access_key,
                revoke_callers_sessions,
                quarantine_caller,
            ),
            fires=((RESET, _made(ALICE_SIGNED_IN)), (RESET, _made(ALICE_SIGNED_IN, None))),
            quiet=(
                (RESET, CHANGED, _made(ALICE_SIGNED_IN)),
                (RESET, _made(ALICE)),
                (RESET, _made(HELP_DESK)),
                (_made(ALICE_SIGNED_IN),),
            ),
        ),
        "own": Detection(
            title="A user made an access key of their own",
            level="low",
            when=f"{_NOT_ROOT} AND known_relation = 'self' AND NOT {_BEHIND_RESET}",
            fixes=(deactivate_access_key,),
            fires=((_made(ALICE),), (_made(ALICE, None),), (RESET, _made(ALICE))),
            quiet=((_made(HELP_DESK),), (_made(BOB),), (RESET, _made(ALICE_SIGNED_IN))),
        ),
        "for_whom_unknown": Detection(
            title="An access key was made; the log does not tell for whom or by whom",
            level="medium",
            when=f"{_NOT_ROOT} AND known_relation NOT IN ('self', 'other') "
            f"AND NOT {_TAKEOVER} AND NOT {_NEW_USER}",
            techniques=("T1098.001",),
            fixes=(deactivate_access_key, delete_access_key, *STOP_CALLER),
            fires=((NAMELESS,), (_made(ALICE, userIdentity={"accountId": "111122223333"}),)),
            quiet=((_made(BOB),), (_made(ALICE, None),)),
        ),
        "denied": Detection(
            title="An access key for somebody else was tried and denied",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1098.001",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (denied("CreateAccessKey", by=HELP_DESK, resource="user alice"),)),
            quiet=((DENIED_OWN,), (_made(BOB),)),
        ),
        "denied_own": Detection(
            title="A user was not allowed to make an access key of their own",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((DENIED_OWN,),),
            quiet=((DENIED,), (denied("CreateAccessKey", by=HELP_DESK, resource="user alice"),)),
        ),
        "failed": Detection(
            title="No access key was made: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((_full(ALICE),), (_full(root()),)),
            quiet=((_made(ALICE),), (DENIED,)),
        ),
    },
)
