"""Names in ARNs, and in the sentence that AWS writes on a denied call.

An ARN that AWS writes names what it is of; a serial and a session's ARN do not name a person.
"""

import re

import msgspec

_WHOLE, _LAST, _FIRST = "whole", "last", "first"
_KINDS = {
    ("iam", "user"): ("user", _LAST),
    ("iam", "role"): ("role", _LAST),
    ("iam", "group"): ("group", _LAST),
    ("iam", "policy"): ("policy", _WHOLE),
    ("iam", "instance-profile"): ("instance_profile", _LAST),
    ("iam", "server-certificate"): ("server_certificate", _LAST),
    ("iam", "saml-provider"): ("saml_provider", _WHOLE),
    ("iam", "oidc-provider"): ("oidc_provider", _WHOLE),
    ("iam", "mfa"): ("mfa_device", _WHOLE),
    ("sts", "assumed-role"): ("role", _FIRST),
    ("cloudtrail", "trail"): ("trail", _LAST),
    ("cloudtrail", "eventdatastore"): ("event_data_store", _WHOLE),
    ("cloudtrail", "channel"): ("channel", _LAST),
    ("cloudtrail", "dashboard"): ("dashboard", _LAST),
    ("sso", "instance"): ("sso_instance", _WHOLE),
    ("sso", "permissionSet"): ("permission_set", _WHOLE),
    ("sso", "application"): ("application", _WHOLE),
    ("sso", "trustedTokenIssuer"): ("trusted_token_issuer", _WHOLE),
    ("identitystore", "user"): ("directory_user", _LAST),
    ("identitystore", "group"): ("directory_group", _LAST),
    ("identitystore", "identitystore"): ("identity_store", _LAST),
    ("identitystore", "membership"): ("membership", _LAST),
    ("rolesanywhere", "trust-anchor"): ("trust_anchor", _LAST),
    ("rolesanywhere", "profile"): ("rolesanywhere_profile", _LAST),
    ("rolesanywhere", "crl"): ("crl", _LAST),
    ("organizations", "policy"): ("organization_policy", _LAST),
    ("organizations", "account"): ("organization_account", _LAST),
    ("organizations", "root"): ("organization", _LAST),
    ("organizations", "ou"): ("organization", _LAST),
    ("account", "account"): ("organization_account", _LAST),
    ("access-analyzer", "analyzer"): ("analyzer", _FIRST),
    ("kms", "key"): ("key", _LAST),
    ("secretsmanager", "secret"): ("secret", _WHOLE),
}
"""(service, type of the resource) -> our kind, and which part of the ARN is the name."""

_NAMES_ACROSS_ACCOUNTS = frozenset({"identitystore", "organizations", "account"})
"""Their ids are AWS's own and mean the same thing in every account."""

_WORDS = {
    "user": "user",
    "role": "role",
    "group": "group",
    "policy": "policy",
    "instance profile": "instance_profile",
}
_DENIED_RESOURCE = re.compile(
    r"is not authorized to perform: \S+ on resource: (?P<resource>.+?)"
    r"(?: because .*| with an explicit deny.*)?$",
    re.DOTALL,
)


class Arn(msgspec.Struct, frozen=True):
    """What an ARN names: our kind, the name of that, and the account it is in."""

    kind: str
    name: str
    account: str


def parse_arn(text: str) -> Arn | None:
    """Read an ARN; None where it is none, is a pattern, or is of a type that we do not know."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or "*" in text or any(map(str.isspace, text)):
        return None
    service, account, resource = parts[2], parts[4], parts[5]
    if service == "s3":
        return Arn("bucket", resource.partition("/")[0], "") if resource else None
    if (service, resource) == ("iam", "root"):
        return Arn("root", "root", account)
    kind, _, rest = resource.partition(":" if resource.startswith("secret:") else "/")
    known = _KINDS.get((service, kind))
    part = rest.partition("/")[0] if known and known[1] == _FIRST else rest.rpartition("/")[2]
    if known is None or not part:
        return None
    name = text if known[1] == _WHOLE else part
    return Arn(known[0], name, "" if service in _NAMES_ACROSS_ACCOUNTS else account)


def readable(text: str, account: str) -> str | None:
    """Give the name in an ARN of this account, and anything else as it stands.

    An ARN of another account stays whole: there the same name is somebody else's.
    """
    arn = parse_arn(text) if text.startswith("arn:") else None
    return arn.name if arn is not None and arn.account in ("", account) else text


def denied_resource(message: str | None) -> str:
    """Read out of the message what a denied call was about: its parameters are not logged."""
    found = _DENIED_RESOURCE.search(message or "")
    return found["resource"].strip() if found else ""


def denied_name(resource: str, account: str, bare_names: str | None) -> tuple[str, str] | None:
    """Give the kind and the name of what a denied call was about.

    Three forms occur: a word and the name (`user NAME`, `policy ARN version v2`), an ARN, and with
    some services the name alone (samples: traildiscover, panther).
    """
    words = resource.partition(" version ")[0].rsplit(" ", 1)
    arn = parse_arn(words[-1])
    if arn is not None:
        return arn.kind, arn.name if arn.account in ("", account) else words[-1]
    name, kind = words[-1], _WORDS.get(words[0]) if len(words) == 2 else bare_names
    return (kind, name) if kind and name and "*" not in name and ":" not in name else None
