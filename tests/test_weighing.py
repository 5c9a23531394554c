"""Each fact for or against what may have happened is told once."""

from tests.outputs_support import finding
from trailmend.findings import Explained
from trailmend.report.terminal import console, whole_finding
from trailmend.report.weighing import Shared, weighed

EXPLAINED = [
    Explained("intended", "Work.", ["With MFA."], ["Refused before."]),
    Explained("unauthorised", "Theft.", ["Refused before.", "No MFA."], ["With MFA."]),
    Explained("accident", "A slip.", [], ["Refused before."]),
]


def test_fact_on_several_explanations_is_told_once_with_its_bearing() -> None:
    alone, several = weighed(EXPLAINED)

    assert alone == [
        Explained("intended", "Work.", [], []),
        Explained("unauthorised", "Theft.", ["No MFA."], []),
        Explained("accident", "A slip.", [], []),
    ]
    assert several == [
        Shared("With MFA.", ("intended",), ("unauthorised",)),
        Shared("Refused before.", ("unauthorised",), ("intended", "accident")),
    ]
    assert [one.bearing for one in several] == [
        "for intended, against unauthorised",
        "for unauthorised, against intended and accident",
    ]


def test_terminal_tells_each_fact_once() -> None:
    terminal = console()
    with terminal.capture() as captured:
        terminal.print(whole_finding(finding(explanations=EXPLAINED)))

    assert [captured.get().count(fact) for fact in ("With MFA.", "Refused before.")] == [1, 1]
