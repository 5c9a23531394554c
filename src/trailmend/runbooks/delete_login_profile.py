"""DeleteLoginProfile takes away a console password, and nothing else."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import LOGIN_PROFILE_DELETED, STOP_CALLER, least_privilege
from trailmend.remediations.login_profiles import create_lasting_login_profile, create_login_profile

_MODEL = "botocore iam DeleteLoginProfile"
_GUIDE = "AWS IAM User Guide (archive of June 2023), Managing passwords for IAM users"
_PASSWORDS = f"{_GUIDE}, read 2026-11-22"
_SAMPLE = "sample: invictus DeleteLoginProfile"

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
OTHER_ALICE = Principal({**ALICE.identity, "accountId": "444455556666"})
_FOR_ALICE = {"userName": "alice"}


def _delete(by: Principal, **more: Any) -> dict[str, Any]:
    return call("DeleteLoginProfile", by=by, request=_FOR_ALICE, **more)


def _made(by: Principal) -> dict[str, Any]:
    return call("CreateLoginProfile", by=by, request=_FOR_ALICE, at="08:00:00")


_OTHERS = "NOT assumed_root AND NOT COALESCE(made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteLoginProfile",),
    family="passwords",
    first=(
        "Ask the user, not through this account, whether the password was to go.  If not, stop "
        "the caller, then give a new password."
    ),
    information=(
        Claim("The call deletes the console password of an IAM user, or of root.", _MODEL),
        Claim(
            "A login profile is a user name, the date the password was made and the mark that a "
            "new password is due at the next sign-in; all three go.",
            "botocore iam LoginProfile",
        ),
        Claim(
            "The name may be left out; the call then means the caller.  Root may leave it out only "
            "in a session of sts:AssumeRoot.",
            _MODEL,
        ),
        Claim(
            "The record names the user and answers nothing: requestParameters holds userName, "
            "responseElements is null.",
            _SAMPLE,
        ),
        Claim(
            "DeleteUser through the API needs the password gone first, so this call is part of "
            "every scripted off-boarding of a console user.",
            _PASSWORDS,
        ),
    ),
    impact=(
        Claim("The user can no longer sign in to the console with a password.", _PASSWORDS),
        Claim(
            "Active access keys go on working until they are made inactive or deleted.",
            _MODEL,
        ),
        Claim(
            "The user's permissions stay, and so does the way into the console through a role.",
            _PASSWORDS,
        ),
        Claim(
            "A console session that is open is not known to end with the password.",
            "botocore iam DeleteLoginProfile, and AWS IAM User Guide (archive of June 2023), "
            "Managing passwords for IAM users, read 2026-11-28: neither speaks of open sessions",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Off-boarding, a move to single sign-on, or containment of a user under suspicion.",
            supports=(
                Fact("The user removed their own password.", "known_relation = 'self'"),
                Fact("An AssumeRoot session removed root's password.", "assumed_root"),
                Fact("The user signs in through an identity provider from now on."),
                Fact("DeleteAccessKey, DeactivateMFADevice or DeleteUser followed."),
            ),
            against=(
                Fact("Root made the call.", "actor_type = 'Root' AND NOT assumed_root"),
                Fact("The user still needs the console and was not told."),
            ),
        ),
        Explanation(
            "unauthorised",
            "With stolen credentials somebody locks out a person who could stop them, or removes "
            "a password that they made for themselves.",
            supports=(
                Fact("A long-lived access key made the call.", "access_key_id LIKE 'AKIA%'"),
                Fact("The user is one who watches or administers the account."),
            ),
            against=(
                Fact("The user removed their own password.", "known_relation = 'self'"),
                Fact("The owner of the caller's credentials says that they made the call."),
            ),
        ),
        Explanation(
            "insider",
            "A colleague with rights over users shuts somebody out on purpose.",
            supports=(Fact("Nobody asked the caller to do it, and no ticket names the user."),),
            against=(Fact("A second person agreed to it in writing beforehand."),),
        ),
        Explanation(
            "accident",
            "A wrong name, a script over too long a list, or a plan that nobody read.",
            supports=(Fact("A new profile was made for the same user soon after."),),
            against=(
                Fact("The caller made the profile and knew it.", "made_by_actor"),
                Fact("The same caller turned off the user's access keys as well."),
            ),
        ),
        Explanation(
            "automation",
            "Infrastructure as code takes away what it made, or a job removes unused passwords.",
            supports=(
                Fact(
                    "The agent says Terraform; the caller chooses that text.",
                    "LOWER(user_agent) LIKE '%terraform%'",
                ),
                Fact("The user had not signed in for months (GetUser, PasswordLastUsed)."),
            ),
            against=(Fact("ConsoleLogin shows the user at work in the days before."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Who holds iam:DeleteLoginProfile on all users can shut every one of them out of the "
            "console; the call acts on a user, so a policy can name which.",
            "sample: traildiscover DeleteLoginProfile (denied on resource: user)",
        ),
        Claim(
            "The record has no field for a reason or an approval: an auditor finds them only if "
            "they are kept elsewhere.",
            _SAMPLE,
        ),
    ),
    corrections=(
        Correction(
            "Deleting the login profile denies the user access to the account.",
            Claim("It denies the console.  Keys and the calls made with them go on.", _MODEL),
        ),
        Correction(
            "It leads to unauthorised access and data breaches.",
            Claim("The call takes a credential away and gives none to anybody.", _MODEL),
        ),
        Correction(
            "update-login-profile with a new password repairs it.",
            Claim(
                "UpdateLoginProfile changes a profile that exists and answers NoSuchEntity where "
                "there is none; the repair is CreateLoginProfile.",
                "botocore iam UpdateLoginProfile, GetLoginProfile",
            ),
        ),
        Correction(
            "A script can fetch each password and test its strength.",
            Claim("GetLoginProfile returns no password.", "botocore iam GetLoginProfile"),
        ),
        Correction(
            "A password policy, MFA for everybody and a trail are the remedy.",
            Claim(
                "None of these gives the user a password back; CreateLoginProfile does.",
                "botocore iam CreateLoginProfile",
            ),
        ),
    ),
    questions=(
        "To the user: did you ask for your console password to go?  Whom, and when?",
        "To the caller: which request was this?  Compare event_time, source_ip and access_key_id "
        "with your own record of that hour.",
        "Which keys of the user are still active?  `aws iam list-access-keys --user-name NAME`: "
        "look for Status Active on a user who was meant to leave.",
        "Who else lost a password in the same hour?  Look for the same actor_id.",
    ),
    false_positives=(
        "Terraform destroys a profile and tries again: one success and some NoSuchEntityException.",
        "Incident response: a responder or a tool removes the password of a suspected user.",
        "An administrator off-boards a colleague; DeleteUser follows.",
    ),
    detections={
        "by_someone_else": Detection(
            title="Somebody else took a user's console password away",
            level="medium",
            takes_back=True,
            when=f"{_OTHERS} AND actor_type <> 'Root' AND known_relation = 'other'",
            techniques=("T1531",),
            fixes=(create_login_profile, create_lasting_login_profile, *STOP_CALLER),
            fires=(
                (_delete(BOB),),
                (_delete(HELP_DESK),),
                (_delete(OTHER_ALICE),),
                (_made(ALICE), _delete(BOB)),
            ),
            quiet=(
                (_delete(ALICE),),
                (call("DeleteLoginProfile", by=ALICE),),
                (_delete(root()),),
                (_made(BOB), _delete(BOB)),
                (_delete(BOB, error="NoSuchEntityException"),),
            ),
        ),
        "by_root": Detection(
            title="Root took a user's console password away",
            level="high",
            when=f"{_OTHERS} AND actor_type = 'Root' AND known_relation <> 'self'",
            techniques=("T1531",),
            fixes=(create_login_profile, create_lasting_login_profile),
            fires=((_delete(root()),),),
            quiet=(
                (call("DeleteLoginProfile", by=root(assumed=True)),),
                (_made(root()), _delete(root())),
                (_delete(root(), error="NoSuchEntityException"),),
                (_delete(role("root")),),
            ),
        ),
        "by_the_user": Detection(
            title="A user removed their own console password",
            level="low",
            when="NOT assumed_root AND known_relation = 'self'",
            fires=((_delete(ALICE),), (call("DeleteLoginProfile", by=ALICE),)),
            quiet=(
                (_delete(HELP_DESK),),
                (_delete(OTHER_ALICE),),
                (_delete(ALICE, error="NoSuchEntityException"),),
                (call("DeleteLoginProfile", by=root(assumed=True)),),
            ),
        ),
        "clean_up": Detection(
            title="A console password was removed by the principal that had made it",
            level="low",
            when="NOT assumed_root AND known_relation <> 'self' AND made_by_actor",
            fires=(
                (_made(BOB), _delete(BOB)),
                (_made(role("deploy", session="one")), _delete(role("deploy", session="two"))),
            ),
            quiet=((_made(ALICE), _delete(BOB)), (_delete(BOB),), (_made(ALICE), _delete(ALICE))),
        ),
        "root_task": Detection(
            title="An AssumeRoot session removed the root password of this account",
            level="low",
            when="assumed_root",
            fires=((call("DeleteLoginProfile", by=root(assumed=True)),),),
            quiet=((_delete(root()),), (_delete(BOB),)),
        ),
        "whose_unknown": Detection(
            title="A console password was removed; the log does not tell whose or by whom",
            level="medium",
            when=f"{_OTHERS} AND actor_type <> 'Root' AND known_relation NOT IN ('self', 'other')",
            techniques=("T1531",),
            fixes=(create_login_profile, create_lasting_login_profile, *STOP_CALLER),
            fires=(
                (call("DeleteLoginProfile", by=HELP_DESK),),
                (_delete(BOB, userIdentity={"accountId": ACCOUNT}),),
            ),
            quiet=((call("DeleteLoginProfile", by=ALICE),), (_delete(BOB),)),
        ),
        "denied": Detection(
            title="A try to remove somebody's console password was refused",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1531",),
            fixes=STOP_CALLER,
            fires=(
                (denied("DeleteLoginProfile", by=BOB, resource="user alice"),),
                (denied("DeleteLoginProfile", by=HELP_DESK, resource="user alice"),),
                (denied("DeleteLoginProfile", by=BOB, resource="*"),),
            ),
            quiet=((denied("DeleteLoginProfile", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to remove their own console password",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("DeleteLoginProfile", by=ALICE, resource="user alice"),),),
            quiet=((denied("DeleteLoginProfile", by=HELP_DESK, resource="user alice"),),),
        ),
        "nothing_there": Detection(
            title="There was no console password to remove",
            level="low",
            when="error_code LIKE 'NoSuchEntity%'",
            outcome="failed",
            fires=((_delete(BOB, error="NoSuchEntityException"),),),
            quiet=(
                (_delete(BOB),),
                (_delete(BOB, error="EntityTemporarilyUnmodifiableException"),),
            ),
        ),
        "failed": Detection(
            title="A console password could not be removed",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'NoSuchEntity%'",
            outcome="failed",
            fires=((_delete(BOB, error="EntityTemporarilyUnmodifiableException"),),),
            quiet=(
                (_delete(BOB, error="NoSuchEntityException"),),
                (denied("DeleteLoginProfile", by=BOB, resource="user alice"),),
            ),
        ),
    },
    not_fixable=(
        Claim(
            "The old password cannot be put back, because no call returns it: the user gets a new "
            "one (login_profiles.create_login_profile).",
            "botocore iam GetLoginProfile, CreateLoginProfile",
        ),
        Claim(
            "Root's password is not set by API: an AssumeRoot session calls CreateLoginProfile "
            "without a password, which lets root recover it at sign-in.",
            "botocore iam CreateLoginProfile; AWS re:Post Knowledge Center, "
            "reset-root-user-mfa-device, read 2026-11-22",
        ),
        least_privilege(
            "iam:DeleteLoginProfile", "leave it to few, and name the users on whom it may be used"
        ),
    ),
    hardening=LOGIN_PROFILE_DELETED,
)
