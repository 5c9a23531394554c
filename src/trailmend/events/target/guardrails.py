"""The services that trust outsiders, bound the account, or watch it."""

from trailmend.events.target.places import Place, Service, of_kind, other_account


def _by_arn(field: str, *kinds: str) -> tuple[Place, ...]:
    """Make the places of a field that holds the ARN of a thing of one of these kinds."""
    return tuple(Place(kind=kind, request=(field,), read=of_kind(kind)) for kind in kinds)


def _account_number(said: str, account: str) -> str | None:
    return said if len(said) == 12 and said.isdecimal() else None


def _kept(noun: str, kind: str, id_name: str, made_by: str) -> tuple[Place, Place]:
    """Make the places of a thing of Roles Anywhere: its id, or the name it was to have."""
    return (
        Place(kind=kind, request=(id_name,), response=(f"{noun}.{id_name}",)),
        Place(kind=kind, request=("name",), only=frozenset({made_by})),
    )


ROLES_ANYWHERE = Service(
    targets=(
        *_kept("trustAnchor", "trust_anchor", "trustAnchorId", "CreateTrustAnchor"),
        *_kept("profile", "rolesanywhere_profile", "profileId", "CreateProfile"),
        *_kept("crl", "crl", "crlId", "ImportCrl"),
        *_by_arn("resourceArn", "trust_anchor", "rolesanywhere_profile", "crl"),
    ),
    nobody=frozenset({"ListProfiles", "ListTrustAnchors", "ListCrls", "ListSubjects"}),
)


def _organization_id(said: str, account: str) -> str | None:
    return said if said.startswith("o-") else None


def _policy_id(said: str, account: str) -> str | None:
    return said if said.startswith("p-") else None


_ATTACHMENTS = frozenset({"AttachPolicy", "DetachPolicy"})
_ANSWERS = frozenset({"AcceptHandshake", "CancelHandshake", "DeclineHandshake"})
_MAKINGS = frozenset({"CreateAccount", "CreateGovCloudAccount", "CreateAccountResult"})
_TAGS = frozenset({"TagResource", "UntagResource"})
_TRANSFERS = frozenset({"TerminateResponsibilityTransfer", "UpdateResponsibilityTransfer"})

ORGANIZATIONS = Service(
    targets=(
        Place(kind="organization_account", request=("targetId",), read=_account_number),
        Place(kind="organization", request=("targetId",)),
        Place(
            kind="organization_account",
            request=("accountId",),
            response=("createAccountStatus.accountId", "closeAccountStatus.accountId"),
        ),
        Place(kind="organization_account", request=("target.id",), read=_account_number),
        Place(kind="organization", request=("target.id",), read=_organization_id),
        Place(
            kind="organization_account", request=("resourceId",), only=_TAGS, read=_account_number
        ),
        Place(kind="organization_policy", request=("resourceId",), only=_TAGS, read=_policy_id),
        Place(kind="organization", request=("resourceId",), only=_TAGS),
        Place(
            kind="organization_policy",
            request=("policyId",),
            response=("policy.policySummary.id",),
        ),
        Place(kind="organization_policy", request=("name",), only=frozenset({"CreatePolicy"})),
        Place(
            kind="organization",
            request=("rootId", "organizationalUnitId"),
            response=("organizationalUnit.id",),
        ),
    ),
    objects=(
        Place(kind="organization_policy", request=("policyId",), only=_ATTACHMENTS),
        Place(
            kind="handshake", request=("handshakeId",), response=("handshake.id",), only=_ANSWERS
        ),
        Place(kind="account_request", response=("createAccountStatus.id",), only=_MAKINGS),
        Place(kind="responsibility_transfer", request=("id",), only=_TRANSFERS),
    ),
    whole={
        **dict.fromkeys(("AcceptHandshake", "DeclineHandshake", "LeaveOrganization"), "account"),
        **dict.fromkeys(
            """
            CreateOrganization DeleteOrganization DescribeOrganization EnableAllFeatures
            EnableAWSServiceAccess DisableAWSServiceAccess PutResourcePolicy DeleteResourcePolicy
            CancelHandshake TerminateResponsibilityTransfer UpdateResponsibilityTransfer
            """.split(),
            "organization",
        ),
    },
    unnamed={
        **dict.fromkeys(
            ("CreateAccount", "CreateGovCloudAccount", "InviteAccountToOrganization"),
            "organization_account",
        ),
        "CreateOrganizationalUnit": "organization",
        "InviteOrganizationToTransferResponsibility": "organization",
    },
)
"""Who got a handshake answers it, who sent it cancels it (botocore organizations DeclineHandshake,
CancelHandshake).  The number of an account that is made comes later, in CreateAccountResult, with
the id of the request (CreateAccountStatus)."""

ACCOUNT = Service(
    targets=(
        Place(
            kind="organization_account",
            request=("accountId", "AccountId"),
            read=other_account,
        ),
    ),
    objects=(
        Place(kind="region", request=("regionName", "RegionName")),
        Place(
            kind="alternate_contact",
            request=("alternateContactType", "AlternateContactType"),
        ),
    ),
    otherwise="account",
)
"""Samples of this service keep the parameter's first letter (`RegionName`): both are read."""

_OF_CLOUDTRAIL = ("trail", "event_data_store", "channel", "dashboard")

CLOUDTRAIL = Service(
    targets=(
        Place(kind="trail", request=("trailName",)),
        Place(kind="organization_account", request=("memberAccountId", "delegatedAdminAccountId")),
        Place(
            kind="event_data_store",
            request=("eventDataStore",),
            response=("eventDataStoreArn",),
        ),
        Place(kind="event_data_store", request=("name",), only=frozenset({"CreateEventDataStore"})),
        Place(kind="channel", request=("channel",), response=("channelArn",)),
        Place(kind="channel", request=("name",), only=frozenset({"CreateChannel"})),
        Place(kind="dashboard", request=("dashboardId",), response=("dashboardArn",)),
        Place(kind="dashboard", request=("name",), only=frozenset({"CreateDashboard"})),
        *_by_arn("resourceId", *_OF_CLOUDTRAIL),
        *_by_arn("resourceArn", *_OF_CLOUDTRAIL),
        Place(
            kind="trail",
            request=("name",),
            only=frozenset(
                "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging GetTrail "
                "GetTrailStatus".split()
            ),
        ),
    ),
    nobody=frozenset(
        """
        DescribeTrails ListTrails LookupEvents ListPublicKeys ListEventDataStores ListChannels
        ListImports ListTags StartQuery StartImport StopImport
        """.split()
    ),
)

_PRINCIPAL = ("policyGenerationDetails.principalArn",)
ACCESS_ANALYZER = Service(
    targets=(
        Place(
            kind="analyzer",
            request=("analyzerName", "analyzerArn", "resourceArn"),
            response=("arn",),
        ),
        Place(kind="user", request=_PRINCIPAL, read=of_kind("user")),
        Place(kind="role", request=_PRINCIPAL, read=of_kind("role")),
    ),
    objects=(Place(kind="archive_rule", request=("ruleName",)),),
    nobody=frozenset({"ListAnalyzers", "CancelPolicyGeneration"}),
)
