"""Who vouches for the people of Identity Center changes: a provider, a directory, a token."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import IDENTITY_STORE, Principal, call, denied, root, user
from trailmend.evidence.center import PIPELINE
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_EVENTS = (
    "AWS IAM Identity Center User Guide (archive of June 2023), IAM Identity Center information in "
    "CloudTrail, read 2026-11-28"
)
_SOURCES = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Considerations for changing your "
    "identity source, read 2026-11-28"
)
_ASSIGNED = "botocore sso-admin CreateAccountAssignment"
_ACTIONS = (
    "AWS Service Authorization Reference, Actions, resources, and condition keys for AWS IAM "
    "Identity Center directory (from copies of its list), read 2026-11-28"
)
_SCIM = (
    "AWS IAM Identity Center User Guide, Logging IAM Identity Center SCIM API calls with AWS "
    "CloudTrail, read 2026-11-28"
)
BOB = user("bob")


def _on(event_name: str, *, by: Principal = BOB, source: str = "sso-directory", **more: Any) -> Any:
    """Make a call of the console; no public API has it, and its request is shown nowhere."""
    sent = {"directoryId": IDENTITY_STORE}
    return call(event_name, by=by, source=source, request=sent, **more)


ENABLED = _on("EnableExternalIdPConfigurationForDirectory")
UPDATED = _on("UpdateExternalIdPConfigurationForDirectory")
OFF = _on("DisableExternalIdPConfigurationForDirectory")
JOINED = _on("AssociateDirectory", source="sso")
TOKEN, TOKEN_GONE = _on("CreateBearerToken"), _on("DeleteBearerToken")
_BAD = _on("EnableExternalIdPConfigurationForDirectory", error="ValidationException")
_DENIED = denied("AssociateDirectory", by=PIPELINE, source="sso")
_TAKES = (
    "event_name IN ('DisableExternalIdPConfigurationForDirectory', "
    "'DeleteExternalIdPConfigurationForDirectory', 'DisassociateDirectory')"
)
_GIVEN = "event_name IN ('CreateBearerToken', 'CreateProvisioningTenant')"
_WITHDRAWN = "event_name IN ('DeleteBearerToken', 'DeleteProvisioningTenant')"

RUNBOOK = Runbook(
    events=(
        "sso-directory.amazonaws.com:CreateExternalIdPConfigurationForDirectory",
        "sso-directory.amazonaws.com:EnableExternalIdPConfigurationForDirectory",
        "sso-directory.amazonaws.com:UpdateExternalIdPConfigurationForDirectory",
        "sso-directory.amazonaws.com:DisableExternalIdPConfigurationForDirectory",
        "sso-directory.amazonaws.com:DeleteExternalIdPConfigurationForDirectory",
        "sso-directory.amazonaws.com:CreateBearerToken",
        "sso-directory.amazonaws.com:DeleteBearerToken",
        "sso-directory.amazonaws.com:CreateProvisioningTenant",
        "sso-directory.amazonaws.com:DeleteProvisioningTenant",
        "sso.amazonaws.com:AssociateDirectory",
        "sso.amazonaws.com:UpdateDirectoryAssociation",
        "sso.amazonaws.com:DisassociateDirectory",
    ),
    family="Identity Center",
    first=(
        "Ask the keepers of the provider at once; if nobody ordered it, put the former source back "
        "and see who signed in since (UserAuthentication)."
    ),
    information=(
        Claim(
            "An instance takes its people's sign-ins from one source: its own directory, an Active "
            "Directory, or an external provider by SAML.",
            _SOURCES,
        ),
        Claim(
            "These are calls of the console, under sso-directory for a provider and under sso for "
            "an Active Directory; no public API has them.",
            _EVENTS,
        ),
        Claim(
            "By automatic provisioning (SCIM) a provider writes people and groups with a bearer "
            "token, which the console makes for a tenant of the directory.",
            f"{_ACTIONS} (CreateBearerToken, CreateProvisioningTenant); {_SCIM}",
        ),
        Claim(
            "No published record shows a token being made, nor does the guide list the call among "
            "those that CloudTrail records.",
            f"{_ACTIONS}; {_EVENTS}",
        ),
    ),
    impact=(
        Claim(
            "Who has the token makes people and puts them into groups, and with a group go the "
            "accounts that it is assigned; no MFA is asked for.",
            f"{_SCIM}; {_ASSIGNED}",
        ),
        Claim(
            "Whoever holds the new source, or its signing key, signs in as any person of the "
            "directory, with all accounts that the person is assigned; MFA is the source's affair.",
            f"{_SOURCES}; {_ASSIGNED}",
        ),
        Claim(
            "A change to or from an Active Directory deletes people, groups and assignments: "
            "nobody gets into an account by the portal until all is made anew.",
            _SOURCES,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The company moves to another provider, or renews the provider's certificate.",
            (Fact("A project announced the day, and break-glass access was tried before."),),
            (
                Fact(
                    "Root, not an administrator of Identity Center, made the call.",
                    "actor_type = 'Root'",
                ),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets a provider of their own vouch for everybody.",
            (
                Fact("The provider's address in the console is not the company's."),
                Fact("UserAuthentication of administrators from a new address followed."),
            ),
            (Fact("The provider was taken away, none set.", _TAKES),),
        ),
        Explanation(
            "insider",
            "An administrator of Identity Center adds a way in that survives their leaving.",
            (Fact("The provider is in the administrator's hands alone."),),
            (Fact("A second person sat beside them."),),
        ),
        Explanation(
            "accident",
            "A trial in the wrong organization; the portal stops for all.",
            (Fact("The source was set back within the hour."),),
            (Fact("People sign in by the new source since."),),
        ),
        Explanation(
            "automation",
            "None is to be expected: there is no public API for it.",
            (Fact("The caller made {same_action_10m} such calls.", "same_action_10m >= 3"),),
            (Fact("One call alone was made.", "same_action_10m = 1"),),
        ),
    ),
    control_gaps=(
        Claim(
            "sso-directory and sso:AssociateDirectory are allowed to all who keep permission sets, "
            "where two people of the platform would do.",
            _EVENTS,
        ),
    ),
    corrections=(
        Correction(
            "The provider's sign-ins are guarded by the MFA of Identity Center.",
            Claim(
                "An external provider does all of the sign-in; Identity Center asks for no factor.",
                "AWS IAM Identity Center User Guide, Understanding IAM Identity Center sign-in "
                "events, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Whose is the provider that the console shows under Settings, Identity source?",
        "Who signed in since by it, and into which accounts?",
        "Who can enter the accounts without the portal (break-glass users, root)?",
    ),
    false_positives=("A new certificate of the provider.", "A move to another provider."),
    console=(
        Console(
            "Put the former source back",
            (
                "Enter by break-glass access: the portal may not let you in.",
                "Open IAM Identity Center, Settings, Identity source, and choose Change identity "
                "source, or the provider's metadata and certificates.",
                "Assignments that were deleted have to be made anew, by the code that keeps them.",
            ),
            f"{_SOURCES}; labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No public API sets the identity source: it takes the console.",
            "botocore sso-admin, identitystore (no such operation)",
        ),
    ),
    detections={
        "changed": Detection(
            title="Who vouches for the people of Identity Center was set or changed",
            level="high",
            when=f"NOT {_TAKES} AND NOT {_GIVEN} AND NOT {_WITHDRAWN}",
            techniques=("T1484.002", "T1556"),
            fixes=STOP_CALLER,
            fires=(
                (ENABLED,),
                (UPDATED,),
                (JOINED,),
                (_on("AssociateDirectory", by=root(), source="sso"),),
            ),
            quiet=((OFF,), (TOKEN,), (_BAD,)),
        ),
        "taken": Detection(
            title="The provider or directory of Identity Center's people was taken away",
            level="high",
            when=_TAKES,
            techniques=("T1484.002", "T1531"),
            fixes=STOP_CALLER,
            fires=((OFF,), (_on("DisassociateDirectory", source="sso"),)),
            quiet=((ENABLED,), (_DENIED,)),
        ),
        "token": Detection(
            title="A token was made by which people and groups are written into the directory",
            level="medium",
            when=_GIVEN,
            techniques=("T1098.001", "T1136.003"),
            fixes=STOP_CALLER,
            fires=((TOKEN,), (_on("CreateProvisioningTenant"),)),
            quiet=(
                (TOKEN_GONE,),
                (ENABLED,),
                (denied("CreateBearerToken", by=PIPELINE, source="sso-directory"),),
            ),
        ),
        "token_withdrawn": Detection(
            title="A token by which the directory is written, or its tenant, was deleted",
            level="low",
            when=_WITHDRAWN,
            techniques=("T1531",),
            fires=((TOKEN_GONE,),),
            quiet=((TOKEN,), (OFF,)),
        ),
        **tries(
            "change who vouches for the people of Identity Center",
            denied=_DENIED,
            failed=_BAD,
            done=ENABLED,
            level="medium",
            techniques=("T1484.002",),
        ),
    },
)
