"""Settings of Identity Center or of its directory change: what sessions carry, who may connect."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_center, on_directory
from trailmend.tries import tries

_INSTANCE = "botocore sso-admin UpdateInstance"
_STORE = "botocore identitystore UpdateIdentityStore"
_ABAC = "botocore sso-admin UpdateInstanceAccessControlAttributeConfiguration"
_ABAC_ON = "botocore sso-admin CreateInstanceAccessControlAttributeConfiguration"
_ABAC_OFF = "botocore sso-admin DeleteInstanceAccessControlAttributeConfiguration"
_DURATION = (
    "AWS IAM Identity Center User Guide, Configure the session duration in IAM Identity Center, "
    "read 2026-11-28"
)
_REGION_NAMES = ("AddRegion", "RemoveRegion")
RENAMED = on_center("UpdateInstance", name="staff")
NETWORK = on_center("UpdateInstance", networkConfiguration={})
KEY = on_center("UpdateInstance", encryptionConfiguration={"keyType": "AWS_OWNED_KMS_KEY"})
SETS = on_center("UpdateInstance", permissionSetsEnabled=True)
STORE = on_directory("UpdateIdentityStore", networkConfiguration={})
REGION, REGION_GONE = (on_center(name, regionName="eu-west-1") for name in _REGION_NAMES)
TAGS = on_center(
    "UpdateInstanceAccessControlAttributeConfiguration",
    instanceAccessControlAttributeConfiguration={"accessControlAttributes": []},
)
TAGS_ON = on_center(
    "CreateInstanceAccessControlAttributeConfiguration",
    instanceAccessControlAttributeConfiguration={"accessControlAttributes": []},
)
TAGS_OFF = on_center("DeleteInstanceAccessControlAttributeConfiguration")
SESSIONS = on_center(
    "UpdateSsoConfiguration",
    configurationType="SESSION",
    ssoConfiguration={"sessionConfiguration": {"maxAuthenticationAge": "P90D"}},
)
_BAD = on_center("UpdateInstance", error="ValidationException")
_DENIED = denied("UpdateInstance", by=PIPELINE, source="sso")
_ATTRIBUTES = (
    "event_name IN ('UpdateInstanceAccessControlAttributeConfiguration', "
    "'CreateInstanceAccessControlAttributeConfiguration')"
)
_NO_ATTRIBUTES = "event_name = 'DeleteInstanceAccessControlAttributeConfiguration'"
_DURATIONS = "event_name = 'UpdateSsoConfiguration'"
_REGIONS = "event_name IN ('AddRegion', 'RemoveRegion')"
_OPENS = (
    "(COALESCE(request, '\"networkConfiguration\":') LIKE '%\"networkConfiguration\":%' "
    "OR COALESCE(request, '') LIKE '%\"permissionSetsEnabled\":true%' "
    "OR COALESCE(request, '') LIKE '%\"encryptionConfiguration\":%')"
)

_OTHER = f"NOT {_ATTRIBUTES} AND NOT {_NO_ATTRIBUTES} AND NOT {_DURATIONS} AND NOT {_REGIONS}"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:UpdateInstance",
        "sso.amazonaws.com:CreateInstanceAccessControlAttributeConfiguration",
        "sso.amazonaws.com:DeleteInstanceAccessControlAttributeConfiguration",
        "sso.amazonaws.com:UpdateSsoConfiguration",
        "sso.amazonaws.com:UpdateInstanceAccessControlAttributeConfiguration",
        "sso.amazonaws.com:AddRegion",
        "sso.amazonaws.com:RemoveRegion",
        "identitystore.amazonaws.com:UpdateIdentityStore",
    ),
    family="Identity Center",
    tier=2,
    first="Read which setting the request names, and set it back if its owner did not order it.",
    information=(
        Claim(
            "UpdateInstance sets name, encryption key or network rules, or enables permission "
            "sets; one of the last three for each call.",
            _INSTANCE,
        ),
        Claim(
            "The configuration of attributes says which of a person's attributes become tags of "
            "the session, for policies that compare tags. Made, it switches this on; deleted, it "
            "switches it off, and no attribute is passed any more.",
            f"{_ABAC}; {_ABAC_ON}; {_ABAC_OFF}",
        ),
        Claim(
            "The console calls UpdateSsoConfiguration to set how long people stay signed in to the "
            "portal and its applications: 15 minutes to 90 days, 8 hours if nothing is set.",
            f"sample: traildiscover UpdateSsoConfiguration; {_DURATION}",
        ),
        Claim("UpdateIdentityStore sets from which networks the directory is reached.", _STORE),
        Claim(
            "AddRegion copies the instance to another region, RemoveRegion takes the copy away; "
            "the first region cannot be taken. Both go on in the background.",
            "botocore sso-admin AddRegion, RemoveRegion",
        ),
    ),
    impact=(
        Claim(
            "Wider network rules let calls in that had to come through a private endpoint; "
            "narrower ones can lock administrators out.",
            f"{_INSTANCE} (NetworkConfiguration); {_STORE}",
        ),
        Claim(
            "A tag that is filled from another attribute, which people may set themselves, opens "
            "what is guarded by that tag.",
            _ABAC,
        ),
        Claim(
            "Without tags, what allows where a tag equals something allows nothing, and what "
            "denies there denies nothing.",
            f"{_ABAC_OFF}; AWS IAM User Guide (archive of June 2023), IAM JSON policy elements: "
            "Condition operators, read 2026-11-28",
        ),
        Claim("A token that was stolen is of use as long as the session lasts.", _DURATION),
        Claim("Permission sets, once enabled, stay enabled.", _INSTANCE),
    ),
    explanations=(
        Explanation(
            "intended",
            "The owners of Identity Center bring in a key of their own, networks or tags.",
            (Fact("The owners' code holds the same setting."),),
            (Fact("Root made the call.", "actor_type = 'Root'"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder removes the network's bound, or maps a tag to an attribute they control.",
            (Fact("UpdateUser of the mapped attribute followed."),),
            (Fact("Only the name was changed."),),
        ),
    ),
    corrections=(
        Correction(
            "Attributes of a SAML assertion always win.",
            Claim("The value of the directory replaces that of the assertion.", _ABAC),
        ),
    ),
    questions=("Which policies compare aws:PrincipalTag, and with which tags?",),
    false_positives=("The set-up of tags or of a customer managed key.",),
    detections={
        "tags": Detection(
            title="Which attributes of people become tags of their sessions was changed",
            level="medium",
            when=_ATTRIBUTES,
            techniques=("T1098",),
            fires=((TAGS,), (TAGS_ON,)),
            quiet=((RENAMED,), (NETWORK,), (TAGS_OFF,)),
        ),
        "tags_off": Detection(
            title="No attribute of people becomes a tag of their sessions any more",
            level="medium",
            when=_NO_ATTRIBUTES,
            techniques=("T1562",),
            fires=((TAGS_OFF,),),
            quiet=((TAGS,), (TAGS_ON,), (_DENIED,)),
        ),
        "sessions": Detection(
            title="How long people stay signed in to Identity Center was changed",
            level="medium",
            when=_DURATIONS,
            techniques=("T1556",),
            fires=((SESSIONS,),),
            quiet=((RENAMED,), (NETWORK,)),
        ),
        # A request that CloudTrail left out counts as one of these.
        "guarded": Detection(
            title="Networks, key or permission sets of Identity Center were changed",
            level="medium",
            when=f"{_OTHER} AND {_OPENS}",
            techniques=("T1562",),
            fires=((NETWORK,), (SETS,), (KEY,), (STORE,)),
            quiet=((RENAMED,), (TAGS,), (_BAD,)),
        ),
        "regions": Detection(
            title="Identity Center was copied to a region, or taken from one",
            level="low",
            when=_REGIONS,
            techniques=("T1535",),
            fires=((REGION,), (REGION_GONE,)),
            quiet=((RENAMED,), (NETWORK,)),
        ),
        "renamed": Detection(
            title="An instance of Identity Center was renamed",
            level="info",
            when=f"{_OTHER} AND NOT {_OPENS}",
            fires=((RENAMED,),),
            quiet=((NETWORK,), (TAGS,), (_DENIED,)),
        ),
        **tries("change settings of Identity Center", denied=_DENIED, failed=_BAD, done=NETWORK),
    },
)
