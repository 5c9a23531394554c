"""Somebody of Identity Center's directory gets a permission set in an account."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, root
from trailmend.evidence.center import (
    ADMINISTRATOR,
    ANNA,
    PIPELINE,
    READ_ONLY,
    assignment,
    set_given,
    set_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.account_assignments import delete_assignment
from trailmend.tries import tries

_MODEL = "botocore sso-admin CreateAccountAssignment"
_STATUS = "botocore sso-admin DescribeAccountAssignmentCreationStatus"
_SESSIONS = (
    "AWS IAM Identity Center User Guide, Understanding authentication sessions in IAM Identity "
    "Center, read 2026-11-28"
)
_DENY = (
    "AWS IAM Identity Center User Guide, Use a Deny policy to revoke active user permissions, read "
    "2026-11-28"
)
_PROTECTED = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Troubleshooting IAM Identity "
    "Center issues, read 2026-11-28"
)
_CALL = "CreateAccountAssignment"
MADE = set_made()
ADMIN_SET = (MADE, set_given(ADMINISTRATOR))
READER_SET = (MADE, set_given(READ_ONLY))
TO_GROUP, TO_ALICE = assignment(_CALL), assignment(_CALL, user="alice")
_TWICE = assignment(_CALL, error="ConflictException")
_DENIED = denied(_CALL, by=PIPELINE, source="sso")
_PERSON = "COALESCE(target_type, '') = 'directory_user'"

RUNBOOK = Runbook(
    events=("sso.amazonaws.com:CreateAccountAssignment",),
    family="Identity Center",
    first=(
        "Read who got what where (`target_name`, `object_id`, targetId in the request); if nobody "
        "ordered it, deny the person by a service control policy, for sessions that were given go "
        "on, then delete the assignment."
    ),
    information=(
        Claim(
            "The call gives a user or a group of the directory a permission set in one account. "
            "The set is provisioned there at once, as a role with its policies.",
            _MODEL,
        ),
        Claim(
            "It is made in the management account or in the delegated administrator's account. In "
            "the account that is opened (targetId) the service makes and changes the role by its "
            "own service-linked role, AWSServiceRoleForSSO.",
            "AWS IAM Identity Center User Guide, Delegated administration, read 2026-11-28; AWS "
            "IAM Identity Center User Guide (archive of June 2023), Using service-linked roles "
            "for IAM Identity Center, read 2026-11-28",
        ),
        Claim(
            "The record names ids of the directory, no people: ask the directory who they are.",
            "sample: traildiscover CreateAccountAssignment; botocore identitystore DescribeUser",
        ),
        Claim(
            "The answer says IN_PROGRESS: whether the assignment came about is told later.",
            f"sample: traildiscover CreateAccountAssignment; {_STATUS}",
        ),
    ),
    impact=(
        Claim(
            "Whoever is meant signs in to that account with all that the set allows, from the next "
            "visit of the access portal on. No IAM user and no key is made there.",
            _MODEL,
        ),
        Claim(
            "A group's assignment holds for whoever joins the group later, without another call "
            "to this service.",
            "botocore identitystore CreateGroupMembership; botocore sso-admin "
            "CreateAccountAssignment (PrincipalType)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team gets access to a new account.",
            (
                Fact("A group was meant, as usual.", "target_type = 'directory_group'"),
                Fact("A ticket names group, set and account."),
            ),
            (Fact("One person was meant.", "target_type = 'directory_user'"),),
        ),
        Explanation(
            "unauthorised",
            "Whoever rules Identity Center opens every account of the organization to a user of "
            "their own.",
            (
                Fact("The set makes an administrator: {grants}.", "grants_admin"),
                Fact("The user was made in the directory shortly before."),
            ),
            (Fact("The set is known to make no administrator.", "NOT grants_admin"),),
        ),
        Explanation(
            "insider",
            "An administrator of Identity Center gives themselves an account that they should not "
            "see.",
            (Fact("The id in `target_name` is the caller's own person in the directory."),),
            (Fact("A second person approved the request."),),
        ),
        Explanation(
            "accident",
            "The wrong account or the wrong set was picked from a list.",
            (Fact("DeleteAccountAssignment of the same three followed."),),
            (Fact("The call came from reviewed code."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a tool for temporary access, assigns by the dozen.",
            (
                Fact(
                    "The caller made {same_action_10m} assignments within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("The tool that assigns is not the caller."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Identity Center is administered from an account in which many work, so that many can "
            "open every account.",
            "AWS IAM Identity Center User Guide, Delegated administration, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "Removing the assignment ends the access.",
            Claim(
                "It keeps the person from new sessions. Those of the role that were already given "
                "last until they expire, up to 12 hours, even when the person is signed out of the "
                "portal.",
                _SESSIONS,
            ),
        ),
        Correction(
            "The sessions can be revoked at the role in the account.",
            Claim(
                "AWS refuses every change of a role AWSReservedSSO_..., by administrators too: "
                "Revoke sessions fails there. Deny the person (identitystore:UserId) in a service "
                "control policy, or in the set's inline policy and provision it.",
                f"{_PROTECTED}; {_DENY}",
            ),
        ),
        Correction(
            "An update of the set reaches its assignments by itself.",
            Claim("It does not before ProvisionPermissionSet is called.", _MODEL),
        ),
    ),
    questions=(
        "Who stands behind the id, and who is in the group today?",
        "What does the set allow? `trailmend history` of it, and the role AWSReservedSSO_... "
        "there.",
        "Which account is targetId: one of production, the log archive, the management account?",
    ),
    false_positives=(
        "Onboarding of accounts and teams.",
        "Tools that give access for an hour and take it away again.",
    ),
    console=(
        Console(
            "Take the assignment away",
            (
                "In the management account or the delegated administrator's, open IAM Identity "
                "Center, AWS accounts, and choose the account.",
                "Under Assigned users and groups choose the user or group, then Remove access, and "
                "confirm.",
                "Sessions that were given go on, for up to 12 hours: deny all actions where "
                "identitystore:UserId is the person's id, by a service control policy on the "
                "account, and keep it so long. The management account is bound by none: there put "
                "the denial into the set's inline policy and provision the set.",
            ),
            f"AWS IAM Identity Center User Guide (archive of June 2023), Remove user and group "
            f"access; {_DENY}; labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix ends the sessions of the set's role that were already given: it takes the "
            "denial of the person's id, by hand as above.",
            f"botocore sso-admin DeleteAccountAssignment; {_DENY}",
        ),
    ),
    detections={
        "administrator": Detection(
            title="Somebody of the directory was made an administrator of an account",
            level="high",
            when="COALESCE(grants_admin, FALSE)",
            techniques=("T1098.003", "T1078.004"),
            fixes=(delete_assignment, *STOP_CALLER),
            fires=((*ADMIN_SET, TO_GROUP), (*ADMIN_SET, TO_ALICE)),
            quiet=((*READER_SET, TO_GROUP), (TO_GROUP,), (*ADMIN_SET, _TWICE)),
        ),
        # Null: the set was made before the log began, or has a policy that each account keeps.
        # A group's is onboarding; one person's is the exception that should be explained.
        "to_a_person": Detection(
            title="One person of the directory got an account by a set that the log does not show",
            level="medium",
            when=f"grants_admin IS NULL AND {_PERSON}",
            techniques=("T1098.003",),
            fixes=(delete_assignment, *STOP_CALLER),
            fires=((TO_ALICE,), (assignment(_CALL, user="alice", by=root()),)),
            quiet=((TO_GROUP,), (*READER_SET, TO_ALICE), (*ADMIN_SET, TO_ALICE)),
        ),
        "assigned": Detection(
            title="Somebody of the directory got a permission set in an account",
            level="low",
            when=(
                f"NOT COALESCE(grants_admin, FALSE) AND NOT (grants_admin IS NULL AND {_PERSON})"
            ),
            techniques=("T1098.003",),
            fixes=(delete_assignment,),
            fires=((TO_GROUP,), (*READER_SET, TO_ALICE), (*READER_SET, TO_GROUP)),
            quiet=((TO_ALICE,), (*ADMIN_SET, TO_GROUP), (_DENIED,)),
        ),
        **tries(
            "give somebody of the directory an account",
            denied=_DENIED,
            failed=_TWICE,
            done=assignment(_CALL, by=ANNA),
            level="medium",
            techniques=("T1098.003",),
        ),
    },
)
