"""CreateLoginProfile gives a user a console password: a new way in beside keys and roles."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.login_profiles import disable_console_access, set_new_password
from trailmend.remediations.mfa_devices import enrol_virtual_device

_MODEL = "botocore iam CreateLoginProfile"
_GUIDE = "AWS IAM User Guide (archive of June 2023), Managing passwords for IAM users"
_SAMPLE = "sample: invictus CreateLoginProfile"

ALICE, BOB = user("alice"), user("bob")
DEPLOY = role("deploy", session="alice")
_FOR_ALICE = {"userName": "alice", "passwordResetRequired": False}


def _create(by: Principal, **more: Any) -> dict[str, Any]:
    return call("CreateLoginProfile", by=by, request=_FOR_ALICE, **more)


def _user_made(by: Principal) -> dict[str, Any]:
    return call("CreateUser", by=by, request={"userName": "alice"}, at="08:00:00")


def _device_removed(by: Principal) -> dict[str, Any]:
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/alice-phone"
    request = {"userName": "alice", "serialNumber": serial}
    return call("DeactivateMFADevice", by=by, request=request, at="08:30:00")


_ROOTS = call("CreateLoginProfile", by=root(assumed=True))
_OTHERS = (
    "target_type IS DISTINCT FROM 'root' AND NOT device_removed_by_actor AND actor_type <> 'Root'"
)

MADE_ADMIN = call(
    "AttachUserPolicy",
    by=BOB,
    request={"userName": "alice", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    at="08:50:00",
)
_RISES = "(COALESCE(action_minutes < 1440, FALSE) OR COALESCE(target_is_admin, TRUE))"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreateLoginProfile",),
    family="passwords",
    first=(
        "Ask the user, not through the console, whether they wanted a password.  If not, stop the "
        "caller, then take the password away."
    ),
    information=(
        Claim(
            "The call makes a console password for an IAM user who exists and has none.",
            _MODEL,
        ),
        Claim("The name may be left out; the call then means the caller.", _MODEL),
        Claim(
            "Root may leave the name out only in a session of sts:AssumeRoot, and no password is "
            "sent then.",
            _MODEL,
        ),
        Claim(
            "The record shows userName and passwordResetRequired in the request and the date of "
            "making in the answer, never the password.",
            _SAMPLE,
        ),
        Claim(
            "It gives no permissions: the user may do in the console what their policies allow.",
            f"{_GUIDE}, read 2026-11-22",
        ),
        Claim(
            "A user who has a password already is refused with EntityAlreadyExists; a reset is "
            "UpdateLoginProfile.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "A user who had only access keys can now sign in to the console; a user without an MFA "
            "device does so with the password alone.",
            "botocore iam CreateLoginProfile, EnableMFADevice",
        ),
        Claim(
            "Turning the user's access keys off no longer shuts them out: the password stays.",
            "botocore iam UpdateAccessKey, CreateLoginProfile",
        ),
        Claim(
            "For root of a member account the call opens root's own sign-in again, which "
            "centralized root access had closed.",
            "AWS IAM User Guide, Perform a privileged task on an AWS Organizations member account, "
            "read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Onboarding, or console access for somebody who so far used keys only.",
            supports=(
                Fact("The same principal created the user.", "target_made_by_actor"),
                Fact(
                    "The user must choose a new password at the first sign-in.",
                    "request LIKE '%\"passwordResetRequired\":true%'",
                ),
                Fact("EnableMFADevice by the user followed."),
            ),
            against=(
                Fact("The password is for root.", "target_type = 'root'"),
                Fact("The user belongs to a program; no person signs in with it."),
            ),
        ),
        Explanation(
            "unauthorised",
            "Persistence: a thief of keys makes a second way in, or wakes a user nobody watches.",
            supports=(
                Fact("The user made the password for themselves.", "known_relation = 'self'"),
                Fact("A long-lived access key made the call.", "access_key_id LIKE 'AKIA%'"),
                Fact(
                    "The password need not be changed: whoever set it keeps knowing it.",
                    "request IS NOT NULL AND NOT request LIKE '%\"passwordResetRequired\":true%'",
                ),
                Fact(
                    "The same principal took the user's MFA device away within the day before.",
                    "device_removed_by_actor",
                ),
                Fact("ConsoleLogin as the user followed from the caller's address."),
            ),
            against=(Fact("A request for console access names this user."),),
        ),
        Explanation(
            "insider",
            "An administrator keeps a console user on the side for later.",
            supports=(Fact("No person answers for the user."),),
            against=(Fact("The user's owner has the password and signs in with it."),),
        ),
        Explanation(
            "accident",
            "A template that gives every user a password, service users too.",
            supports=(
                Fact("The call was not made in the console.", "NOT console"),
                Fact("Several users got a password in the same minutes."),
            ),
            against=(Fact("The call was made in the console.", "console"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code or an onboarding workflow.",
            supports=(
                Fact(
                    "The agent says Terraform; the caller chooses that text.",
                    "LOWER(user_agent) LIKE '%terraform%'",
                ),
                Fact("The user is in the code's repository."),
            ),
            against=(Fact("The password is for root.", "target_type = 'root'"),),
        ),
    ),
    control_gaps=(
        Claim(
            "People with passwords in IAM can be avoided: AWS advises federation with temporary "
            "credentials, and then every login profile stands out.",
            "AWS IAM User Guide, AWS Multi-factor authentication in IAM (note), read 2026-11-22",
        ),
        Claim(
            "Without a policy that demands MFA, the first sign-in of the new password has the "
            "user's whole permissions.",
            "AWS IAM User Guide (archive of June 2023), Configuring MFA-protected API access, read "
            "2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "A login profile for another user is always an attack.",
            Claim(
                "It is also the second call of every onboarding: the user must exist before.",
                _MODEL,
            ),
        ),
        Correction(
            "A rule that needs requestParameters.userName sees every new password.",
            Claim("The name is optional; without it the caller, even root, is meant.", _MODEL),
        ),
    ),
    questions=(
        "To the caller: for whom is the password, and who asked for it?",
        "To the user's owner: do you use the console?  Have you got the password?",
        "Who created the user, and when?  Look for CreateUser with the same userName: minutes "
        "before by the same actor_id is onboarding or an intruder's new user, years before is not.",
        "Did ConsoleLogin as the user follow, from which sourceIPAddress, and with MFAUsed No?",
    ),
    false_positives=(
        "Onboarding by who made the user.  It begins with the same two calls as an intruder's own "
        "user (T1136.003); rights of an administrator tell: chain.new_administrator.",
        "Root sets up the first administrator of a new account.",
        "Stratus Red Team and other tests make a profile and delete it minutes later.",
    ),
    detections={
        "for_root": Detection(
            title="Root of this account can recover a password again",
            level="high",
            when="target_type = 'root'",
            techniques=("T1098.001",),
            fires=((_ROOTS,),),
            quiet=(
                (_create(root()),),
                (call("CreateLoginProfile", by=BOB, request={"userName": "root"}),),
                ({**_ROOTS, "errorCode": "EntityAlreadyExistsException"},),
            ),
        ),
        "takeover_step": Detection(
            title="Somebody took a user's MFA device away and then made a console password",
            level="high",
            when="target_type IS DISTINCT FROM 'root' AND device_removed_by_actor "
            "AND known_relation <> 'self'",
            techniques=("T1098.001", "T1556.006"),
            fixes=(disable_console_access, set_new_password, enrol_virtual_device, *STOP_CALLER),
            fires=(
                (_device_removed(BOB), _create(BOB)),
                (_device_removed(root()), _create(root())),
            ),
            quiet=(
                (_device_removed(ALICE), _create(BOB)),
                (_device_removed(BOB), _create(DEPLOY)),
                (_create(BOB),),
            ),
        ),
        "by_root": Detection(
            title="Root made a console password for a user",
            level="high",
            when="target_type IS DISTINCT FROM 'root' AND NOT device_removed_by_actor "
            "AND actor_type = 'Root' AND known_relation <> 'self'",
            techniques=("T1098.001",),
            fixes=(disable_console_access, set_new_password),
            fires=((_create(root()),), (_user_made(root()), _create(root()))),
            quiet=((_create(role("root")),), (_ROOTS,), (_create(root(), error="NoSuchEntity"),)),
        ),
        # Not low, though every set-up looks like it: see create_access_key.for_a_new_user.
        "for_a_new_administrator": Detection(
            title="An administrator's password, or a caller's first ones, for a user it had made",
            level="medium",
            when=f"{_OTHERS} AND known_relation <> 'self' AND target_made_by_actor AND {_RISES}",
            techniques=("T1136.003", "T1098.001"),
            fixes=(disable_console_access, set_new_password, *STOP_CALLER),
            fires=((_user_made(BOB), MADE_ADMIN, _create(BOB)),),
            quiet=((_user_made(BOB), _create(BOB)), (MADE_ADMIN, _create(BOB))),
        ),
        "onboarding": Detection(
            title="A console password was made for a user by the principal that created the user",
            level="low",
            when=f"{_OTHERS} AND known_relation <> 'self' AND target_made_by_actor "
            f"AND NOT {_RISES}",
            techniques=("T1136.003", "T1098.001"),
            fixes=(disable_console_access, set_new_password),
            fires=((_user_made(BOB), _create(BOB)), (_user_made(DEPLOY), _create(DEPLOY))),
            quiet=(
                (_user_made(BOB), MADE_ADMIN, _create(BOB)),
                (_user_made(BOB), _create(DEPLOY)),
                (_create(BOB),),
                (_user_made(root()), _create(root())),
                (_user_made(BOB), _device_removed(BOB), _create(BOB)),
            ),
        ),
        "for_another_user": Detection(
            title="A console password was made for another user",
            level="medium",
            when=f"{_OTHERS} AND known_relation = 'other' "
            "AND NOT COALESCE(target_made_by_actor, FALSE)",
            techniques=("T1098.001",),
            fixes=(disable_console_access, set_new_password, *STOP_CALLER),
            fires=((_create(BOB),), (_create(DEPLOY),), (_user_made(root()), _create(BOB))),
            quiet=(
                (_create(ALICE),),
                (_user_made(BOB), _create(BOB)),
                (_create(root()),),
                (_create(BOB, error="EntityAlreadyExistsException"),),
            ),
        ),
        "by_the_user": Detection(
            title="A user gave themselves a console password",
            level="medium",
            when="target_type IS DISTINCT FROM 'root' AND known_relation = 'self'",
            techniques=("T1098.001",),
            fixes=(disable_console_access, *STOP_CALLER),
            fires=((_create(ALICE),), (call("CreateLoginProfile", by=ALICE),)),
            quiet=(
                (_create(DEPLOY),),
                (_ROOTS,),
                (_create(Principal({**ALICE.identity, "accountId": "444455556666"})),),
                (_create(ALICE, error="EntityAlreadyExistsException"),),
            ),
        ),
        "whose_unknown": Detection(
            title="A console password was made; the log does not tell for whom or by whom",
            level="medium",
            when=f"{_OTHERS} AND known_relation NOT IN ('self', 'other') "
            "AND NOT COALESCE(target_made_by_actor, FALSE)",
            techniques=("T1098.001",),
            fixes=(disable_console_access, set_new_password, *STOP_CALLER),
            fires=(
                (call("CreateLoginProfile", by=DEPLOY),),
                (_create(BOB, userIdentity={"accountId": ACCOUNT}),),
            ),
            quiet=((_create(DEPLOY),), (call("CreateLoginProfile", by=ALICE),), (_ROOTS,)),
        ),
        "denied": Detection(
            title="A try to make a console password for somebody was refused",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1098.001",),
            fixes=STOP_CALLER,
            fires=(
                (denied("CreateLoginProfile", by=BOB, resource="user alice"),),
                (denied("CreateLoginProfile", by=DEPLOY, resource="user alice"),),
            ),
            quiet=((denied("CreateLoginProfile", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to give themselves a console password",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("CreateLoginProfile", by=ALICE, resource="user alice"),),),
            quiet=((denied("CreateLoginProfile", by=BOB, resource="user alice"),),),
        ),
        "already_there": Detection(
            title="The user had a console password already",
            level="low",
            when="error_code LIKE 'EntityAlreadyExists%'",
            outcome="failed",
            fires=((_create(BOB, error="EntityAlreadyExistsException"),),),
            quiet=((_create(BOB, error="NoSuchEntityException"),), (_create(BOB),)),
        ),
        "failed": Detection(
            title="No console password was made",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'EntityAlreadyExists%'",
            outcome="failed",
            fires=(
                (_create(BOB, error="NoSuchEntityException"),),
                (_create(BOB, error="PasswordPolicyViolationException"),),
            ),
            quiet=((_create(BOB, error="EntityAlreadyExistsException"),),),
        ),
    },
    not_fixable=(
        Claim(
            "A password that is taken away cannot be put back: to roll back makes another.",
            "botocore iam DeleteLoginProfile, GetLoginProfile",
        ),
        Claim(
            "No fix touches root: in a member account a session of sts:AssumeRoot removes root's "
            "password with DeleteLoginProfile.",
            "botocore iam DeleteLoginProfile; AWS IAM User Guide, Perform a privileged task on an "
            "AWS Organizations member account, read 2026-11-22",
        ),
        Claim(
            "What was done in the console meanwhile stays; so do keys and roles made from there.",
            "botocore iam DeleteLoginProfile",
        ),
    ),
)
