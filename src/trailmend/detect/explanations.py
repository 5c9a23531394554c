"""The facts that are asked of every finding, whatever its event: for and against each hypothesis.

The runbooks hold what only their event can tell.  None of these facts changes a level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from trailmend.catalog import Explanation, Fact, Hypothesis

_BULK, _MANY_REFUSED, _SOON = 5, 3, 60
_DAY = 24 * 60
"""So many minutes make something familiar: an intruder's first call does not vouch for the next."""

_MFA = Fact("The caller's session used MFA.", "mfa = 'yes'")
_NO_MFA = Fact("The caller's session had no MFA.", "mfa = 'no'")
_NEW_PRINCIPAL = Fact(
    "No call of this principal had succeeded before; the log holds events of {log_days} days "
    "before.",
    "first_call",
)
_SHORT_LOG = Fact(
    "Whether the address, the agent and the call are new for this principal is not known: the log "
    "is too short to tell.  It holds {log_days} days before, and shows the principal on "
    "{known_days}.",
    "known_days IS NOT NULL AND first_action IS NULL AND NOT COALESCE(first_call, FALSE)",
)
"""It weakens both what would be told of a familiar caller and what of a stranger."""
_NEW_ADDRESS = Fact(
    "No call of this principal from {source_ip} had succeeded before; the log shows it on "
    "{known_days} days before.",
    "first_address",
)
_LATE_ADDRESS = Fact(
    "The principal began to call with success from {source_ip} at most {address_minutes} min "
    "before; the log shows it on {known_days} days before.",
    f"NOT first_address AND address_minutes < {_DAY}",
)
_KNOWN_ADDRESS = Fact(
    "The principal had called from {source_ip} a day before or earlier.",
    f"address_minutes >= {_DAY}",
)
_NEW_AGENT = Fact(
    "The first call of this principal with an agent of this kind, on {known_days} days of the "
    "log; the caller chooses that text.",
    "first_agent",
)
_LATE_AGENT = Fact(
    "The principal began to call with an agent of this kind at most {agent_minutes} min before, on "
    "{known_days} days of the log; the caller chooses that text.",
    f"NOT first_agent AND agent_minutes < {_DAY}",
)
_NEW_ACTION = Fact(
    "No {event_name} of this principal had succeeded before; the log shows it on {known_days} days "
    "before.",
    "first_action",
)
_LATE_ACTION = Fact(
    "The first {event_name} of this principal that succeeded came at most {action_minutes} min "
    "before; the log shows it on {known_days} days before.",
    f"NOT first_action AND action_minutes < {_DAY}",
)
_KNOWN_ACTION = Fact(
    "The principal had called {event_name} a day before or earlier.", f"action_minutes >= {_DAY}"
)
_MOVED = Fact(
    "The keys of this session had called from another address before.  A laptop that changes its "
    "network does that too.",
    "session_address_changed",
)
_UNUSUAL_HOUR = Fact(
    "An hour of the day (UTC) at which no call of this principal had succeeded a day before or "
    "earlier, on {known_days} days.",
    "unusual_hour",
)
_UNUSUAL_WEEKDAY = Fact(
    "A day of the week (UTC) on which no call of this principal had succeeded a day before or "
    "earlier, on {known_days} days.",
    "unusual_weekday",
)
_ON_MANY = Fact(
    "{same_action_10m} calls like this by the same principal within 10 minutes, on {targets_10m} "
    "targets.",
    f"targets_10m >= {_BULK}",
)
_MANY = Fact(
    "{same_action_10m} calls like this by the same principal within 10 minutes.",
    f"same_action_10m >= {_BULK}",
)
_DENIED = Fact(
    "{denied_before} calls were denied to this principal in the hour before.",
    f"denied_before >= {_MANY_REFUSED}",
)
_FAILED = Fact(
    "{failed_before} calls of this principal failed in the hour before.",
    f"failed_before >= {_MANY_REFUSED}",
)
_TRAIL_OFF = Fact("A trail of the account was off, since {trail_off_since}.", "trail_off")
_TRAIL_OFF_BY_ACTOR = Fact("The same principal had turned a trail off.", "trail_off_by_actor")
_USER = Fact(
    "Another IAM user of the account made the call.",
    "actor_type = 'IAMUser' AND known_relation = 'other' AND actor_account = account_id",
)
_OUTSIDER = Fact(
    "A principal of another account, {actor_account}, made the call.",
    "actor_account IS NOT NULL AND actor_account IS DISTINCT FROM account_id",
)
_ROOT = Fact("Root made the call.", "actor_type = 'Root' AND NOT assumed_root")
_ROLE = Fact(
    "A role's session made the call, neither in the console nor by way of Identity Center.",
    "actor_type = 'AssumedRole' AND NOT COALESCE(console, FALSE) "
    "AND NOT COALESCE(actor_name LIKE 'AWSReservedSSO%', FALSE)",
)
"""People hold sessions of roles too; those of Identity Center are people's."""
_CHAINED = Fact(
    "The call comes from {origin_name} over {role_hops} sessions, one taken from the other.",
    "role_hops >= 2 AND origin_name IS NOT NULL",
)
_SOURCE_IDENTITY = Fact(
    "The session bears the source identity {source_identity}, set when the role was taken.",
    "source_identity IS NOT NULL",
)
_CONSOLE = Fact("A person's console session made the call.", "console")
_JUST_MADE = Fact(
    "What is acted on was made {target_age} seconds before, and it takes IAM a while to show a "
    "change everywhere.",
    f"outcome <> 'success' AND target_age <= {_SOON}",
)
"""AWS IAM User Guide, Troubleshoot IAM: changes are not always visible at once."""
_MADE = Fact("The same principal had made what is touched now.", "made_by_actor")
_SERVICE = Fact(
    "An AWS service, {invoked_by}, made the call for the caller.", "invoked_by IS NOT NULL"
)

COMMON: Mapping[Hypothesis, tuple[tuple[Fact, ...], tuple[Fact, ...]]] = {
    "intended": (
        (_MFA, _SOURCE_IDENTITY, _KNOWN_ADDRESS, _KNOWN_ACTION),
        (_NEW_ADDRESS, _LATE_ADDRESS, _SHORT_LOG, _DENIED, _TRAIL_OFF),
    ),
    "unauthorised": (
        (
            *(_NO_MFA, _ROOT, _OUTSIDER, _NEW_PRINCIPAL, _NEW_ADDRESS, _LATE_ADDRESS),
            *(_MOVED, _NEW_AGENT, _LATE_AGENT, _NEW_ACTION, _LATE_ACTION),
            *(
                _UNUSUAL_HOUR,
                _UNUSUAL_WEEKDAY,
                _CHAINED,
                _ON_MANY,
                _DENIED,
                _FAILED,
                _TRAIL_OFF,
                _TRAIL_OFF_BY_ACTOR,
            ),
        ),
        (_MFA, _KNOWN_ADDRESS, _KNOWN_ACTION, _SHORT_LOG),
    ),
    "insider": (
        (_USER, _CONSOLE, _KNOWN_ADDRESS, _NEW_ACTION, _LATE_ACTION, _TRAIL_OFF_BY_ACTOR),
        (_OUTSIDER, _NEW_ADDRESS, _LATE_ADDRESS),
    ),
    "accident": (
        (_NEW_ACTION, _LATE_ACTION, _ON_MANY, _JUST_MADE),
        (_DENIED, _TRAIL_OFF_BY_ACTOR),
    ),
    "automation": (
        (_ROLE, _SERVICE, _KNOWN_ACTION, _MADE, _MANY, _FAILED, _JUST_MADE),
        (_ROOT, _CONSOLE, _MOVED, _NEW_ACTION, _LATE_ACTION),
    ),
}
"""Of each hypothesis the facts that support it and those that speak against it."""


def facts_of(explanations: Iterable[Explanation]) -> Iterator[tuple[int, str, Fact]]:
    """Give every fact of some explanations: number of the explanation, side, fact.

    The facts of the page come first, then those that are asked of every finding.
    """
    for number, one in enumerate(explanations):
        supports, against = COMMON[one.hypothesis]
        yield from ((number, "supports", fact) for fact in (*one.supports, *supports))
        yield from ((number, "against", fact) for fact in (*one.against, *against))
