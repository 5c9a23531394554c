"""Tags of an OIDC or SAML provider are set or taken away."""

from trailmend.catalog import Claim, Runbook

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:TagOpenIDConnectProvider",
        "iam.amazonaws.com:UntagOpenIDConnectProvider",
        "iam.amazonaws.com:TagSAMLProvider",
        "iam.amazonaws.com:UntagSAMLProvider",
    ),
    family="federation",
    tier=3,
    information=(
        Claim(
            "Tags of a provider are set, or taken away by their keys; whom the provider vouches "
            "for does not change.",
            "botocore iam TagOpenIDConnectProvider, TagSAMLProvider",
        ),
        Claim(
            "They are tags of the provider, not of the people who come by it: session tags travel "
            "in the assertion or the token.",
            "botocore sts AssumeRoleWithSAML, AssumeRoleWithWebIdentity",
        ),
    ),
    silence=(
        "Housekeeping: neither keys, metadata nor audiences of the provider change. "
        "UpdateSAMLProvider, AddClientIDToOpenIDConnectProvider and "
        "UpdateOpenIDConnectProviderThumbprint do that."
    ),
)
