"""An SSH public key is added to an IAM user: a new way into CodeCommit in that user's name."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.principals import quarantine_caller, revoke_callers_sessions
from trailmend.remediations.ssh_keys import deactivate_ssh_key

_MODEL = "botocore iam UploadSSHPublicKey"
_KEYS = (
    "AWS IAM User Guide, Using IAM with CodeCommit: Git credentials, SSH keys, and AWS access keys "
    "(docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html), read 2026-11-22"
)
_SETUP = (
    "AWS CodeCommit User Guide, Setup steps for SSH connections to AWS CodeCommit repositories on "
    "Linux, macOS, or Unix (archived 2023-06), read 2026-11-22"
)
_TRAIL = (
    "AWS CodeCommit User Guide, Logging AWS CodeCommit API calls with AWS CloudTrail "
    "(archived 2023-06), read 2026-11-22"
)
_SELF_MANAGED = (
    "AWS IAM User Guide, AWS: Allows MFA-authenticated IAM users to manage their own credentials "
    "on the My security credentials page (archived 2023-06), read 2026-11-22"
)

ALICE, BOB = user("alice"), user("bob")
ALICE_SIGNED_IN = user("alice", mfa=False)
HELP_DESK = role("help-desk", session="alice")
_BODY = "ssh-rsa AAAAB3NzaC1yc2E laptop"
_FOR_ALICE = {"userName": "alice", "sSHPublicKeyBody": _BODY}
_KEY = _FOR_ALICE | {"sSHPublicKeyId": "APKAEXAMPLE0000000001", "status": "Active"}


def _uploaded(by: Principal, **more: Any) -> dict[str, Any]:
    return call(
        "UploadSSHPublicKey", by=by, request=_FOR_ALICE, response={"sSHPublicKey": _KEY}, **more
    )


def _refused(by: Principal, error: str) -> dict[str, Any]:
    return call("UploadSSHPublicKey", by=by, request=_FOR_ALICE, error=error)


RESET = call("UpdateLoginProfile", by=BOB, request={"userName": "alice"}, at="08:00:00")
CHANGED = call("ChangePassword", by=ALICE, at="08:30:00")
BY_NOBODY = _uploaded(ALICE, userIdentity={"accountId": "111122223333"})
DENIED = denied("UploadSSHPublicKey", by=BOB, resource="user alice")
# A password opens sessions; a key that the user had before the reset (AKIA...) needs none.
_BEHIND_RESET = "(password_set_by_other AND COALESCE(access_key_id, '') NOT LIKE 'AKIA%')"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UploadSSHPublicKey",),
    family="keys and certificates",
    first=(
        "Have the user compare the fingerprint.  If the key is not theirs, turn it off, which can "
        "be undone, and stop the caller."
    ),
    information=(
        Claim(
            "The call adds an SSH public key to an IAM user. With the private half one can reach "
            "CodeCommit as that user; the key is good for nothing else.",
            _MODEL,
        ),
        Claim("The user must be named, for a key of one's own too.", _MODEL),
        Claim(
            "The body is in ssh-rsa or PEM format, of 2048 bits or more. Other formats are refused "
            "(UnrecognizedPublicKeyEncoding, InvalidPublicKey).",
            _MODEL,
        ),
        Claim(
            "A user may have five SSH public keys.",
            "AWS IAM User Guide, IAM and AWS STS quotas, name requirements, and character limits "
            "(archived 2023-06), read 2026-11-22",
        ),
        Claim("The same key twice for one user is refused (DuplicateSSHPublicKey).", _MODEL),
        Claim(
            "Request and answer carry the body of the key and its fingerprint, so a key that is "
            "deleted later can be put back from the log.",
            "unchecked: after botocore iam SSHPublicKey and a note on one published sample; no "
            "record was at hand",
        ),
        Claim("A key cannot be used on repositories of another account.", _KEYS),
    ),
    impact=(
        Claim(
            "Who holds the private half can clone and push with the user's permissions on "
            "CodeCommit. The console password is not asked for.",
            f"{_MODEL}; {_SETUP}",
        ),
        Claim(
            "Pushes under a user's name can carry code into builds and releases.",
            "botocore codebuild SourceType (CODECOMMIT)",
        ),
        Claim(
            "A password reset or MFA on the user does not remove the key; DeleteSSHPublicKey does.",
            "botocore iam DeleteSSHPublicKey, UpdateLoginProfile, EnableMFADevice",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A user sets up a new machine, or changes keys.",
            (
                Fact("The user uploaded the key.", "known_relation = 'self'"),
                Fact("The former key is switched off or deleted in the days after."),
            ),
            (
                Fact("Somebody else uploaded it.", "known_relation = 'other'"),
                Fact("Somebody else had just set the user's password.", "password_set_by_other"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder leaves a key that outlives the stolen password or session.",
            (
                Fact("Somebody else had just set the user's password.", "password_set_by_other"),
                Fact("GitPull of many repositories by this user follows."),
            ),
            (
                Fact("The user says that the key is theirs: the fingerprint matches."),
                Fact("The caller made this user and is setting it up.", "target_made_by_actor"),
            ),
        ),
        Explanation(
            "insider",
            "A colleague adds a key to another's user, to push in that name.",
            (Fact("The comment of the key, or its fingerprint, is one of the caller's own."),),
            (Fact("The user asked the caller to upload it."),),
        ),
        Explanation(
            "accident",
            "An administrator chose the wrong user for a colleague's key.",
            (
                Fact("The key was pasted in the console.", "COALESCE(console, FALSE)"),
                Fact("The caller deleted the key again within minutes."),
            ),
            (Fact("Git calls with this user follow."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code keeps the keys of build users.",
            (Fact("The same principal made the user.", "target_made_by_actor"),),
            (Fact("The key is in no code that keeps the users' keys."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:UploadSSHPublicKey is allowed on all users, where user/${aws:username} would do.",
            _SELF_MANAGED,
        ),
        Claim(
            "The upload needs no MFA: no policy denies it where aws:MultiFactorAuthPresent is "
            "not true.",
            _SELF_MANAGED,
        ),
        Claim(
            "Long-lived keys are in use at all: the credential helper and git-remote-codecommit "
            "do with temporary credentials.",
            _KEYS + "; AWS CodeCommit User Guide, Setting up for AWS CodeCommit (archived 2023-06)",
        ),
    ),
    corrections=(
        Correction(
            "The key gives access to instances.",
            Claim(
                "It is for CodeCommit. SendSSHPublicKey of EC2 Instance Connect is another call.",
                f"{_MODEL}; botocore ec2-instance-connect SendSSHPublicKey",
            ),
        ),
        Correction(
            "It is an entry of authorized_keys, T1098.004.",
            Claim(
                "That technique is about a file on hosts. A key of a cloud account is an added "
                "cloud credential, T1098.001.",
                "MITRE ATT&CK, T1098.001 (attack.mitre.org/techniques/T1098/001) and T1098.004, "
                "read 2026-11-22",
            ),
        ),
        Correction(
            "With MFA on the user the key is harmless.",
            Claim(
                "The set-up of SSH knows no MFA code, only the private key. Whether a policy that "
                "denies calls without MFA stops Git over SSH could not be checked.",
                _SETUP,
            ),
        ),
    ),
    questions=(
        "To the user (`target`): is this fingerprint yours? Compare ssh-keygen -l -E md5 -f FILE "
        "with `fingerprint` in the answer.",
        "To the caller (`actor`): for whom, and where is the private half?",
        "To the owner of the repositories: which GitPull and GitPush of this user came since, and "
        "from which addresses?",
    ),
    false_positives=(
        "An administrator sets up a build user and uploads its key.",
        "A new user whose first password was not to be changed at sign-in, and who uploads a key "
        "on the first day.",
    ),
    not_fixable=(
        Claim(
            "What was cloned stays cloned, and pushed commits stay. See GitPull and GitPush on "
            "codecommit.amazonaws.com.",
            _TRAIL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root added an SSH key to a user",
            level="high",
            when="actor_type = 'Root'",
            techniques=("T1098.001",),
            fixes=(deactivate_ssh_key,),
            fires=((_uploaded(root()),),),
            quiet=(
                (_uploaded(role("root")),),
                (_refused(root(), "DuplicateSSHPublicKeyException"),),
                (_uploaded(ALICE),),
            ),
        ),
        "behind_a_reset": Detection(
            title="A user whose password somebody else had just set added an SSH key",
            level="high",
            when=f"actor_type <> 'Root' AND known_relation = 'self' AND {_BEHIND_RESET}",
            techniques=("T1098.001", "T1078.004"),
            fixes=(
                deactivate_ssh_key,
                set_new_password,
                revoke_callers_sessions,
                quarantine_caller,
            ),
            fires=((RESET, _uploaded(ALICE_SIGNED_IN)),),
            quiet=(
                (RESET, CHANGED, _uploaded(ALICE_SIGNED_IN)),
                (RESET, _uploaded(ALICE)),
                (RESET, _uploaded(HELP_DESK)),
                (_uploaded(ALICE_SIGNED_IN),),
            ),
        ),
        "own": Detection(
            title="A user added an SSH key of their own",
            level="low",
            when=f"actor_type <> 'Root' AND known_relation = 'self' AND NOT {_BEHIND_RESET}",
            fixes=(deactivate_ssh_key,),
            fires=((_uploaded(ALICE),), (RESET, CHANGED, _uploaded(ALICE_SIGNED_IN))),
            quiet=((_uploaded(HELP_DESK),), (_uploaded(BOB),), (RESET, _uploaded(ALICE_SIGNED_IN))),
        ),
        "for_another_user": Detection(
            title="Somebody else added an SSH key to a user",
            level="medium",
            when="actor_type <> 'Root' AND known_relation = 'other'",
            techniques=("T1098.001",),
            fixes=(deactivate_ssh_key, *STOP_CALLER),
            fires=((_uploaded(BOB),), (_uploaded(HELP_DESK),)),
            quiet=(
                (_uploaded(ALICE),),
                (_uploaded(root()),),
                (_refused(BOB, "LimitExceededException"),),
                (DENIED,),
            ),
        ),
        "by_whom_unknown": Detection(
            title="An SSH key was added to a user; the log does not tell to whom or by whom",
            level="medium",
            when="actor_type <> 'Root' AND known_relation NOT IN ('self', 'other')",
            techniques=("T1098.001",),
            fixes=(deactivate_ssh_key, *STOP_CALLER),
            fires=((BY_NOBODY,), (call("UploadSSHPublicKey", by=BOB),)),
            quiet=((_uploaded(BOB),), (_uploaded(ALICE),)),
        ),
        "denied": Detection(
            title="An SSH key for somebody else was tried and denied",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1098.001",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (denied("UploadSSHPublicKey", by=HELP_DESK, resource="user alice"),)),
            quiet=((denied("UploadSSHPublicKey", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to add an SSH key of their own",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("UploadSSHPublicKey", by=ALICE, resource="user alice"),),),
            quiet=((denied("UploadSSHPublicKey", by=HELP_DESK, resource="user alice"),), (DENIED,)),
        ),
        "failed": Detection(
            title="An SSH key was not accepted",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=(
                (_refused(BOB, "DuplicateSSHPublicKeyException"),),
                (_refused(ALICE, "InvalidPublicKeyException"),),
            ),
            quiet=((_uploaded(BOB),), (DENIED,)),
        ),
    },
)
