"""A list of revoked certificates is disabled or deleted: what was revoked gets sessions again."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import PIPELINE, on_anywhere
from trailmend.measures import STOP_CALLER
from trailmend.remediations.roles_anywhere import enable_list
from trailmend.tries import tries

_MODEL = "botocore rolesanywhere DisableCrl, DeleteCrl, ImportCrl"
_ID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
MADE = on_anywhere("ImportCrl", name="revoked", response={"crl": {"crlId": _ID}}, at="08:00:00")
OFF, DELETED = on_anywhere("DisableCrl", crlId=_ID), on_anywhere("DeleteCrl", crlId=_ID)
_GONE = on_anywhere("DeleteCrl", crlId=_ID, error="ResourceNotFoundException")
_DENIED = denied("DisableCrl", by=user("bob"), source="rolesanywhere")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("rolesanywhere.amazonaws.com:DisableCrl", "rolesanywhere.amazonaws.com:DeleteCrl"),
    family="federation",
    first=(
        "Enable the list again, or import the authority's newest; until then disable the "
        "anchor, if its machines can do without."
    ),
    information=(
        Claim(
            "Roles Anywhere asks the imported, enabled lists before it gives credentials: a "
            "certificate that is on one gets none.",
            "botocore rolesanywhere ImportCrl, EnableCrl",
        ),
        Claim("A disabled list stays and can be enabled; a deleted one is gone.", _MODEL),
        Claim(
            "Anchors may check the authority's own distribution points besides "
            "(crlDpRevocationEnabled).",
            "botocore rolesanywhere CreateTrustAnchorRequest",
        ),
    ),
    impact=(
        Claim(
            "Stolen certificates that were revoked open their roles again, until they expire.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A newer list takes the place of this one.",
            (Fact("ImportCrl or UpdateCrl for the same anchor stands beside it."),),
            (Fact("No other list is enabled for the anchor."),),
        ),
        Explanation(
            "unauthorised",
            "Who holds a revoked certificate makes it good again.",
            (Fact("CreateSession by a certificate of the list followed."),),
            (Fact("All certificates of the list have expired."),),
        ),
        Explanation(
            "insider",
            "An operator whose machine was revoked wants it back at work.",
            (Fact("The revoked certificate is the operator's own."),),
            (Fact("Another list took its place on the same day."),),
        ),
        Explanation(
            "accident",
            "An outdated list stops every machine and is turned off in a hurry.",
            (Fact("Sessions of many machines failed in the hour before."),),
            (Fact("The list was not past its nextUpdate."),),
        ),
        Explanation(
            "automation",
            "A job deletes the list and imports the next.",
            (Fact("The caller had imported the list.", "target_made_by_actor"),),
            (Fact("Somebody else had imported the list.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "Revocation at the authority is enough.",
            Claim(
                "It is only where the list was imported and is enabled, or the anchor checks the "
                "distribution points.",
                "botocore rolesanywhere ImportCrl, CreateTrustAnchorRequest",
            ),
        ),
    ),
    questions=(
        "Which certificates were on the list, and did any get a session since (ListSubjects)?",
        "Is another list enabled for the same anchor?",
    ),
    false_positives=("The job that replaces the lists.",),
    console=(
        Console(
            "Enable or import the list",
            (
                "Disabled: aws rolesanywhere enable-crl --crl-id ID, in the region of the event.",
                "Deleted: fetch the list from the authority, then aws rolesanywhere import-crl "
                "--name NAME --crl-data fileb://FILE --trust-anchor-arn ARN --enabled.",
            ),
            "botocore rolesanywhere EnableCrl, ImportCrl",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "A deleted list comes back only from the certificate authority; AWS keeps no copy that "
            "can be asked for.",
            "botocore rolesanywhere (no call restores one)",
        ),
    ),
    detections={
        "by_maker": Detection(
            title="A revocation list was taken away by whoever had imported it",
            level="low",
            when=_OWN,
            fires=((MADE, OFF), (MADE, DELETED)),
            quiet=((OFF,), (MADE, on_anywhere("DisableCrl", by=PIPELINE, crlId=_ID))),
        ),
        "taken_away": Detection(
            title="A revocation list was taken away: certificates that were revoked count again",
            level="high",
            when=f"NOT {_OWN}",
            techniques=("T1562", "T1556"),
            fixes=(enable_list, *STOP_CALLER),
            fires=((OFF,), (DELETED,), (MADE, on_anywhere("DeleteCrl", by=PIPELINE, crlId=_ID))),
            quiet=((MADE, OFF), (_GONE,), (_DENIED,)),
        ),
        **tries(
            "take a revocation list away",
            denied=_DENIED,
            failed=_GONE,
            done=OFF,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
