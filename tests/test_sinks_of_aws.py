"""The sink in AWS Secrets Manager: what it keeps, and what it never tells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.vaults import HOSTILE, vault
from trailmend.calls import Call
from trailmend.changing.sinks import AwsSink, FileSink, PlanSink
from trailmend.errors import CannotKeep, Denied, LostAnswer, NotFound
from trailmend.lab import Fault, Lab


def names(lab: Lab) -> list[str]:
    found = lab.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)
    return [one["Name"] for one in found["SecretList"]]


@pytest.mark.parametrize("value", ["Pä55-word", b"\x89PNG\r\n\x1a\n\0\xff"])
def test_secret_comes_back_as_it_was_until_it_is_discarded(value: str | bytes, lab: Lab) -> None:
    sink = vault(lab)
    assert sink.recall("P-2345.bob") is None

    sink.keep("P-2345.bob", value)

    assert sink.recall("P-2345.bob") == (value.encode() if isinstance(value, str) else value)
    assert names(lab) == ["trailmend/P-2345.bob"]
    sink.discard("P-2345.bob")
    sink.discard("P-2345.bob")
    assert (sink.recall("P-2345.bob"), names(lab)) == (None, [])


def test_newer_secret_takes_the_place_of_the_older(lab: Lab) -> None:
    sink = vault(lab)
    sink.keep("bob", "old")
    sink.keep("bob", b"new")

    assert (sink.recall("bob"), names(lab)) == (b"new", ["trailmend/bob"])


def test_proof_leaves_no_secret_and_uses_no_name_twice(lab: Lab) -> None:
    """AWS takes a while to free a name, so a probe of a fixed name fails the second time."""
    sink = vault(lab)
    sink.prove()
    sink.prove()

    made = [one.parameters["Name"] for one in lab.calls if one.operation == "CreateSecret"]
    assert (len(set(made)), names(lab)) == (2, [])


def test_names_of_secrets_are_those_that_aws_allows_and_apart(lab: Lab) -> None:
    sink = vault(lab, "team/trailmend")
    for number, name in enumerate(HOSTILE):
        sink.keep(f"P-2345.{name}", str(number))

    assert [sink.recall(f"P-2345.{name}") for name in HOSTILE] == [
        str(number).encode() for number in range(len(HOSTILE))
    ]
    made = [one.parameters["Name"] for one in lab.calls if one.operation == "CreateSecret"]
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+=.@-")
    assert len(set(made)) == len(HOSTILE)
    assert [name for name in made if set(name) - allowed or len(name) > 512] == []


@pytest.mark.parametrize("action", ["GetSecretValue", "CreateSecret", "DeleteSecret"])
def test_missing_permission_is_told_by_the_proof(action: str, lab: Lab) -> None:
    lab.deny("lab-admin", f"secretsmanager:{action}")

    with pytest.raises(CannotKeep) as caught:
        vault(lab).prove()

    assert f"secretsmanager:{action}" in str(caught.value)
    assert "Give the permission, or choose another place in [secrets]" in str(caught.value)
    assert len(names(lab)) == (action == "DeleteSecret")


def test_name_that_is_to_be_deleted_cannot_be_used(lab: Lab) -> None:
    client = lab.client("secretsmanager")
    client.create_secret(Name="trailmend/bob", SecretString="somebody's")
    client.delete_secret(SecretId="trailmend/bob")

    with pytest.raises(CannotKeep, match="marked for deletion"):
        vault(lab).keep("bob", "canary")


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.FAILING, Fault.LOST_REQUEST])
@pytest.mark.parametrize("action", ["GetSecretValue", "CreateSecret", "DeleteSecret"])
def test_trouble_of_a_moment_does_not_lose_a_secret(fault: Fault, action: str, lab: Lab) -> None:
    sink = vault(lab)
    lab.fault(f"secretsmanager:{action}", fault)

    sink.keep("bob", "x")
    assert sink.recall("bob") == b"x"
    sink.discard("bob")

    assert names(lab) == []


@pytest.mark.parametrize("action", ["CreateSecret", "PutSecretValue", "DeleteSecret"])
def test_lost_answer_of_the_sink_does_not_lose_a_secret(action: str, lab: Lab) -> None:
    sink = vault(lab)
    if action == "PutSecretValue":
        sink.keep("bob", "old")
    lab.fault(f"secretsmanager:{action}", Fault.LOST_ANSWER)

    sink.keep("bob", "x")
    assert sink.recall("bob") == b"x"
    sink.discard("bob")

    assert names(lab) == []


def test_no_error_of_the_sink_repeats_the_value() -> None:
    """Whatever the client raises, with the whole call in its words."""

    def raising(error: type[Exception]) -> AwsSink:
        def client(call: Call) -> Mapping[str, Any]:
            if call.name == "secretsmanager.get_secret_value":
                raise NotFound("no such secret")
            raise error(f"{call!r} {call.params}")

        return AwsSink(client, "trailmend")

    for error in (Denied, LostAnswer, NotFound, TypeError):
        for value in ("c4n@ry+[=]", b"\x89c4nary"):
            with pytest.raises((CannotKeep, TypeError)) as caught:
                raising(error).keep("bob", value)
            assert "c4n" not in repr(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_place_that_is_told_of_a_secret_is_the_place_where_it_is(lab: Lab, tmp_path: Path) -> None:
    file = PlanSink(FileSink(tmp_path / "secrets"), "P-2345")
    aws = PlanSink(vault(lab), "P-2345")
    for sink in (file, aws):
        sink.keep("bob/eve.password", "x")

    (path,) = (tmp_path / "secrets").iterdir()
    assert file.where("bob/eve.password") == str(path)
    assert aws.where("bob/eve.password") == f"{names(lab)[0]} in AWS Secrets Manager"


def test_secret_in_a_plan_bears_its_name(lab: Lab) -> None:
    whole = vault(lab)
    one, other = PlanSink(whole, "P-2345"), PlanSink(whole, "P-6789")

    one.keep("bob.password", "x")

    assert (one.recall("bob.password"), other.recall("bob.password")) == (b"x", None)
    assert names(lab) == ["trailmend/P-2345.bob.password"]
    other.discard("bob.password")
    one.prove()
    one.discard("bob.password")
    assert names(lab) == []
