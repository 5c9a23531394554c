"""Watch the trail, mend the account."""

__version__ = "0.1.0"
