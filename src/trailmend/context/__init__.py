"""The row of context of each event: made by folding an account's events in time."""

from trailmend.context.fold import fold
from trailmend.context.look import RECENT
from trailmend.context.shape import COLUMNS, Context

__all__ = ["COLUMNS", "RECENT", "Context", "fold"]
