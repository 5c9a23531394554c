"""An SSH public key of an IAM user is deleted: one way into CodeCommit closes."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import SSH_KEY_DELETED, STOP_CALLER, least_privilege
from trailmend.remediations.ssh_keys import restore_ssh_key

_MODEL = "botocore iam DeleteSSHPublicKey"
_UPLOAD = "botocore iam UploadSSHPublicKey"
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
HELP_DESK = role("help-desk", session="alice")
KEY = "APKAEXAMPLE0000000001"
_OF_ALICE = {"userName": "alice", "sSHPublicKeyId": KEY}


def _uploaded(by: Principal) -> dict[str, Any]:
    body = "ssh-rsa AAAAB3NzaC1yc2E alice@laptop"
    key = _OF_ALICE | {"fingerprint": "1c:0e", "sSHPublicKeyBody": body, "status": "Active"}
    return call(
        "UploadSSHPublicKey",
        by=by,
        request={"userName": "alice", "sSHPublicKeyBody": body},
        response={"sSHPublicKey": key},
        at="08:00:00",
    )


def _switched_off(by: Principal) -> dict[str, Any]:
    request = _OF_ALICE | {"status": "Inactive"}
    return call("UpdateSSHPublicKey", by=by, request=request, at="08:30:00")


def _deleted(by: Principal, **more: Any) -> dict[str, Any]:
    return call("DeleteSSHPublicKey", by=by, request=_OF_ALICE, **more)


BY_NOBODY = _deleted(ALICE, userIdentity={"accountId": "111122223333"})
_OWN_WORK = "COALESCE(made_by_actor, FALSE)"
_WAS_OFF = "COALESCE(before, '') LIKE '%\"status\":\"Inactive\"%'"
_HARMFUL = f"NOT {_OWN_WORK} AND NOT {_WAS_OFF}"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteSSHPublicKey",),
    family="keys and certificates",
    first=(
        "Ask the owner whether the key is missed.  If it is, and nobody explains the call, stop "
        "the caller, then put the key back."
    ),
    information=(
        Claim(
            "The call deletes one SSH public key of one IAM user. The key opens CodeCommit "
            "repositories to that user, and nothing else.",
            _MODEL,
        ),
        Claim("User name and key id must both be given, for one's own key too.", _MODEL),
        Claim(
            "An owner may be allowed to delete their own keys alone, by a policy on "
            "user/${aws:username}; with a wider permission anybody's.",
            _SELF_MANAGED,
        ),
        Claim(
            "IAM holds the public half alone. The private key stays on its owner's machine and is "
            "not touched.",
            _KEYS,
        ),
        Claim(
            "The record names userName and sSHPublicKeyId, and not the key. Its body stands in "
            "the UploadSSHPublicKey before.",
            "unchecked: after botocore iam DeleteSSHPublicKey, UploadSSHPublicKey and a note on "
            "one published sample of each; no record of either was at hand",
        ),
        Claim(
            "For a key that is not there the call fails with NoSuchEntity.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "Git over SSH with this key is refused from then on, to build jobs too. The user's Git "
            "credentials and access keys are other ways into CodeCommit, and stay.",
            f"{_MODEL}; {_KEYS}",
        ),
        Claim(
            "IAM's keys are for CodeCommit alone. Hosts are not concerned, unless a script of "
            "yours copies the keys to authorized_keys: then logins to them can end as well.",
            "botocore iam UpdateSSHPublicKey",
        ),
        Claim(
            "Whoever uploaded a key, pushed with it and deleted it leaves the pushes in the "
            "trail: GitPush records on codecommit.amazonaws.com.",
            _TRAIL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A key is rotated, or its owner leaves.",
            (
                Fact("The owner deleted the key.", "known_relation = 'self'"),
                Fact("The key was inactive already.", _WAS_OFF),
                Fact("The owner uploaded another key shortly before."),
            ),
            (
                Fact(
                    "Somebody else deleted a key not known to be off.",
                    f"known_relation = 'other' AND {_HARMFUL}",
                ),
                Fact("The owner says that the key is missed."),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder shuts a user out of the repositories, or tidies up a key of their own.",
            (
                Fact("The same principal had uploaded the key.", "made_by_actor"),
                Fact("Between upload and deletion a GitPush by this user is logged."),
            ),
            (Fact("The owner confirms the deletion."),),
        ),
        Explanation(
            "insider",
            "A privileged colleague disrupts others' work, or covers a push made in their name.",
            (Fact("Keys of several owners went in one session."),),
            (Fact("The owner asked for it: a ticket names the key id."),),
        ),
        Explanation(
            "accident",
            "During upkeep an administrator took the wrong key: an id does not say what the key is "
            "used for.",
            (
                Fact("The key was chosen in the console.", "COALESCE(console, FALSE)"),
                Fact("The owner has several keys (ListSSHPublicKeys)."),
            ),
            (Fact("The key had been switched off first.", _WAS_OFF),),
        ),
        Explanation(
            "automation",
            "Off-boarding or infrastructure as code removes the keys of a user.",
            (Fact("DeleteUser for the same user follows."),),
            (Fact("The owner stays, and no code holds the owner's keys."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:DeleteSSHPublicKey is allowed on all users, where user/${aws:username} would do.",
            _SELF_MANAGED,
        ),
        Claim(
            "Keys are deleted at once instead of switched off first: UpdateSSHPublicKey to "
            "Inactive stops a key and can be taken back.",
            "botocore iam UpdateSSHPublicKey",
        ),
        Claim(
            "Nobody keeps the public keys. GetSSHPublicKey gives a body while the key is there.",
            "botocore iam GetSSHPublicKey",
        ),
    ),
    corrections=(
        Correction(
            "The user loses secure access to instances and systems.",
            Claim(
                "The key authenticates to CodeCommit only. EC2 has key pairs of its own.",
                f"{_MODEL}; botocore ec2 CreateKeyPair",
            ),
        ),
        Correction(
            "Deleting others' keys gains somebody access.",
            Claim(
                "It takes access away. To gain some, a key must be uploaded.",
                f"{_MODEL}; {_UPLOAD}",
            ),
        ),
        Correction(
            "The remedy is a password policy, MFA and fewer access keys.",
            Claim(
                "None brings the key back. UploadSSHPublicKey with the former body does.", _UPLOAD
            ),
        ),
        Correction(
            "A key that was put back works as before.",
            Claim("It gets a new id, and the id is the `User` of the ssh config.", _SETUP),
        ),
        Correction(
            "The event itself is an audit of who may reach what.",
            Claim(
                "It tells one deletion. Which keys remain is told by ListSSHPublicKeys.",
                "botocore iam ListSSHPublicKeys",
            ),
        ),
    ),
    questions=(
        "To the owner (`target`): do you miss the key `object_id`, and did you delete it or ask "
        "for it?",
        "To the caller (`actor`): which ticket names this user and this key?",
        "To the owner of the repositories: which GitPull and GitPush of this user preceded it, "
        "and from which addresses?",
        "To whoever runs the hosts: does a script copy IAM's SSH keys to them?",
    ),
    false_positives=(
        "Off-boarding: DeactivateMFADevice, DeleteAccessKey and DeleteUser for the same user "
        "stand around it. A user with SSH keys cannot be deleted (DeleteConflict).",
        "An administrator rotates a shared build user's key at the owner's wish.",
    ),
    not_fixable=(
        Claim(
            "The old key id does not come back. Every ssh config that names it must be changed.",
            f"{_UPLOAD}; {_SETUP}",
        ),
        Claim(
            "If no UploadSSHPublicKey of the key is in the log, its body is not known: only the "
            "owner has it. A new pair is as good.",
            _SETUP,
        ),
        least_privilege("iam:DeleteSSHPublicKey", "allow it on user/${aws:username} alone"),
    ),
    hardening=SSH_KEY_DELETED,
    detections={
        "by_root": Detection(
            title="Root deleted a user's SSH key",
            level="high",
            when=f"actor_type = 'Root' AND known_relation <> 'self' AND {_HARMFUL}",
            techniques=("T1531",),
            fixes=(restore_ssh_key,),
            fires=((_deleted(root()),), (_uploaded(ALICE), _deleted(root()))),
            quiet=(
                (_deleted(role("root")),),
                (_deleted(root(), error="NoSuchEntityException"),),
                (_uploaded(root()), _deleted(root())),
            ),
        ),
        "by_someone_else": Detection(
            title="Somebody else deleted a user's SSH key",
            level="medium",
            takes_back=True,
            when=f"actor_type <> 'Root' AND known_relation = 'other' AND {_HARMFUL}",
            techniques=("T1531",),
            fixes=(restore_ssh_key, *STOP_CALLER),
            fires=(
                (_deleted(BOB),),
                (_uploaded(ALICE), _deleted(BOB)),
                (_uploaded(ALICE), _deleted(HELP_DESK)),
            ),
            quiet=(
                (_deleted(ALICE),),
                (_uploaded(BOB), _deleted(BOB)),
                (_uploaded(ALICE), _switched_off(ALICE), _deleted(BOB)),
                (_deleted(BOB, error="NoSuchEntityException"),),
                (_deleted(root()),),
            ),
        ),
        "by_the_owner": Detection(
            title="A user deleted their own SSH key",
            level="low",
            when="known_relation = 'self'",
            fires=((_deleted(ALICE),), (_uploaded(BOB), _deleted(ALICE))),
            quiet=((_deleted(HELP_DESK),), (_deleted(BOB),), (BY_NOBODY,)),
        ),
        "clean_up": Detection(
            title="An SSH key was deleted by the principal that had uploaded it",
            level="low",
            when=f"known_relation <> 'self' AND {_OWN_WORK}",
            fires=(
                (_uploaded(BOB), _deleted(BOB)),
                (_uploaded(role("deploy", session="a")), _deleted(role("deploy", session="b"))),
            ),
            quiet=((_uploaded(ALICE), _deleted(BOB)), (_uploaded(ALICE), _deleted(ALICE))),
        ),
        "was_inactive": Detection(
            title="A user's SSH key was deleted that was inactive already",
            level="low",
            when=f"known_relation <> 'self' AND NOT {_OWN_WORK} AND {_WAS_OFF}",
            fixes=(restore_ssh_key,),
            fires=((_uploaded(ALICE), _switched_off(BOB), _deleted(BOB)),),
            quiet=(
                (_uploaded(ALICE), _deleted(BOB)),
                (_uploaded(ALICE), _switched_off(ALICE), _deleted(ALICE)),
            ),
        ),
        "by_whom_unknown": Detection(
            title="A user's SSH key was deleted; the log does not tell whose or by whom",
            level="medium",
            when=f"actor_type <> 'Root' AND known_relation NOT IN ('self', 'other') AND {_HARMFUL}",
            techniques=("T1531",),
            fixes=(restore_ssh_key, *STOP_CALLER),
            fires=((BY_NOBODY,), (call("DeleteSSHPublicKey", by=BOB),)),
            quiet=((_deleted(BOB),), (_deleted(ALICE),)),
        ),
        "denied": Detection(
            title="The deletion of somebody's SSH key was tried and denied",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1531",),
            fixes=STOP_CALLER,
            fires=(
                (denied("DeleteSSHPublicKey", by=BOB, resource="user alice"),),
                (denied("DeleteSSHPublicKey", by=HELP_DESK, resource="user alice"),),
            ),
            quiet=((denied("DeleteSSHPublicKey", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to delete their own SSH key",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("DeleteSSHPublicKey", by=ALICE, resource="user alice"),),),
            quiet=((denied("DeleteSSHPublicKey", by=HELP_DESK, resource="user alice"),),),
        ),
        "failed": Detection(
            title="The deletion of an SSH key failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=(
                (_deleted(BOB, error="NoSuchEntityException"),),
                (_deleted(ALICE, error="ServiceFailureException"),),
            ),
            quiet=(
                (_deleted(BOB),),
                (denied("DeleteSSHPublicKey", by=BOB, resource="user alice"),),
            ),
        ),
    },
)
