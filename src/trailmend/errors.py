"""What can go wrong, as one small tree; each message says what to do next.

TrailmendError
├── WrongUse              the command or its settings are wrong                     exit 2
│   ├── NoCredentials     no, unknown or expired AWS credentials                    exit 2
│   └── CatalogError      a runbook or a remediation is not well made               exit 2
├── CannotRead            an input, a workspace or a saved plan cannot be read      exit 1
├── CannotKeep            a secret or the audit log cannot be written               exit 1
├── CannotFix             no change would help; the message says what would         exit 1
│   └── NothingThere      what would be changed is not there any more               exit 1
├── Refused               a promise to the user forbids it; nothing was written     exit 1
│   └── Stale             the account is not what the plan saw                      exit 1
├── AwsError              AWS answered no                                           exit 1
│   ├── NotFound          the entity does not exist
│   ├── Denied            the caller may not do this
│   ├── Throttled         too many calls; a read may be tried again
│   ├── Busy              the entity cannot be changed for some minutes (409)
│   └── Unreachable       no answer, and nothing can have been changed
├── LostAnswer            a write was sent and not answered: it may have happened   exit 1
├── Stopped               some changes of a plan were made, and then no more        exit 1
└── Unverified            the change was made and the account does not show it yet  exit 1
"""

from typing import ClassVar


class TrailmendError(Exception):
    """Stop with a sentence that the user can act on."""

    exit_code: ClassVar[int] = 1


class WrongUse(TrailmendError):
    """The command or its settings are wrong."""

    exit_code = 2


class NoCredentials(WrongUse):
    """AWS credentials are missing, unknown or expired."""


class CatalogError(WrongUse):
    """A runbook or a remediation is not well made."""


class CannotRead(TrailmendError):
    """An input, a workspace or a saved plan cannot be read."""


class CannotKeep(TrailmendError):
    """A secret or the audit log cannot be written; nothing depends on it yet."""


class CannotFix(TrailmendError):
    """No change would help; the message says what would."""


class NothingThere(CannotFix):
    """What would be changed is not there any more: so nobody has anything by it."""


class Refused(TrailmendError):
    """A promise to the user forbids it; nothing was written."""


class Stale(Refused):
    """The account is not what the plan saw; nothing was written."""


class AwsError(TrailmendError):
    """AWS answered no.

    `code` is the wire code of the error (`NoSuchEntity`), empty where there was no answer;
    `request_id` is AWS's name of the call, which CloudTrail shows.
    """

    def __init__(self, message: str, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class NotFound(AwsError):
    """The entity does not exist."""


class Denied(AwsError):
    """The caller may not do this."""


class Throttled(AwsError):
    """Too many calls; a read may be tried again."""


class Busy(AwsError):
    """The entity cannot be changed for some minutes (409)."""


class Unreachable(AwsError):
    """No answer, and nothing can have been changed."""


class LostAnswer(TrailmendError):
    """A write was sent and not answered: it may have happened."""

    def __init__(self, message: str, request_id: str = "") -> None:
        super().__init__(message)
        self.request_id = request_id


class Stopped(TrailmendError):
    """Some changes of a plan were made, and then no more; the message says which."""


class Unverified(TrailmendError):
    """The change was made, and the account does not show it yet."""
