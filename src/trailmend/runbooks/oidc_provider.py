"""An OIDC provider is made, deleted, or gets other audiences or thumbprints."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.oidc_providers import (
    recreate_oidc_provider,
    remove_oidc_provider,
    restore_thumbprints,
    take_audience_out,
)
from trailmend.tries import tries

_MODEL = "botocore iam CreateOpenIDConnectProvider"
_AUDIENCE = "botocore iam AddClientIDToOpenIDConnectProvider"
_THUMB = "botocore iam UpdateOpenIDConnectProviderThumbprint"
_DELETE = "botocore iam DeleteOpenIDConnectProvider"
_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.example.com"
BOB, CI = user("bob"), role("ci")


def _make(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"url": "https://token.example.com", "clientIDList": ["sts.amazonaws.com"]}
    response = {"openIDConnectProviderArn": _ARN}
    return call("CreateOpenIDConnectProvider", by=by, request=request, response=response, **more)


def _do(event_name: str, by: Principal, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"openIDConnectProviderArn": _ARN}, **more)


_ADD = "AddClientIDToOpenIDConnectProvider"
_SWAP = "UpdateOpenIDConnectProviderThumbprint"
_BAD = _do(_SWAP, BOB, error="InvalidInputException")
_DENIED = denied(_SWAP, by=BOB, resource=_ARN)
_MADE = _make(BOB, at="08:00:00")
_OPENS = f"event_name IN ('{_ADD}', '{_SWAP}')"
_NEW = "event_name = 'CreateOpenIDConnectProvider'"
_CLOSES = f"NOT {_OPENS} AND NOT {_NEW}"
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:AddClientIDToOpenIDConnectProvider",
        "iam.amazonaws.com:CreateOpenIDConnectProvider",
        "iam.amazonaws.com:DeleteOpenIDConnectProvider",
        "iam.amazonaws.com:RemoveClientIDFromOpenIDConnectProvider",
        "iam.amazonaws.com:UpdateOpenIDConnectProviderThumbprint",
    ),
    family="federation",
    first="See whose the issuer is, and which roles trust the provider; then ask its owner.",
    information=(
        Claim(
            "A provider says which issuer's tokens are believed, and for which audiences; roles "
            "decide by their trust policy whom of its subjects they let in.",
            _MODEL,
        ),
        Claim("Adding an audience that is there already is no error.", _AUDIENCE),
        Claim(
            "The list of thumbprints that is sent takes the place of the former one; they are not "
            "merged.",
            _THUMB,
        ),
        Claim(
            "A deleted provider leaves the roles as they are, and nobody can assume them by it; "
            "deleting one that is not there is no error.",
            _DELETE,
        ),
    ),
    impact=(
        Claim(
            "Tokens of an intruder's issuer, or for another audience, open every role whose trust "
            "policy asks for no more than the provider.",
            "AWS IAM User Guide, Identity-provider controls for shared OIDC providers, read "
            "2026-11-22",
        ),
        Claim("Without the provider pipelines and clusters that come by it stand still.", _DELETE),
    ),
    explanations=(
        Explanation(
            "intended",
            "A pipeline or a cluster gets access without keys.",
            (Fact("The caller had made the provider.", "target_made_by_actor"),),
            (Fact("Nobody knows the issuer."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets tokens of their own in.",
            (Fact("A role's trust policy was changed by the same principal."),),
            (Fact("The issuer is your code host's, and roles ask for its subject."),),
        ),
        Explanation(
            "insider",
            "A developer's own repository is let in.",
            (Fact("The roles that trust it name a person's own repository."),),
            (Fact("The repository is the company's."),),
        ),
        Explanation(
            "accident",
            "A cluster's provider was deleted with another cluster.",
            (Fact("AssumeRoleWithWebIdentity fails since."),),
            (Fact("The provider had no role."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a cluster that comes and goes.",
            (Fact("The cluster is made or taken away by the same code."),),
            (Fact("The issuer is that of no cluster and no code host in use."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Roles trust a shared provider without asking for the subject (repository, branch).",
            "AWS IAM User Guide, Identity-provider controls for shared OIDC providers, read "
            "2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "The thumbprint protects every provider.",
            Claim(
                "For issuers whose certificate chains to a trusted root, AWS checks that chain and "
                "not the thumbprint.",
                f"{_THUMB}, {_MODEL} (notes on trusted root certificate authorities)",
            ),
        ),
    ),
    questions=(
        "Whose is the issuer, and which audience was added?",
        "Which roles name the provider, and do they ask for the subject?",
    ),
    false_positives=("New clusters and pipelines.",),
    console=(
        Console(
            "Take an audience or a provider away",
            (
                "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider"
                "-arn ARN --client-id ID",
                "Or, when no role of yours needs it: aws iam delete-open-id-connect-provider "
                "--open-id-connect-provider-arn ARN",
                "Then close the roles that trust it: roles.close_trust.",
            ),
            f"{_AUDIENCE}; {_DELETE}",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Sessions that were begun by it go on until they expire: end those of its roles.",
            "AWS IAM User Guide, Revoke IAM role temporary security credentials, read 2026-11-22",
        ),
        Claim(
            "No fix puts an audience back that was taken out: who needs it can add it again, and "
            "the call is idempotent.",
            _AUDIENCE,
        ),
    ),
    detections={
        "made": Detection(
            title="An OIDC provider was made: its tokens can open roles",
            level="medium",
            when=_NEW,
            techniques=("T1484.002",),
            fixes=(remove_oidc_provider, *STOP_CALLER),
            fires=((_make(BOB),), (_make(root()),)),
            quiet=((_do(_ADD, BOB),), (_DENIED,)),
        ),
        "opened": Detection(
            title="An OIDC provider got another audience or other thumbprints",
            level="high",
            when=f"{_OPENS} AND NOT {_OWN}",
            techniques=("T1484.002",),
            fixes=(take_audience_out, restore_thumbprints, *STOP_CALLER),
            fires=((_do(_ADD, BOB),), (_MADE, _do(_SWAP, CI))),
            quiet=((_MADE, _do(_ADD, BOB)), (_BAD,)),
        ),
        "opened_by_its_maker": Detection(
            title="An OIDC provider was changed by whoever had made it",
            level="low",
            when=f"{_OPENS} AND {_OWN}",
            fires=((_MADE, _do(_ADD, BOB)),),
            quiet=((_do(_ADD, BOB),),),
        ),
        "closed": Detection(
            title="An OIDC provider was deleted or lost an audience",
            level="low",
            when=_CLOSES,
            techniques=("T1531",),
            fixes=(recreate_oidc_provider,),
            fires=(
                (_do("DeleteOpenIDConnectProvider", BOB),),
                (_do("RemoveClientIDFromOpenIDConnectProvider", BOB),),
            ),
            quiet=((_do(_ADD, BOB),), (_MADE,)),
        ),
        **tries(
            "change an OIDC provider",
            denied=_DENIED,
            failed=_BAD,
            done=_do(_ADD, BOB),
            level="medium",
            techniques=("T1484.002",),
        ),
    },
)
