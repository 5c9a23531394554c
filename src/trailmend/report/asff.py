"""Findings in the AWS Security Finding Format, for BatchImportFindings of Security Hub.

The members are those of botocore's shape `AwsSecurityFinding`, the lengths those of its
documentation.  A call takes 100 findings at most, of the account and region of its caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from trailmend.findings import Finding
from trailmend.report.parts import clipped, muted
from trailmend.report.safe import json_line
from trailmend.takeovers.acts import caller_name, target_name, whole_target_name

_TITLE, _DESCRIPTION, _ID, _RECOMMENDATION, _VALUE, _NAME = 256, 1024, 512, 512, 2048, 128
_REGION = 16
_HOME = "us-east-1"
"""The region of events that name none: IAM's events are there."""
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso"} | {
    "us-isob-": "aws-iso-b"
}
_LABELS = {
    "info": "INFORMATIONAL",
    "low": "LOW",
    "medium": "MEDIUM",
    "high": "HIGH",
    "critical": "CRITICAL",
}
_TYPES = {
    "T1036": "TTPs/Defense Evasion",
    "T1070": "TTPs/Defense Evasion",
    "T1078": "TTPs/Initial Access",
    "T1087": "TTPs/Discovery",
    "T1098": "TTPs/Persistence",
    "T1110": "TTPs/Credential Access",
    "T1136": "TTPs/Persistence",
    "T1199": "TTPs/Initial Access",
    "T1222": "TTPs/Defense Evasion",
    "T1484": "TTPs/Privilege Escalation",
    "T1485": "Effects/Data Destruction",
    "T1528": "TTPs/Credential Access",
    "T1530": "TTPs/Collection",
    "T1531": "Effects/Denial of Service",
    "T1535": "TTPs/Defense Evasion",
    "T1537": "Effects/Data Exfiltration",
    "T1538": "TTPs/Discovery",
    "T1546": "TTPs/Persistence",
    "T1548": "TTPs/Privilege Escalation",
    "T1550": "TTPs/Lateral Movement",
    "T1552": "TTPs/Credential Access",
    "T1556": "TTPs/Credential Access",
    "T1562": "TTPs/Defense Evasion",
    "T1566": "TTPs/Initial Access",
    "T1578": "TTPs/Defense Evasion",
    "T1580": "TTPs/Discovery",
    "T1606": "TTPs/Credential Access",
    "T1621": "TTPs/Credential Access",
    "T1666": "TTPs/Defense Evasion",
}
"""A type for each technique, by its tactic; account access removal denies service to its owner."""
_OTHER_TYPE = "Unusual Behaviors/User"
_RESOURCES = {
    "user": "AwsIamUser",
    "role": "AwsIamRole",
    "group": "AwsIamGroup",
    "policy": "AwsIamPolicy",
    "access_key": "AwsIamAccessKey",
    "trail": "AwsCloudTrailTrail",
}


def security_finding(finding: Finding) -> dict[str, Any]:
    """Give one finding as an `AwsSecurityFinding`; what is too long is cut with an ellipsis.

    It is archived where it lapsed.  What is resolved stays active: a person closes it.  What is
    muted comes as suppressed, where Security Hub does not have it yet: after a finding is created,
    an import does not change its workflow (botocore securityhub BatchImportFindings).
    """
    event, region = finding.event, _region(finding)
    latest = max([event.event_time, *(one.event_time for one in finding.next)])
    severity = {"Label": _LABELS[finding.level], "Original": finding.level}
    types = _types(finding)
    return {
        "SchemaVersion": "2018-10-08",
        "Id": _cut(finding.id, _ID),
        "ProductArn": _product(event.account_id, region),
        "GeneratorId": _cut(f"trailmend/{finding.detection}", _ID),
        "AwsAccountId": _cut(event.account_id, 12),
        "Region": region,
        "CompanyName": "Trailmend",
        "ProductName": "Trailmend",
        "Types": types,
        "FirstObservedAt": event.event_time,
        "LastObservedAt": latest,
        "CreatedAt": event.event_time,
        "UpdatedAt": latest,
        "Severity": severity,
        "FindingProviderFields": {"Severity": severity, "Types": types},
        "Title": _cut(finding.title, _TITLE),
        "Description": _cut(_description(finding), _DESCRIPTION),
        "ProductFields": _product_fields(finding),
        "Resources": list(_resources(finding, region)),
        "Action": _action(finding),
        "RecordState": "ARCHIVED" if finding.lapsed or finding.superseded_by else "ACTIVE",
        **({"Workflow": {"Status": "SUPPRESSED"}} if finding.muted_by else {}),
        **_remediation(finding),
    }


def _cut(text: str, most: int) -> str:
    """Cut a text to so many characters; one without any that shows is told as unknown."""
    return clipped(text if text.strip() else "unknown", most)


def _region(finding: Finding) -> str:
    """Give the region of an event, or the home of IAM where it is none that AWS can have."""
    region = finding.event.region or ""
    well = region.isascii() and region.replace("-", "").isalnum() and len(region) <= _REGION
    return region if well else _HOME


def _partition(region: str) -> str:
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


def _product(account_id: str, region: str) -> str:
    """Name the product of a custom integration: the account's own default product."""
    account = account_id if account_id.isascii() and account_id.isalnum() else "unknown"
    return f"arn:{_partition(region)}:securityhub:{region}:{account}:product/{account}/default"


def _types(finding: Finding) -> list[str]:
    named = [_TYPES.get(one.partition(".")[0], _OTHER_TYPE) for one in finding.techniques]
    return list(dict.fromkeys(named)) or [_OTHER_TYPE]


def _description(finding: Finding) -> str:
    event = finding.event
    ended = f" ({event.error_code})" if event.error_code else ""
    told = [
        f"{finding.title}. {caller_name(finding)} called {event.event_name} on "
        f"{target_name(finding)} at {event.event_time}: {event.outcome}{ended}.",
        *(f"Then: {one.why}" for one in finding.next),
    ]
    return " ".join(told)


def _product_fields(finding: Finding) -> dict[str, str]:
    """Give what the format has no place for, as texts; 15 of the 50 fields that it allows."""
    actor, target, event = finding.actor, finding.target, finding.event
    values = {
        "Detection": finding.detection,
        "Status": finding.status,
        "Plan": finding.plan,
        "Relation": finding.relation,
        "Techniques": ", ".join(finding.techniques),
        "EventId": event.event_id,
        "Outcome": event.outcome,
        "ErrorCode": event.error_code,
        "Actor": caller_name(finding),
        "ActorArn": actor.arn,
        "AccessKeyId": actor.access_key_id,
        "SessionName": actor.session_name,
        "Mfa": actor.mfa,
        "UserAgent": actor.user_agent,
        "Target": f"{target.type or 'unknown'} {whole_target_name(finding)}",
        "Muted": muted(finding),
        "Before": json_line(finding.before) if finding.before else None,
    }
    return {f"trailmend/{name}": _cut(text, _VALUE) for name, text in values.items() if text}


def _resources(finding: Finding, region: str) -> Iterator[dict[str, str]]:
    """List the account, whom and what the call concerned, and the caller."""
    target, account = finding.target, finding.event.account_id
    where = {"Partition": _partition(region), "Region": region}
    yield {"Type": "AwsAccount", "Id": _cut(f"AWS::::Account:{account}", _ID), **where}
    for kind, name in ((target.type, target.name), (target.object_type, target.object_id)):
        if name and kind != "account":
            of_type = _RESOURCES.get(kind or "", "Other")
            yield {"Type": of_type, "Id": _cut(name, _ID), "ResourceRole": "Target", **where}
    caller = finding.actor.arn or finding.actor.id
    if caller:
        of_type = "AwsIamUser" if finding.actor.type == "IAMUser" else "Other"
        yield {"Type": of_type, "Id": _cut(caller, _ID), "ResourceRole": "Actor", **where}


def _action(finding: Finding) -> dict[str, Any]:
    event = finding.event
    call = {
        "Api": _cut(event.event_name, _NAME),
        "ServiceName": _cut(event.event_source, _NAME),
        "FirstSeen": event.event_time,
        "LastSeen": event.event_time,
        **_caller(finding.actor.source_ip),
    }
    return {"ActionType": "AWS_API_CALL", "AwsApiCallAction": call}


def _caller(address: str | None) -> Mapping[str, Any]:
    """Tell where a call came from; the format has a place for IPv4 and for names only."""
    if not address:
        return {}
    try:
        told = {"IpAddressV4": str(IPv4Address(address))}
    except ValueError:
        return {"CallerType": "domain", "DomainDetails": {"Domain": _cut(address, _NAME)}}
    return {"CallerType": "remoteip", "RemoteIpDetails": told}


def _remediation(finding: Finding) -> Mapping[str, Any]:
    if finding.lapsed or not finding.fixes:
        return {}
    text = f"See what would be done: trailmend plan {finding.id} --fix {finding.fixes[0]}"
    return {"Remediation": {"Recommendation": {"Text": _cut(text, _RECOMMENDATION)}}}
