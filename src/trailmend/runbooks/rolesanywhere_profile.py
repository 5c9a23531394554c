"""A profile of Roles Anywhere says which roles certificates may take, and how far."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, denied, user
from trailmend.evidence.center import PIPELINE, on_anywhere
from trailmend.measures import STOP_CALLER
from trailmend.remediations.roles_anywhere import disable_profile
from trailmend.tries import tries

_MODEL = "botocore rolesanywhere CreateProfile, UpdateProfile, EnableProfile"
_TRUST = "AWS IAM Roles Anywhere User Guide, The trust model, read 2026-11-28"
_ID = "66666666-7777-8888-9999-000000000000"
_ROLES = [f"arn:aws:iam::{ACCOUNT}:role/backup"]
_ANSWER = {"profile": {"profileId": _ID}}
MADE = on_anywhere("CreateProfile", name="backup", roleArns=_ROLES, response=_ANSWER, at="08:00:00")
OTHER_ROLES = on_anywhere("UpdateProfile", profileId=_ID, roleArns=_ROLES)
UNBOUND = on_anywhere("UpdateProfile", profileId=_ID, sessionPolicy="")
RENAMED = on_anywhere("UpdateProfile", profileId=_ID, name="night")
ENABLED = on_anywhere("EnableProfile", profileId=_ID)
_BAD = on_anywhere("UpdateProfile", profileId=_ID, error="ResourceNotFoundException")
_DENIED = denied("CreateProfile", by=user("bob"), source="rolesanywhere")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_NEW = "event_name = 'CreateProfile'"
# What a session may take: the roles, the policies that limit it, its name. Quoted as keys.
_REACH = (
    "(event_name = 'EnableProfile' OR COALESCE(request, '\"roleArns\":') LIKE '%\"roleArns\":%' "
    "OR COALESCE(request, '') LIKE '%\"sessionPolicy\":%' "
    "OR COALESCE(request, '') LIKE '%\"managedPolicyArns\":%' "
    "OR COALESCE(request, '') LIKE '%\"acceptRoleSessionName\":true%')"
)

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:CreateProfile",
        "rolesanywhere.amazonaws.com:UpdateProfile",
        "rolesanywhere.amazonaws.com:EnableProfile",
    ),
    family="federation",
    first="Read roleArns; if they surprise their owner, disable the profile, then look for the "
    "anchor behind it.",
    information=(
        Claim(
            "A profile lists the roles that the service may assume for a certificate, and the "
            "policies that a session is cut down to.",
            _MODEL,
        ),
        Claim(
            "It is not tied to one anchor: every enabled anchor of the account and region can be "
            "used with it, as far as the roles' trust policies allow.",
            f"{_TRUST}; botocore rolesanywhere UpdateProfileRequest (profileId)",
        ),
        Claim(
            "The record holds the roles and policies of the request; tags are hidden.",
            "sample: invictus CreateProfile",
        ),
    ),
    impact=(
        Claim(
            "A role in the list can be taken from anywhere with a certificate of a trusted "
            "authority, as long as the role trusts the service.",
            _MODEL,
        ),
        Claim(
            "An update that drops the session policy or the managed policies gives each session "
            "all that its role has.",
            "botocore rolesanywhere UpdateProfileRequest (sessionPolicy, managedPolicyArns)",
        ),
        Claim(
            "With acceptRoleSessionName the machine chooses the session's name, which then tells "
            "nothing in the log.",
            "botocore rolesanywhere CreateProfileRequest (acceptRoleSessionName)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Another workload outside AWS gets its role.",
            (Fact("Its owner names the role and the certificates."),),
            (Fact("The role is one of administrators."),),
        ),
        Explanation(
            "unauthorised",
            "The second step of a way back: after the authority, the roles it may take.",
            (Fact("CreateTrustAnchor by the same principal stands before it."),),
            (Fact("The anchor and the role are older and known."),),
        ),
        Explanation(
            "insider",
            "An operator adds a stronger role to a profile that they can use.",
            (Fact("The profile was somebody else's.", "NOT target_made_by_actor"),),
            (Fact("The change was reviewed."),),
        ),
        Explanation(
            "accident",
            "An update leaves the session policy out and so opens the sessions.",
            (Fact("The session policy was set anew.", "request LIKE '%\"sessionPolicy\":%'"),),
            (Fact("Only the name was changed."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code keeps the profiles.",
            (Fact("The caller had made the profile.", "target_made_by_actor"),),
            (Fact("The code names other roles than the request."),),
        ),
    ),
    corrections=(
        Correction(
            "The profile decides who may use the roles.",
            Claim(
                "It decides which roles; who is decided by the anchors and by the conditions of "
                "each role's trust policy.",
                _TRUST,
            ),
        ),
    ),
    questions=(
        "Which anchors are enabled in that region, and whose are they?",
        "Do the roles' trust policies name the anchor and the certificate's subject?",
    ),
    false_positives=("Set-up of a new data centre or of a supplier's machines.",),
    console=(
        Console(
            "Disable the profile",
            (
                "Run: aws rolesanywhere disable-profile --profile-id ID, in the region of the "
                "event; undo: enable-profile.",
                "Revoke the sessions of the roles it lists.",
            ),
            "botocore rolesanywhere DisableProfile, EnableProfile",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "What the profile was before an update is not in the record; `before` has as much as "
            "the log shows of earlier requests.",
            "botocore rolesanywhere UpdateProfileRequest",
        ),
    ),
    detections={
        "made": Detection(
            title="A profile was made by which certificates may take roles",
            level="medium",
            when=_NEW,
            techniques=("T1098.001", "T1078.004"),
            fixes=(disable_profile, *STOP_CALLER),
            fires=((MADE,),),
            quiet=((OTHER_ROLES,), (ENABLED,), (_DENIED,)),
        ),
        # A request that is not in the record counts as a change of the roles.
        "widened_or_enabled": Detection(
            title="A profile's roles or limits were changed by somebody else than its maker",
            level="medium",
            when=f"NOT {_NEW} AND {_REACH} AND NOT {_OWN}",
            techniques=("T1098.001",),
            fixes=(disable_profile, *STOP_CALLER),
            fires=((OTHER_ROLES,), (UNBOUND,), (ENABLED,)),
            quiet=((MADE, OTHER_ROLES), (RENAMED,), (_BAD,)),
        ),
        "changed_by_maker": Detection(
            title="A profile's roles or limits were changed by whoever had made it",
            level="low",
            when=f"NOT {_NEW} AND {_REACH} AND {_OWN}",
            fires=((MADE, OTHER_ROLES), (MADE, ENABLED)),
            quiet=(
                (OTHER_ROLES,),
                (MADE, on_anywhere("EnableProfile", by=PIPELINE, profileId=_ID)),
            ),
        ),
        "renamed": Detection(
            title="A profile was renamed, or its sessions' length was changed",
            level="low",
            when=f"NOT {_NEW} AND NOT {_REACH}",
            fires=((RENAMED,), (MADE, RENAMED)),
            quiet=((OTHER_ROLES,), (ENABLED,), (MADE,)),
        ),
        **tries(
            "change which roles certificates may take",
            denied=_DENIED,
            failed=_BAD,
            done=MADE,
            level="medium",
            techniques=("T1098.001",),
        ),
    },
)
