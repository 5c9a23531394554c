"""Trails in the lab: repaired by the engine, seen to deliver, and rolled back."""

from pathlib import Path
from typing import Any

import pytest

from tests.test_crashes import Fuse, Stage, boundaries, dies_at
from tests.test_remedy_trails import facts
from tests.trail_accounts import ACCOUNT
from tests.worlds import approved, desk_of, effects, plan_of, take_back
from tests.worlds_trails import CASES, MORE, OTHERS, asked_now, make_trail, put_policy
from trailmend.desk import Desk, apply_plan
from trailmend.errors import AwsError, Refused
from trailmend.lab import Lab
from trailmend.remediations.trails import repair_trail


def state(lab: Lab) -> dict[str, Any]:
    """Read all that the fix can change."""
    cloudtrail, s3 = lab.client("cloudtrail"), lab.client("s3")
    found = cloudtrail.describe_trails()["trailList"]
    home = {one["TrailARN"]: lab.client("cloudtrail", region=one["HomeRegion"]) for one in found}
    return {
        "trails": found,
        "logging": {arn: one.get_trail_status(Name=arn)["IsLogging"] for arn, one in home.items()},
        "selectors": [
            one.get_event_selectors(TrailName=arn) | {"ResponseMetadata": None}
            for arn, one in home.items()
        ],
        "buckets": {one["Name"]: _bucket(s3, one["Name"]) for one in s3.list_buckets()["Buckets"]},
    }


def _bucket(s3: Any, name: str) -> Any:
    found = []
    for asked in (s3.get_bucket_policy, s3.get_public_access_block):
        try:
            answer = asked(Bucket=name)
        except s3.exceptions.ClientError as error:
            answer = {"error": error.response["Error"]["Code"]}
        found.append({key: value for key, value in answer.items() if key != "ResponseMetadata"})
    return found


ALL_CASES = CASES | MORE
REPAIRS = [name for name, case in ALL_CASES.items() if case.fix is repair_trail]


each_repair = pytest.mark.parametrize(
    "name", [*REPAIRS[:2], *(pytest.param(name, marks=pytest.mark.soak) for name in REPAIRS[2:])]
)


@each_repair
def test_repaired_trail_delivers(name: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, ALL_CASES[name], lab)

    apply_plan(desk, plan.id, accept_irreversible=True)

    lab.client("iam").create_user(UserName="somebody")
    lab.advance(3600)
    again = facts(**asked_now(lab), object_id=plan.facts.object_id)
    assert plan_of(desk, repair_trail, again).changes == ()
    (trail,) = state(lab)["trails"]
    home = lab.client("cloudtrail", region=trail["HomeRegion"])
    status = home.get_trail_status(Name=trail["TrailARN"])
    assert (status["IsLogging"], status.get("LatestDeliveryError")) == (True, None)
    assert status["LatestDeliveryTime"] > status["StartLoggingTime"]


@each_repair
def test_repair_is_rolled_back(name: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, ALL_CASES[name], lab)
    before = state(lab)
    apply_plan(desk, plan.id, accept_irreversible=True)

    assert take_back(desk, plan.id).state == "rolled back"

    assert state(lab) == before


def test_bucket_name_of_somebody_else_stops_the_plan_before_anything(
    lab: Lab, tmp_path: Path
) -> None:
    from moto.s3.models import s3_backends

    s3_backends["999999999999"]["aws"].create_bucket(
        f"trailmend-trail-{ACCOUNT}-us-east-1", "us-east-1"
    )
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, MORE["no trail"], lab)
    done = len(effects(lab))

    with pytest.raises(AwsError, match="BucketAlreadyExists"):
        apply_plan(desk, plan.id, accept_irreversible=True)

    assert effects(lab)[done:] == []


def test_bucket_with_log_files_stays_and_the_rollback_is_final(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, MORE["no trail"], lab)
    apply_plan(desk, plan.id, accept_irreversible=True)
    lab.client("iam").create_user(UserName="somebody")
    lab.deliver()

    bucket = f"trailmend-trail-{ACCOUNT}-us-east-1"
    files = lab.client("s3").list_objects_v2(Bucket=bucket)["Contents"]

    progress = take_back(desk, plan.id)

    assert progress.state == "rolled back, evidence kept"
    assert [one.state for one in progress.steps] == ["kept", "undone", "undone", "undone"]
    assert "it stays, and what is in it" in progress.steps[0].message
    assert state(lab)["trails"] == []
    assert lab.client("s3").list_objects_v2(Bucket=bucket)["Contents"] == files
    with pytest.raises(Refused, match=r"was rolled back .*: make a new plan"):
        apply_plan(desk, plan.id, resume=True, accept_irreversible=True)
    assert take_back(desk, plan.id).state == "rolled back, evidence kept"


def test_public_policy_is_kept_and_closed(lab: Lab, tmp_path: Path) -> None:
    """BlockPublicPolicy would refuse the merged policy: so the policy is written first."""
    make_trail(lab)
    lab.client("s3").delete_public_access_block(Bucket="audit-logs")
    put_policy(lab, OTHERS | {"Principal": "*"})
    desk = desk_of(lab, tmp_path)

    plan = plan_of(desk, repair_trail, facts(**asked_now(lab)))

    assert [one.call.name for one in plan.changes] == [
        "s3.put_bucket_policy",
        "s3.put_public_access_block",
    ]


def test_analyst_role_gets_and_loses_the_policy(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, MORE["analyst role"], lab)

    assert apply_plan(desk, plan.id).state == "applied"
    assert take_back(desk, plan.id).state == "rolled back"


@pytest.mark.soak
def test_crash_around_a_write_of_a_new_trail_loses_nothing(lab: Lab, tmp_path: Path) -> None:
    stage = Stage(lab, tmp_path, MORE["no trail"])
    desk, plan = stage.enter()
    count = boundaries(desk, plan, _apply, near=True)
    wanted = state(lab)
    for at in range(1, count + 1):
        desk, plan = stage.enter()
        dies_at(desk, plan, _apply, Fuse(at, near=True))
        apply_plan(desk, plan.id, resume=True, accept_irreversible=True)
        assert state(lab) == wanted, at


def _apply(desk: Desk, plan_id: str) -> Any:
    return apply_plan(desk, plan_id, accept_irreversible=True)
