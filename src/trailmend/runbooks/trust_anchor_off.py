"""A trust anchor or a profile is disabled or deleted: machines outside AWS lose their roles."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_anywhere
from trailmend.tries import tries

_MODEL = (
    "botocore rolesanywhere DisableTrustAnchor, DeleteTrustAnchor, DisableProfile, DeleteProfile"
)
_ID = "11111111-2222-3333-4444-555555555555"
MADE = on_anywhere(
    "CreateTrustAnchor", name="x", response={"trustAnchor": {"trustAnchorId": _ID}}, at="08:00:00"
)
OFF = on_anywhere("DisableTrustAnchor", trustAnchorId=_ID)
DELETED = on_anywhere("DeleteTrustAnchor", trustAnchorId=_ID)
PROFILE_OFF = on_anywhere("DisableProfile", profileId="p-1")
_GONE = on_anywhere("DeleteProfile", profileId="p-1", error="ResourceNotFoundException")
_DENIED = denied("DeleteTrustAnchor", by=PIPELINE, source="rolesanywhere")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_DISABLES = "event_name LIKE 'Disable%'"

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:DisableTrustAnchor",
        "rolesanywhere.amazonaws.com:DeleteTrustAnchor",
        "rolesanywhere.amazonaws.com:DisableProfile",
        "rolesanywhere.amazonaws.com:DeleteProfile",
    ),
    family="federation",
    tier=2,
    first="Ask whose machines lost their credentials; a disabled thing is enabled by one call.",
    information=(
        Claim(
            "Requests for credentials by a disabled anchor or profile are refused; what is "
            "disabled can be enabled, what is deleted cannot.",
            _MODEL,
        ),
        Claim(
            "The answer to a deletion holds the deleted thing whole, with certificate or roles.",
            "sample: invictus DeleteTrustAnchor, DeleteProfile",
        ),
    ),
    impact=(
        Claim(
            "Machines go on until their session ends, at the longest the profile's duration, and "
            "then stand still.",
            "botocore rolesanywhere CreateProfileRequest (durationSeconds)",
        ),
        Claim(
            "An intruder who deletes an anchor of their own takes the trace of the way in; the "
            "certificate is still in the records.",
            "sample: invictus DeleteTrustAnchor",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A data centre closes, or responders shut a door.",
            (Fact("It was disabled, not deleted.", _DISABLES),),
            (Fact("The machines are still in use."),),
        ),
        Explanation(
            "unauthorised",
            "Somebody stops the machines, or tidies up after themselves.",
            (Fact("The caller had made it.", "target_made_by_actor"),),
            (Fact("The change was announced."),),
        ),
        Explanation(
            "automation",
            "A stack is taken down.",
            (Fact("The caller had made it.", "target_made_by_actor"),),
            (Fact("Somebody else had made it.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "Access ends with the call.",
            Claim(
                "Credentials that were given are good until they expire.",
                "botocore rolesanywhere CreateProfileRequest (durationSeconds); AWS IAM Roles "
                "Anywhere User Guide, The relationship between CreateSession and AssumeRole, read "
                "2026-11-28",
            ),
        ),
    ),
    questions=("Which certificates used it in the last days (ListSubjects)?",),
    false_positives=(
        "Attack simulations that clean up.",
        "Code replaces an anchor by one with a new certificate.",
    ),
    detections={
        "by_maker": Detection(
            title="A trust anchor or a profile was taken away by whoever had made it",
            level="low",
            when=_OWN,
            fires=((MADE, OFF), (MADE, DELETED)),
            quiet=(
                (OFF,),
                (MADE, on_anywhere("DisableTrustAnchor", by=PIPELINE, trustAnchorId=_ID)),
            ),
        ),
        "disabled": Detection(
            title="A trust anchor or a profile was disabled",
            level="low",
            when=f"NOT {_OWN} AND {_DISABLES}",
            fires=((OFF,), (PROFILE_OFF,)),
            quiet=((MADE, OFF), (DELETED,), (_GONE,)),
        ),
        "deleted": Detection(
            title="A trust anchor or a profile of somebody else was deleted",
            level="low",
            when=f"NOT {_OWN} AND NOT {_DISABLES}",
            techniques=("T1531",),
            fires=((DELETED,),),
            quiet=((MADE, DELETED), (OFF,), (_DENIED,)),
        ),
        **tries(
            "take a trust anchor or a profile away",
            denied=_DENIED,
            failed=_GONE,
            done=OFF,
        ),
    },
)
