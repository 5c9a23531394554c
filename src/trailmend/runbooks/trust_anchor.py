"""A certificate authority is let in: whoever has a certificate of it can ask for sessions."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, user
from trailmend.evidence.center import ANNA, PIPELINE, on_anywhere
from trailmend.measures import STOP_CALLER
from trailmend.remediations.roles_anywhere import disable_anchor
from trailmend.tries import tries

_MODEL = "botocore rolesanywhere CreateTrustAnchor"
_SAMPLE = "sample: invictus CreateTrustAnchor"
_TRUST = "AWS IAM Roles Anywhere User Guide, The trust model, read 2026-11-28"
_ID = "11111111-2222-3333-4444-555555555555"
_PEM = {"x509CertificateData": "-----BEGIN CERTIFICATE-----"}
_BUNDLE = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": _PEM}
_PRIVATE = {
    "sourceType": "AWS_ACM_PCA",
    "sourceData": {"acmPcaArn": "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x"},
}
_ANSWER = {"trustAnchor": {"trustAnchorId": _ID}}
MADE = on_anywhere(
    "CreateTrustAnchor", name="servers", source=_BUNDLE, response=_ANSWER, at="08:00:00"
)
OF_AWS = on_anywhere("CreateTrustAnchor", name="servers", source=_PRIVATE, response=_ANSWER)
OTHER_CA = on_anywhere("UpdateTrustAnchor", trustAnchorId=_ID, source=_BUNDLE)
RENAMED = on_anywhere("UpdateTrustAnchor", trustAnchorId=_ID, name="machines")
ENABLED = on_anywhere("EnableTrustAnchor", trustAnchorId=_ID)
_BAD = on_anywhere("CreateTrustAnchor", name="servers", source={}, error="ValidationException")
_DENIED = denied("CreateTrustAnchor", by=user("bob"), source="rolesanywhere")
# "x509CertificateData" stands in a request that brings a certificate, whoever issued it; it is
# quoted as a key, and a name that holds quotes is escaped in the JSON.
_OWN_CA = "COALESCE(request, '') LIKE '%\"x509CertificateData\":%'"
_ENABLES = "event_name = 'EnableTrustAnchor'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_SOURCE = "COALESCE(request, '') LIKE '%\"acmPcaArn\":%'"

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:CreateTrustAnchor",
        "rolesanywhere.amazonaws.com:UpdateTrustAnchor",
        "rolesanywhere.amazonaws.com:EnableTrustAnchor",
    ),
    family="federation",
    first=(
        "If nobody knows the authority, disable the anchor, which lets no new session begin "
        "and can be undone; then end the sessions of the roles."
    ),
    information=(
        Claim(
            "A trust anchor is a certificate authority: its own certificate, or an AWS Private CA. "
            "Machines with a certificate of it may ask Roles Anywhere for credentials.",
            _MODEL,
        ),
        Claim(
            "Three things are needed for a session: an anchor, a profile that lists the role, and "
            "a role that trusts rolesanywhere.amazonaws.com.",
            f"{_TRUST}; {_MODEL}; botocore rolesanywhere CreateProfile",
        ),
        Claim(
            "The certificate is in the record as PEM text: its subject and fingerprint can be read "
            "afterwards.",
            _SAMPLE,
        ),
        Claim("Calls are recorded in the region of the anchor, not in one place.", _SAMPLE),
    ),
    impact=(
        Claim(
            "Whoever holds the authority's key issues as many certificates as they like; no secret "
            "of AWS is in it, and no IAM user.",
            _MODEL,
        ),
        Claim(
            "A role that trusts the service without naming an anchor in a condition is open to "
            "the new one too.",
            f"{_TRUST} (conditions on aws:SourceArn)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Servers outside AWS are to work without access keys.",
            (
                Fact("The authority is an AWS Private CA.", _SOURCE),
                Fact("The fingerprint is that of the company's authority."),
            ),
            (Fact("Nobody who keeps certificates knows it."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder brings an authority of their own and comes back whenever they like "
            "(Stratus Red Team has it as a technique of persistence).",
            (
                Fact("The request brings a certificate of its own.", _OWN_CA),
                Fact("CreateProfile by the same principal followed."),
            ),
            (Fact("The authority is an AWS Private CA.", _SOURCE),),
        ),
        Explanation(
            "insider",
            "A developer makes a private authority to reach a role from home.",
            (Fact("The certificate is signed by itself and some days old."),),
            (Fact("The platform's pipeline made the call."),),
        ),
        Explanation(
            "accident",
            "An anchor that was kept disabled on purpose is enabled by a run of code.",
            (Fact("The call enables an anchor.", _ENABLES),),
            (Fact("A new anchor was made.", "event_name = 'CreateTrustAnchor'"),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code sets Roles Anywhere up; an authority's certificate is renewed.",
            (Fact("The caller had made the anchor.", "target_made_by_actor"),),
            (Fact("Somebody else had made the anchor.", "NOT target_made_by_actor"),),
        ),
    ),
    control_gaps=(
        Claim(
            "No service control policy keeps rolesanywhere:CreateTrustAnchor to the owners of the "
            "certificates, though nobody else needs it.",
            "botocore rolesanywhere CreateTrustAnchor (Required permissions)",
        ),
    ),
    corrections=(
        Correction(
            "A new trust anchor gives access by itself.",
            Claim(
                "It does not without a profile and a role that trusts the service; look for both.",
                _TRUST,
            ),
        ),
        Correction(
            "An authority that browsers trust can be used.",
            Claim(
                "Certificates of public authorities cannot be trust anchors.",
                "AWS IAM Roles Anywhere User Guide, Getting started, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Whose authority is it? `openssl x509 -noout -subject -fingerprint` of the request's PEM.",
        "Which roles trust rolesanywhere.amazonaws.com, and does a condition name an anchor?",
        "Who got sessions by it? ListSubjects, and CreateSession in the log of that region.",
    ),
    false_positives=("The one-time set-up of Roles Anywhere.", "Renewal of the company's CA."),
    console=(
        Console(
            "Disable the anchor",
            (
                "Run: aws rolesanywhere disable-trust-anchor --trust-anchor-id ID, in the region "
                "of the event.",
                "Sessions that were given go on until they expire: revoke those of the profile's "
                "roles.",
                "Undo: aws rolesanywhere enable-trust-anchor --trust-anchor-id ID.",
            ),
            "botocore rolesanywhere DisableTrustAnchor, EnableTrustAnchor",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix gives an anchor its former authority again: it is disabled, and who owns it "
            "sets the certificate, which `before` has if the log shows it.",
            "botocore rolesanywhere UpdateTrustAnchor",
        ),
    ),
    detections={
        "any_authority": Detection(
            title="A certificate authority that the caller brought was let in",
            level="high",
            when=f"NOT {_ENABLES} AND {_OWN_CA}",
            techniques=("T1098.001", "T1556"),
            fixes=(disable_anchor, *STOP_CALLER),
            fires=((MADE,), (MADE, OTHER_CA), (OTHER_CA,)),
            quiet=((OF_AWS,), (RENAMED,), (ENABLED,), (_BAD,)),
        ),
        "made": Detection(
            title="A trust anchor was made of an AWS Private CA, or of what the record lacks",
            level="medium",
            when=f"event_name = 'CreateTrustAnchor' AND NOT {_OWN_CA}",
            techniques=("T1098.001",),
            fixes=(disable_anchor, *STOP_CALLER),
            fires=((OF_AWS,), (on_anywhere("CreateTrustAnchor"),)),
            quiet=((MADE,), (RENAMED,), (_DENIED,)),
        ),
        "enabled": Detection(
            title="A trust anchor was enabled by somebody who is not known to have made it",
            level="medium",
            when=f"{_ENABLES} AND NOT {_OWN}",
            techniques=("T1098.001",),
            fixes=(disable_anchor, *STOP_CALLER),
            fires=(
                (ENABLED,),
                (MADE, on_anywhere("EnableTrustAnchor", by=PIPELINE, trustAnchorId=_ID)),
            ),
            quiet=((MADE, ENABLED), (RENAMED,)),
        ),
        "enabled_by_maker": Detection(
            title="A trust anchor was enabled by whoever had made it",
            level="low",
            when=f"{_ENABLES} AND {_OWN}",
            fires=((MADE, ENABLED),),
            quiet=((ENABLED,), (MADE, RENAMED)),
        ),
        "changed": Detection(
            title="A trust anchor's settings were changed",
            level="low",
            when=(
                f"event_name NOT IN ('CreateTrustAnchor', 'EnableTrustAnchor') AND NOT {_OWN_CA}"
            ),
            fires=((RENAMED,), (MADE, RENAMED)),
            quiet=((OTHER_CA,), (OF_AWS,), (ENABLED,)),
        ),
        **tries(
            "let a certificate authority in",
            denied=_DENIED,
            failed=_BAD,
            done=on_anywhere("CreateTrustAnchor", by=ANNA, name="servers", source=_BUNDLE),
            level="medium",
            techniques=("T1098.001",),
        ),
    },
)
