"""Somebody joins or leaves a group of the directory, and so gets or loses its accounts."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, directory_id, user
from trailmend.evidence.center import (
    ADMINISTRATOR,
    PIPELINE,
    READ_ONLY,
    STAFF,
    assignment,
    by_provider,
    on_directory,
    set_given,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.directory_groups import remove_from_directory_group
from trailmend.tries import tries

_MODEL = "botocore identitystore CreateGroupMembership"
_SAMPLE = "sample: traildiscover AddMemberToGroup"
_NAMES = (
    "AWS IAM Identity Center User Guide (archive of June 2023), IAM Identity Center information in "
    "CloudTrail, read 2026-11-28"
)
_SCIM = (
    "AWS IAM Identity Center User Guide, Logging IAM Identity Center SCIM API calls with AWS "
    "CloudTrail, read 2026-11-28"
)
ALICE = directory_id("alice")
JOINED = on_directory("CreateGroupMembership", groupId=STAFF, memberId={"userId": ALICE})
BY_CONSOLE = on_directory(
    "AddMemberToGroup",
    source="sso-directory",
    by=user("bob"),
    groupId=STAFF,
    member={"memberId": ALICE},
)
LEFT = on_directory("DeleteGroupMembership", membershipId="m-1")
TAKEN_OUT = on_directory(
    "RemoveMemberFromGroup",
    source="sso-directory",
    by=user("bob"),
    groupId=STAFF,
    member={"memberId": ALICE},
)
BY_PROVIDER = by_provider("PatchGroup", STAFF, operations=[{"op": "ADD", "path": "members"}])
ADMINS = (
    set_given(ADMINISTRATOR, at="08:00:00"),
    assignment("CreateAccountAssignment", at="08:30:00"),
)
READERS = (
    set_given(READ_ONLY, at="08:00:00"),
    assignment("CreateAccountAssignment", at="08:30:00"),
)
_TWICE = on_directory(
    "CreateGroupMembership", groupId=STAFF, memberId={"userId": ALICE}, error="ConflictException"
)
_DENIED = denied("CreateGroupMembership", by=PIPELINE, source="identitystore")
_LEAVES = "event_name IN ('DeleteGroupMembership', 'RemoveMemberFromGroup')"
_PATCHED = "event_name = 'PatchGroup'"
_ADMIN = "COALESCE(grants_admin, FALSE)"

RUNBOOK = Runbook(
    events=(
        "identitystore.amazonaws.com:CreateGroupMembership",
        "identitystore.amazonaws.com:DeleteGroupMembership",
        "sso-directory.amazonaws.com:AddMemberToGroup",
        "sso-directory.amazonaws.com:RemoveMemberFromGroup",
        "identitystore-scim.amazonaws.com:PatchGroup",
    ),
    family="Identity Center",
    first="See what the group is assigned; if the person should not have it, end the membership.",
    information=(
        Claim(
            "Whoever joins a group has its assignments in all accounts and applications; no call "
            "to the accounts is made.",
            f"{_MODEL}; botocore sso-admin CreateAccountAssignment (PrincipalType GROUP)",
        ),
        Claim(
            "The console's event is AddMemberToGroup of sso-directory, the API's "
            "CreateGroupMembership of identitystore, and an external provider's PatchGroup of "
            "identitystore-scim.",
            f"{_SAMPLE}; {_MODEL}; {_SCIM}",
        ),
        Claim(
            "A provider's record names the group and hides who joined or left; it names no "
            "principal, but the provider's address. Tokens from before September 2024 leave none.",
            _SCIM,
        ),
        Claim("The console ends a membership by RemoveMemberFromGroup.", _NAMES),
        Claim(
            "A deletion names the membership's id, neither person nor group.",
            "botocore identitystore DeleteGroupMembershipRequest",
        ),
    ),
    impact=(
        Claim(
            "A group of administrators raises its new member in every account that it is assigned "
            "to, at the next visit of the portal.",
            _MODEL,
        ),
        Claim(
            "It is the quietest way to power here: neither sets nor assignments change.",
            f"{_MODEL}; botocore sso-admin CreateAccountAssignment",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Somebody changes teams.",
            (Fact("The staff's directory shows the same change."),),
            (Fact("The group has a set of administrators: {grants}.", "grants_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder puts a stolen or a new user into the group of administrators.",
            (Fact("The group has a set of administrators: {grants}.", "grants_admin"),),
            (Fact("The membership came by provisioning, as many others."),),
        ),
        Explanation(
            "insider",
            "An administrator of the directory, who has no accounts, joins a group that has.",
            (Fact("The member is the caller's own person."),),
            (Fact("A second person approved it."),),
        ),
        Explanation(
            "accident",
            "A namesake was picked from the list.",
            (Fact("The membership was ended within minutes."),),
            (Fact("The change came by provisioning."),),
        ),
        Explanation(
            "automation",
            "Provisioning by SCIM carries groups over.",
            (
                Fact(
                    "The caller changed {same_action_10m} memberships within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("One membership alone was changed.", "same_action_10m = 1"),),
        ),
    ),
    corrections=(
        Correction(
            "A watch on assignments shows everybody who gets an account.",
            Claim("Members of a group come without one.", _MODEL),
        ),
    ),
    questions=(
        "Which sets has the group, in which accounts (ListAccountAssignmentsForPrincipal)?",
        "Who is behind the member's id?",
    ),
    false_positives=("Provisioning from the company's provider.",),
    console=(
        Console(
            "End the membership",
            (
                "aws identitystore get-group-membership-id --identity-store-id STORE --group-id "
                "GROUP --member-id UserId=USER.",
                "aws identitystore delete-group-membership --identity-store-id STORE "
                "--membership-id ID. If a provider is connected, change it there, or it comes "
                "back.",
                "Undo: create-group-membership with the same ids.",
            ),
            "botocore identitystore GetGroupMembershipId, DeleteGroupMembership",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Who was taken out of a group can begin sessions for up to an hour more; those begun "
            "in accounts last until they expire, up to 12 hours.",
            "AWS IAM Identity Center User Guide, Understanding authentication sessions in IAM "
            "Identity Center, read 2026-11-28",
        ),
    ),
    detections={
        "administrators": Detection(
            title="Somebody joined a group of the directory that has a set of administrators",
            level="high",
            when=f"NOT {_LEAVES} AND NOT {_PATCHED} AND {_ADMIN}",
            techniques=("T1098.003", "T1078.004"),
            fixes=(remove_from_directory_group, *STOP_CALLER),
            fires=((*ADMINS, JOINED), (*ADMINS, BY_CONSOLE)),
            quiet=((*READERS, JOINED), (JOINED,), (*ADMINS, _TWICE)),
        ),
        # Null is the rule: groups were assigned before the log began.
        "joined": Detection(
            title="Somebody joined a group of the directory",
            level="low",
            when=f"NOT {_LEAVES} AND NOT {_PATCHED} AND NOT {_ADMIN}",
            techniques=("T1098",),
            fixes=(remove_from_directory_group,),
            fires=((JOINED,), (BY_CONSOLE,), (*READERS, JOINED)),
            quiet=((*ADMINS, JOINED), (LEFT,)),
        ),
        "left": Detection(
            title="Somebody left a group of the directory",
            level="info",
            when=_LEAVES,
            fires=((LEFT,), (TAKEN_OUT,)),
            quiet=((JOINED,), (_DENIED,)),
        ),
        # Whom it concerns is hidden: the provider's own log has to tell.
        "by_provider": Detection(
            title="An external provider changed a group of the directory",
            level="info",
            when=_PATCHED,
            techniques=("T1098",),
            fires=((BY_PROVIDER,),),
            quiet=((JOINED,), (LEFT,)),
        ),
        **tries(
            "change a group of the directory",
            denied=_DENIED,
            failed=_TWICE,
            done=JOINED,
            level="medium",
            techniques=("T1098",),
        ),
    },
)
