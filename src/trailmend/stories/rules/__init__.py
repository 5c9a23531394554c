"""The follow-ups: after which event which later one counts, joined by what, and what it means.

Of the rules for one later event the first that applies counts, so their order matters.
"""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.rule import Rule
from trailmend.stories.rules.account import ACCOUNT_RULES
from trailmend.stories.rules.applications import APPLICATION_RULES
from trailmend.stories.rules.credentials import CREDENTIAL_RULES
from trailmend.stories.rules.federation import FEDERATION_RULES, FEDERATION_UNTOLD
from trailmend.stories.rules.identity_center import IDENTITY_CENTER_RULES, IDENTITY_CENTER_UNTOLD
from trailmend.stories.rules.keys import KEY_RULES, KEYS_UNTOLD
from trailmend.stories.rules.log_stores import LOG_STORE_RULES
from trailmend.stories.rules.organization import ORGANIZATION_RULES, ORGANIZATION_UNTOLD
from trailmend.stories.rules.permissions import PERMISSION_RULES
from trailmend.stories.rules.roles import ROLE_RULES
from trailmend.stories.rules.sessions import SESSION_RULES
from trailmend.stories.rules.sign_in import SIGN_IN_RULES, SIGN_INS_UNTOLD
from trailmend.stories.rules.trails import TRAIL_RULES
from trailmend.stories.rules.users import USER_RULES, USERS_UNTOLD

RULES: Mapping[str, tuple[Rule, ...]] = {
    **CREDENTIAL_RULES,
    **KEY_RULES,
    **PERMISSION_RULES,
    **TRAIL_RULES,
    **LOG_STORE_RULES,
    **ORGANIZATION_RULES,
    **ACCOUNT_RULES,
    **ROLE_RULES,
    **USER_RULES,
    **FEDERATION_RULES,
    **IDENTITY_CENTER_RULES,
    **APPLICATION_RULES,
    **SESSION_RULES,
    **SIGN_IN_RULES,
}
"""What may follow a call that succeeded, by its name as `timeline.called` gives it."""

UNTOLD: Mapping[str, str] = {
    **KEYS_UNTOLD,
    **USERS_UNTOLD,
    **ORGANIZATION_UNTOLD,
    **FEDERATION_UNTOLD,
    **IDENTITY_CENTER_UNTOLD,
    **SIGN_INS_UNTOLD,
}
"""The calls that open a finding and after which nothing in the log can tell more, with why."""
