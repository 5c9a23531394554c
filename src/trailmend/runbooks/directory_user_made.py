"""A person is made in Identity Center's directory: nothing to begin with, access by groups."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, directory_id, user
from trailmend.evidence.center import PIPELINE, by_provider, on_directory
from trailmend.tries import tries

_MODEL = "botocore identitystore CreateUser"
_SAMPLE = "sample: traildiscover CreateUser (sso-directory)"
_SOURCE = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Automatic provisioning, Manage "
    "identities in IAM Identity Center, read 2026-11-28"
)
_SCIM = (
    "AWS IAM Identity Center User Guide, Logging IAM Identity Center SCIM API calls with AWS "
    "CloudTrail, read 2026-11-28"
)
_ID = directory_id("alice")
MADE = on_directory("CreateUser", userName="alice", response={"userId": _ID})
IN_CONSOLE = on_directory(
    "CreateUser",
    source="sso-directory",
    by=user("bob"),
    passwordMode="EMAIL",
    response={"user": {"userId": _ID}},
)
BY_PROVIDER = by_provider("CreateUser", response={"id": _ID})
_TAKEN = on_directory("CreateUser", userName="alice", error="ConflictException")
_DENIED = denied("CreateUser", by=PIPELINE, source="identitystore")
_BY_CONSOLE = "event_source = 'sso-directory.amazonaws.com'"
_BY_PROVIDER = "event_source = 'identitystore-scim.amazonaws.com'"

RUNBOOK = Runbook(
    events=(
        "identitystore.amazonaws.com:CreateUser",
        "sso-directory.amazonaws.com:CreateUser",
        "identitystore-scim.amazonaws.com:CreateUser",
    ),
    family="Identity Center",
    first="Ask the staff's directory whether the person exists; then look for memberships and "
    "assignments of the id.",
    information=(
        Claim(
            "The public API records the source identitystore, the console sso-directory, an "
            "external provider identitystore-scim; the event has the same name as IAM's CreateUser "
            "and is another thing.",
            f"{_MODEL}; {_SAMPLE}; {_SCIM}",
        ),
        Claim(
            "The console's record hides the attributes; the id is in the answer.",
            _SAMPLE,
        ),
        Claim(
            "Where an external provider is connected, its SCIM client makes people; one who is "
            "made otherwise has no account there.",
            _SOURCE,
        ),
        Claim(
            "The provider's record names no principal and hides the attributes: who ordered it "
            "stands in the provider's own log. Tokens from before September 2024 leave no record.",
            _SCIM,
        ),
    ),
    impact=(
        Claim(
            "The person can do nothing before joining a group or getting an assignment.",
            "botocore sso-admin CreateAccountAssignment; botocore identitystore "
            "CreateGroupMembership",
        ),
        Claim(
            "A user beside the provider is not off-boarded with the staff.",
            _SOURCE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A new colleague starts.",
            (Fact("The provider's client made the person.", _BY_PROVIDER),),
            (Fact("A person used the console though a provider is connected.", _BY_CONSOLE),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a user of their own, then an assignment: a way back by the portal.",
            (Fact("CreateAccountAssignment for the id followed."),),
            (Fact("The staff's directory has the person."),),
        ),
        Explanation(
            "insider",
            "An administrator makes a second identity for themselves.",
            (Fact("A person used the console.", _BY_CONSOLE),),
            (Fact("A role's session of the provisioning made the call."),),
        ),
        Explanation(
            "accident",
            "People are made by hand before provisioning is switched on, and then twice.",
            (Fact("Another id has the same name."),),
            (Fact("No provider is connected."),),
        ),
        Explanation(
            "automation",
            "Provisioning brings many people at once.",
            (
                Fact(
                    "The caller made {same_action_10m} people within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("One person alone was made.", "same_action_10m = 1"),),
        ),
    ),
    corrections=(
        Correction(
            "A rule for CreateUser is about IAM users.",
            Claim(
                "Identity Center has the same name under three other sources; read the source too.",
                f"{_MODEL}; {_SAMPLE}; {_SCIM}",
            ),
        ),
    ),
    questions=("Does the staff's directory know the person?", "Which groups did the id join?"),
    false_positives=("Provisioning by SCIM.", "Onboarding."),
    not_fixable=(
        Claim(
            "Whether a person is real only the staff's directory tells; to delete one is `aws "
            "identitystore delete-user --identity-store-id STORE --user-id ID`, in the account "
            "that administers Identity Center.",
            "botocore identitystore DeleteUser",
        ),
    ),
    detections={
        "made": Detection(
            title="A person was made in Identity Center's directory",
            level="low",
            when="TRUE",
            techniques=("T1136.003",),
            fires=((MADE,), (IN_CONSOLE,), (BY_PROVIDER,)),
            quiet=((_TAKEN,), (_DENIED,)),
        ),
        **tries(
            "make a person in the directory",
            denied=_DENIED,
            failed=_TAKEN,
            done=MADE,
            level="medium",
            techniques=("T1136.003",),
        ),
    },
)
