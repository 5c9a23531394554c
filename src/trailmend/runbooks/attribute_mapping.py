"""A profile maps fields of certificates to session tags; policies may hang on them."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_anywhere
from trailmend.tries import tries

_MODEL = "botocore rolesanywhere PutAttributeMapping, DeleteAttributeMapping"
_TRUST = "AWS IAM Roles Anywhere User Guide, The trust model, read 2026-11-28"
_ID = "66666666-7777-8888-9999-000000000000"
MADE = on_anywhere(
    "CreateProfile", name="x", response={"profile": {"profileId": _ID}}, at="08:00:00"
)
PUT = on_anywhere(
    "PutAttributeMapping",
    profileId=_ID,
    certificateField="x509Subject",
    mappingRules=[{"specifier": "OU"}],
)
TAKEN = on_anywhere("DeleteAttributeMapping", profileId=_ID, certificateField="x509SAN")
_BAD = on_anywhere("PutAttributeMapping", profileId=_ID, error="ValidationException")
_DENIED = denied("PutAttributeMapping", by=PIPELINE, source="rolesanywhere")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:PutAttributeMapping",
        "rolesanywhere.amazonaws.com:DeleteAttributeMapping",
    ),
    family="federation",
    tier=2,
    first="See whether a trust policy or a policy of data asks for the mapped fields.",
    information=(
        Claim(
            "The mapping of a profile says which fields of the certificate become tags of the "
            "session.",
            _MODEL,
        ),
        Claim(
            "Conditions of trust policies can ask for these tags (aws:PrincipalTag/x509...).",
            _TRUST,
        ),
    ),
    impact=(
        Claim(
            "A field that is no longer mapped leaves its condition without a value: what asks that "
            "it equals something fails, a denial too; what asks that it does not (StringNotEquals) "
            "holds for everybody.",
            f"{_TRUST}; AWS IAM Roles Anywhere User Guide, Attribute mapping and trust policy, "
            "read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Policies are to tell machines apart by another field.",
            (Fact("The caller had made the profile.", "target_made_by_actor"),),
            (Fact("A field that policies ask for is gone."),),
        ),
        Explanation(
            "unauthorised",
            "A holder of one certificate makes it match another's conditions.",
            (Fact("A session whose tags had not matched before followed."),),
            (Fact("No policy asks for the field."),),
        ),
    ),
    corrections=(
        Correction(
            "Tags of these sessions are chosen by the machine.",
            Claim("They come from the certificate, by the profile's mapping.", _TRUST),
        ),
    ),
    questions=("Which policies have a condition on a tag that begins with x509?",),
    false_positives=("Code that keeps the mapping sends it at each run.",),
    detections={
        "by_maker": Detection(
            title="The mapping of a profile was changed by whoever had made the profile",
            level="info",
            when=_OWN,
            fires=((MADE, PUT), (MADE, TAKEN)),
            quiet=((PUT,), (TAKEN,)),
        ),
        "changed": Detection(
            title="The fields of certificates that become tags were changed",
            level="low",
            when=f"NOT {_OWN}",
            techniques=("T1098",),
            fires=((PUT,), (TAKEN,)),
            quiet=((MADE, PUT), (_BAD,), (_DENIED,)),
        ),
        **tries("change what certificates are mapped to", denied=_DENIED, failed=_BAD, done=PUT),
    },
)
