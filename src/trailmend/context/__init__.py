"""The row of context of each event: made by folding an account's events in time."""

from trailmend.context.fold import IN_TIME, fold, ledger_at, order_unknown, seconds_of
from trailmend.context.look import RECENT
from trailmend.context.permissions import is_admin
from trailmend.context.shape import COLUMNS, Context, Moment
from trailmend.context.store_settings import STORE_SWITCHES
from trailmend.context.trail_settings import TRAIL_PLACES, TRAIL_SWITCHES

__all__ = [
    "COLUMNS",
    "IN_TIME",
    "RECENT",
    "STORE_SWITCHES",
    "TRAIL_PLACES",
    "TRAIL_SWITCHES",
    "Context",
    "Moment",
    "fold",
    "is_admin",
    "ledger_at",
    "order_unknown",
    "seconds_of",
]
