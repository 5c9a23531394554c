"""People of Identity Center in stories: named and told apart, and never by what a caller chose."""

from tests.takeovers import HOUR, events, told
from trailmend.evidence import Principal, in_set, role
from trailmend.evidence.policies import ADMINISTRATOR, on
from trailmend.takeovers import Story

CALLED_SO = "AWSReservedSSO_Platform_0123456789abcdef"


def stories(*people: Principal) -> list[Story]:
    """Tell of people who each make an administrator, an hour apart."""
    return told(
        *(
            (HOUR * n, on("Attach{}Policy", f"user new-{n}", by=one, policyArn=ADMINISTRATOR))
            for n, one in enumerate(people)
        )
    )


def test_story_names_people_and_not_the_role_of_their_set() -> None:
    found = stories(*(in_set(f"{name}@example.org") for name in ("ana", "kim", "ana", "kim")))

    assert [[one.name for one in story.actors] for story in found] == [
        ["ana@example.org in Platform"],
        ["kim@example.org in Platform"],
    ]
    assert found[0].title == "ana@example.org in Platform touched new-0 and new-2"


def test_person_is_one_caller_in_all_sessions() -> None:
    ana = in_set("ana").identity
    (story,) = stories(Principal(ana), Principal({**ana, "accessKeyId": "ASIA0000000000000002"}))

    assert events(story) == [("AttachUserPolicy", "new-0"), ("AttachUserPolicy", "new-1")]


def test_session_name_of_a_role_that_is_only_called_so_names_nobody() -> None:
    found = stories(*(role(CALLED_SO, session=name) for name in ("ana", "kim", "ana")))

    assert {one.name for story in found for one in story.actors} == {f"role/{CALLED_SO}"}
