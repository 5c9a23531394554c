"""The settings file of a workspace: what passwords must be, and who is never touched.

[password_policy]
minimum_password_length = 14

[protected]
principals = ["break-glass-*"]

[approval]
second_person = "high"

[secrets]
sink = "secretsmanager"
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from trailmend.errors import CannotRead, WrongUse
from trailmend.password_policies import PasswordPolicy
from trailmend.planning.approvals import ApprovalRules
from trailmend.responder import ARN
from trailmend.settings.advice import told

_NAMES = r"[\w+=,.@*?\[\]!-]+"
_ARNS = r"[Aa][Rr][Nn]:\S*:(?:(?:user|role|assumed-role)/\S+|\S*[*?]\S*)"


class PasswordBaseline(Struct, frozen=True, forbid_unknown_fields=True):
    """What console passwords must be at least.

    Length 14 and 24 remembered passwords are CIS AWS Foundations (v3.0 1.8 and 1.9, v5.0 1.7 and
    1.8).  The character classes are ours; the benchmark has not asked for them since v3.0.  No
    expiry, as in the benchmark since v3.0; 0 means none.
    """

    minimum_password_length: Annotated[int, Meta(ge=6, le=128)] = 14
    require_symbols: bool = True
    require_numbers: bool = True
    require_uppercase_characters: bool = True
    require_lowercase_characters: bool = True
    password_reuse_prevention: Annotated[int, Meta(ge=0, le=24)] = 24
    max_password_age: Annotated[int, Meta(ge=0, le=1095)] = 0


class Protected(Struct, frozen=True, forbid_unknown_fields=True):
    """Users and roles that are never changed.

    `principals` are names or ARNs, with `*` and `?` as in the shell; of an ARN the kind and the
    name count.  What can mean no user and no role is refused, as it would protect nobody.
    `tag` is the key of a tag that protects its bearer whatever its value.
    """

    principals: tuple[Annotated[str, Meta(pattern=rf"\A(?:{_NAMES}|{_ARNS})\Z")], ...] = ()
    tag: Annotated[str, Meta(min_length=1)] = "trailmend:protected"


def _check_home(path: str) -> None:
    try:
        Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"nobody's home is {path.partition('/')[0]}") from error


class Secrets(Struct, frozen=True, forbid_unknown_fields=True):
    """Where new passwords and MFA seeds are kept, and nowhere else.

    `file` is the folder `folder`: of the workspace, or anywhere if it begins with `/` or with `~`,
    the user's home.  `secretsmanager` is AWS Secrets Manager in the account that is mended, in the
    region of the command, under `prefix`.
    """

    sink: Literal["file", "secretsmanager"] = "file"
    folder: Annotated[str, Meta(pattern=r"\A[^\0]+\Z")] = "secrets"
    prefix: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9/_+=.@-]{1,100}\Z")] = "trailmend"

    def __post_init__(self) -> None:
        _check_home(self.folder)

    def folder_in(self, workspace: Path) -> Path:
        """Give the folder of a workspace's secrets."""
        return workspace / Path(self.folder).expanduser()


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """How much one workspace may change: in one plan, and within an hour by all plans."""

    changes_per_plan: Annotated[int, Meta(ge=1)] = 30
    changes_per_hour: Annotated[int, Meta(ge=1)] = 100


class Responder(Struct, frozen=True, forbid_unknown_fields=True):
    """Roles and users that Trailmend alone uses, by ARN; what else they do is critical."""

    principals: tuple[Annotated[str, Meta(pattern=rf"\A{ARN}\Z")], ...] = ()


class Mutes(Struct, frozen=True, forbid_unknown_fields=True):
    """The file of mutes: of the workspace, or anywhere if it begins with `/` or with `~`."""

    file: Annotated[str, Meta(pattern=r"\A[^\0]+\Z")] = "mutes.toml"

    def __post_init__(self) -> None:
        _check_home(self.file)

    def path_in(self, workspace: Path) -> Path:
        """Give the file of a workspace's mutes."""
        return workspace / Path(self.file).expanduser()


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings; each has a default."""

    password_policy: PasswordBaseline = PasswordBaseline()
    protected: Protected = Protected()
    approval: ApprovalRules = ApprovalRules()
    secrets: Secrets = Secrets()
    limits: Limits = Limits()
    responder: Responder = Responder()
    mutes: Mutes = Mutes()

    @property
    def baseline(self) -> dict[str, Any]:
        """The password policy in CloudTrail's names, for the `baseline` of a finding's facts."""
        values = msgspec.structs.asdict(self.password_policy)
        policy = PasswordPolicy(**values, allow_users_to_change_password=True)
        return {k: v for k, v in msgspec.to_builtins(policy).items() if k != "hardExpiry"}


def settings_of(workspace: Path) -> Settings:
    """Read the settings of a workspace; raises as `read_settings` does."""
    return read_settings(workspace / "settings.toml")


def read_settings(path: Path) -> Settings:
    """Read the settings; a file that is not there gives the defaults.

    Raises CannotRead if the file is there and cannot be read, and WrongUse if a name or a value
    in it is wrong: a list of protected principals that is not understood must stop everything.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise CannotRead(f"The settings {path} cannot be read ({error.strerror}).") from error
    try:
        return msgspec.toml.decode(text, type=Settings)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what = told(text, str(error))
        raise WrongUse(f"The settings {path} are wrong: {what}") from error
