"""Findings as OCSF Detection Findings, for lakes and SIEMs that read the open schema.

Class 2004 of version 1.5.0 with the profile `cloud` (schema.ocsf.io/1.5.0/classes/
detection_finding).  What the class has no place for is whole under `unmapped`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any, NamedTuple

import msgspec

import trailmend
from trailmend.findings import Finding, NextEvent
from trailmend.report.parts import muted
from trailmend.takeovers.acts import serious

VERSION = "1.5.0"


class _State(NamedTuple):
    """What a status of ours is called there: the status, and what was done to the finding."""

    status_id: int
    status: str
    activity_id: int
    activity: str


_SEVERITIES = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_STATES = {
    "open": _State(1, "New", 1, "Create"),
    "worsened": _State(1, "New", 2, "Update"),
    "resolved": _State(4, "Resolved", 3, "Close"),
    "muted": _State(3, "Suppressed", 2, "Update"),
    "lapsed": _State(5, "Archived", 3, "Close"),
    None: _State(0, "Unknown", 1, "Create"),
}
_USER_TYPES = {"IAMUser": (1, "User"), "Root": (2, "Admin"), "AWSService": (3, "System")}
_MFA = {"yes": True, "no": False}
_MAPPED = ("id", "title", "techniques")
_LONGEST_ADDRESS = 40
"""Characters of the type ip_t."""


def detection_finding(finding: Finding) -> dict[str, Any]:
    """Give one finding as a Detection Finding; attributes that are not known are left out."""
    severity_id, severity = _SEVERITIES[finding.level]
    state = _STATES[_state(finding)]
    return _known(
        activity_id=state.activity_id,
        activity_name=state.activity,
        category_uid=2,
        category_name="Findings",
        class_uid=2004,
        class_name="Detection Finding",
        type_uid=200400 + state.activity_id,
        type_name=f"Detection Finding: {state.activity}",
        time=_milliseconds(finding.event.event_time),
        severity_id=severity_id,
        severity=severity,
        status_id=state.status_id,
        status=state.status,
        status_detail=_status_detail(finding),
        is_alert=serious(finding) and not finding.muted_by,
        message=finding.title,
        metadata=_metadata(finding),
        finding_info=_finding_info(finding),
        cloud=_cloud(finding),
        api=_api(finding),
        evidences=[_evidence(finding)],
        resources=_resources(finding),
        remediation=_remediation(finding),
        unmapped=_unmapped(finding),
    )


def _known(**attributes: Any) -> dict[str, Any]:
    """Leave out what is not known: the schema has no null."""
    return {name: value for name, value in attributes.items() if value not in (None, "", [], {})}


def _milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)


def _state(finding: Finding) -> str | None:
    if finding.lapsed or finding.superseded_by:
        return "lapsed"
    return "muted" if finding.muted_by else finding.status


def _status_detail(finding: Finding) -> str | None:
    if finding.plan is not None:
        return f"made by plan {finding.plan} of Trailmend"
    if finding.superseded_by is not None:
        return f"superseded by {finding.superseded_by}"
    if finding.lapsed:
        return "withdrawn by later events"
    return f"muted {muted(finding)}" if finding.muted_by else finding.status


def _metadata(finding: Finding) -> dict[str, Any]:
    name = "Trailmend"
    return {
        "version": VERSION,
        "profiles": ["cloud"],
        "product": {"name": name, "vendor_name": name, "version": trailmend.__version__},
        "uid": finding.id,
        "event_code": finding.detection,
        "log_name": "CloudTrail",
        "log_provider": "AWS",
        "original_time": finding.event.event_time,
    }


def _finding_info(finding: Finding) -> dict[str, Any]:
    times = [finding.event.event_time, *(one.event_time for one in finding.next)]
    event = NextEvent(
        finding.event.event_id, finding.event.event_name, finding.event.event_time, finding.title
    )
    return _known(
        uid=finding.id,
        title=finding.title,
        types=[finding.detection],
        analytic={"type_id": 1, "type": "Rule", "uid": finding.detection, "name": finding.title},
        attacks=[_attack(one) for one in finding.techniques],
        data_sources=["AWS CloudTrail"],
        first_seen_time=_milliseconds(min(times)),
        last_seen_time=_milliseconds(max(times)),
        related_events=[_related(one) for one in (event, *finding.next)],
    )


def _related(event: NextEvent) -> dict[str, Any]:
    return {
        "uid": event.event_id,
        "type": event.event_name,
        "desc": event.why,
        "first_seen_time": _milliseconds(event.event_time),
    }


def _attack(technique: str) -> dict[str, Any]:
    """Name an ATT&CK technique; `T1098.001` is a sub-technique of `T1098`."""
    parent, _, sub = technique.partition(".")
    return _known(technique={"uid": parent}, sub_technique={"uid": technique} if sub else None)


def _cloud(finding: Finding) -> dict[str, Any]:
    account = {"uid": finding.event.account_id, "type_id": 10, "type": "AWS Account"}
    return _known(provider="AWS", account=account, region=finding.event.region)


def _api(finding: Finding) -> dict[str, Any]:
    event = finding.event
    return _known(
        operation=event.event_name or "unknown",
        service={"name": event.event_source} if event.event_source else None,
        response=_known(error=event.error_code),
    )


def _evidence(finding: Finding) -> dict[str, Any]:
    agent = finding.actor.user_agent
    return _known(
        actor=_actor(finding),
        api=_api(finding),
        src_endpoint=_endpoint(finding.actor.source_ip),
        http_request={"user_agent": agent} if agent else None,
        data=msgspec.to_builtins(finding.why),
    )


def _actor(finding: Finding) -> dict[str, Any]:
    actor = finding.actor
    type_id, _ = _USER_TYPES.get(actor.type, (99, "Other"))
    user = _known(
        name=actor.name,
        uid=actor.id or actor.arn,
        uid_alt=actor.arn if actor.id else None,
        credential_uid=actor.access_key_id,
    )
    named = bool(actor.name or actor.id or actor.arn)
    session = _known(uid=actor.session_name, credential_uid=actor.access_key_id)
    if actor.mfa in _MFA:
        session["is_mfa"] = _MFA[actor.mfa]
    return _known(
        user={**user, "type_id": type_id, "type": actor.type} if named else None, session=session
    )


def _endpoint(address: str | None) -> dict[str, str] | None:
    """Tell where a call came from: an address, or the name of the AWS service that made it."""
    if not address:
        return None
    try:
        ip_address(address)
    except ValueError:
        return {"svc_name": address}
    return {"ip": address} if len(address) <= _LONGEST_ADDRESS else {"svc_name": address}


def _resources(finding: Finding) -> list[dict[str, Any]]:
    """List whom and what the call concerned; the region is the event's."""
    target = finding.target
    found = [
        _known(name=target.name, type=target.type),
        _known(uid=target.object_id, type=target.object_type),
    ]
    if target.type == "account":
        found[0] = {"uid": finding.event.account_id, "type": "account"}
    region = _known(region=finding.event.region)
    return [one | region for one in found if one.keys() & {"name", "uid"}]


def _remediation(finding: Finding) -> Mapping[str, str] | None:
    lines = [f"trailmend plan {finding.id} --fix {fix}" for fix in finding.fixes]
    return {"desc": "\n".join(lines)} if lines and not finding.lapsed else None


def _unmapped(finding: Finding) -> dict[str, Any]:
    whole = msgspec.to_builtins(finding)
    return {name: value for name, value in whole.items() if name not in _MAPPED}
