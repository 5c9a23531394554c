"""The follow-ups of roles: opened, taken from outside, closed; given to machines; lengthened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trailmend.stories.facts_roles import (
    as_before_with_sessions_left,
    by_a_known_outsider,
    by_a_new_outsider,
    by_an_open_federation,
    closed_with_sessions_left,
    ends_the_visits,
    for_a_machine,
    in_a_chain_after_a_repair,
    in_a_chain_of_a_new_outsider,
    in_a_session_of_a_new_outsider,
    in_it_after_a_repair,
    lasts_as_long_again,
    lasts_no_longer_than_before,
    trusts_no_more_than_before,
    trusts_no_outsider_now,
    trusts_the_same_again,
)
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone
from trailmend.stories.visits import HOLDS_A_ROLE, LET_IN

_TRUST_SET = ("UpdateAssumeRolePolicy",)
_TAKEN = ("sts:AssumeRole",)
_TAKEN_BY_FEDERATION = ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_PUT_IN, _TAKEN_OUT = ("AddRoleToInstanceProfile",), ("RemoveRoleFromInstanceProfile",)
_UPDATED = ("UpdateRole",)
_SESSIONS_LEFT = "sessions begun before go on until they are ended."

_DELETED = joined_by(
    "target",
    # A role that is made again under the name is another one.
    *(replace(rule, final=True) for rule in put_right(("DeleteRole",), "deleted the role.")),
)
_CLOSED = joined_by(
    "target",
    *put_right(
        _TRUST_SET,
        f"set a trust policy that lets in no outsider; {_SESSIONS_LEFT}",
        closed_with_sessions_left,
    ),
    *put_right(_TRUST_SET, "set a trust policy that lets in no outsider.", trusts_no_outsider_now),
    *undone(_TRUST_SET, "let in anew whom the former change had let in", trusts_the_same_again),
    Rule(
        _TRUST_SET,
        "notes",
        "{who} replaced the trust policy; that this puts things right is not known.",
    ),
)
_SESSIONS_ENDED = joined_by(
    "target",
    *put_right(
        HOLDS_A_ROLE,
        "ended the sessions begun before; the role had been closed.",
        ends_the_visits,
    ),
) + joined_by(
    "role taken from it",
    *put_right(
        HOLDS_A_ROLE,
        "ended the sessions of the role that was taken from an outsider's session.",
        ends_the_visits,
    ),
)
_VISITED = joined_by(
    "newcomer",
    Rule(
        _TAKEN,
        "harms",
        f"{{who}}, {LET_IN}",
        when=by_a_new_outsider,
    ),
    Rule(
        _TAKEN,
        "notes",
        "{who}, of another account that was let in before already, took a session of the role.",
        when=by_a_known_outsider,
    ),
    Rule(
        _TAKEN_BY_FEDERATION,
        "notes",
        "{who} took a session of the role by a federation; whether as an outsider is not known.",
        when=by_an_open_federation,
    ),
) + joined_by(
    "visitor's call",
    Rule(
        (),
        "harms",
        "A session of another role, taken from an outsider's, went on after the repair: {event} "
        "from {address}.",
        when=in_a_chain_after_a_repair,
    ),
    Rule(
        (),
        "notes",
        "An outsider's session took one of another role, used first for {event} from {address}.",
        when=in_a_chain_of_a_new_outsider,
    ),
    Rule(
        (),
        "harms",
        "A session of an outsider, begun before the repair, went on: {event} from {address}.",
        when=in_it_after_a_repair,
    ),
    Rule(
        (),
        "notes",
        "A session of an outsider was used, first for {event} from {address}.",
        when=in_a_session_of_a_new_outsider,
    ),
)

_AFTER_MADE = (*_CLOSED, *_DELETED, *_VISITED, *_SESSIONS_ENDED)
_AFTER_TRUST = (
    *joined_by(
        "target",
        *put_right(
            _TRUST_SET,
            f"set the former trust policy again, or one that lets in nobody more; {_SESSIONS_LEFT}",
            as_before_with_sessions_left,
        ),
        *put_right(
            _TRUST_SET,
            "set the former trust policy again, or one that lets in nobody more.",
            trusts_no_more_than_before,
        ),
    ),
    *_CLOSED,
    *_DELETED,
    *_VISITED,
    *_SESSIONS_ENDED,
)
_AFTER_PUT_IN = (
    *joined_by(
        "target and object",
        *put_right(_TAKEN_OUT, "took the role out of the instance profile."),
        *done_again(_PUT_IN, "put the role into the instance profile"),
    ),
    *joined_by(
        "newcomer",
        Rule(
            _TAKEN,
            "notes",
            "{who} took a session of the role and handed it to a machine.",
            when=for_a_machine,
        ),
    ),
)
_AFTER_UPDATED = (
    *joined_by(
        "target",
        *put_right(
            _UPDATED,
            "set the role's longest session to that of before, or shorter.",
            lasts_no_longer_than_before,
        ),
        *undone(
            _UPDATED,
            "let the role's sessions last as long as before that, or longer",
            lasts_as_long_again,
        ),
        Rule(
            _UPDATED,
            "notes",
            "{who} updated the role; that its sessions last no longer than before is not known.",
        ),
    ),
    *_DELETED,
)

ROLE_RULES: Mapping[str, tuple[Rule, ...]] = {
    "AcquireRole": _AFTER_MADE,
    "AddRoleToInstanceProfile": _AFTER_PUT_IN,
    "CreateRole": _AFTER_MADE,
    "UpdateAssumeRolePolicy": _AFTER_TRUST,
    "UpdateRole": _AFTER_UPDATED,
}
"""What may follow a call on a role that succeeded, by its name."""
