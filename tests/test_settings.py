"""A settings file that is wrong: where, what, and what may stand there."""

from pathlib import Path

import pytest
from msgspec.structs import fields, replace

from trailmend.errors import WrongUse
from trailmend.settings import Protected, Settings, read_settings
from trailmend.settings.advice import FORMS

ARNS = (
    "a list of ARNs of users and roles, without * and ?, as "
    '["arn:aws:iam::123456789012:role/trailmend-apply"].'
)
NAMES = (
    "a list of names or ARNs of users and roles, where * and ? may stand for what differs, as "
    '["break-glass-*"].'
)

LEVELS = "Levels are info, low, medium, high, critical."
LEVEL = f'write a level in quotes, or "never". {LEVELS}'
APPROVERS = f'write a list of names or ARNs for a level, as {{ critical = ["kim"] }}. {LEVELS}'


def test_every_key_of_the_settings_has_words_for_what_may_stand_there() -> None:
    tables = {table.name: table.type for table in fields(Settings)}

    assert {table: list(forms) for table, forms in FORMS.items()} == {
        name: [key.name for key in fields(table)] for name, table in tables.items()
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            '[secrets]\nsink = "s3"',
            '[secrets] sink cannot be "s3": write "file" or "secretsmanager".',
        ),
        (
            '[responder]\nprincipals = ["foo"]',
            f'[responder] principals cannot have "foo": write {ARNS}',
        ),
        (
            '[responder]\nprincipals = ["arn:aws:iam::123456789012:role/trailmend-*"]',
            '[responder] principals cannot have "arn:aws:iam::123456789012:role/trailmend-*": '
            f"write {ARNS}",
        ),
        (
            '[protected]\nprincipals = ["break-glass-*", "arn:aws:s3:::logs"]',
            f'[protected] principals cannot have "arn:aws:s3:::logs": write {NAMES}',
        ),
        (
            '[protected]\nprincipals = ["role/deploy"]',
            f'[protected] principals cannot have "role/deploy": write {NAMES}',
        ),
        (
            "[limits]\nchanges_per_hour = 0",
            "[limits] changes_per_hour cannot be 0: write a number from 1.",
        ),
        (
            "[limits]\nchanges_per_day = 3",
            "[limits] has no key changes_per_day. Did you mean changes_per_plan? There is: "
            "changes_per_plan, changes_per_hour.",
        ),
        (
            "[protekted]",
            "there is no table [protekted]. Did you mean protected? There is: password_policy, "
            "protected, approval, secrets, limits, responder, mutes.",
        ),
        (
            'secrets = "file"',
            "[secrets] stands on a line of its own, and below it its keys: sink, folder, prefix.",
        ),
        (
            '[secrets]\nfolder = "~nobody-of-that-name/x"',
            "[secrets]: nobody's home is ~nobody-of-that-name.",
        ),
        (
            '[approval]\nsecnd_person = "high"',
            "[approval] has no key secnd_person. Did you mean second_person? There is: "
            "second_person, second_person_irreversible, approvers, folder.",
        ),
        (
            '[approval]\nsecond_person = "urgent"',
            f'[approval] second_person cannot be "urgent": {LEVEL}',
        ),
        (
            '[approval]\nsecond_person = "High"',
            f'[approval] second_person cannot be "High": {LEVEL}',
        ),
        (
            '[approval.approvers]\nhihg = ["kim"]',
            f'[approval] approvers cannot be {{"hihg": ["kim"]}}: {APPROVERS}',
        ),
        (
            '[approval.approvers]\nhigh = "kim"',
            f'[approval] approvers cannot be {{"high": "kim"}}: {APPROVERS}',
        ),
        (
            '[approval.approvers]\nhigh = [""]',
            f'[approval] approvers cannot be {{"high": [""]}}: {APPROVERS}',
        ),
        (
            "approval = 3",
            "[approval] stands on a line of its own, and below it its keys: second_person, "
            "second_person_irreversible, approvers, folder.",
        ),
        (
            "[secrets",
            "Expected ']' at the end of a table declaration (at end of document). Correct it and "
            "try again.",
        ),
    ],
)
def test_wrong_settings_say_where_what_and_what_may_stand_there(
    written: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(written)

    with pytest.raises(WrongUse) as caught:
        read_settings(path)

    assert str(caught.value) == f"The settings {path} are wrong: {said}"


@pytest.mark.parametrize(
    "pattern",
    [
        *("bob", "break-glass-*", "b?b", "[ab]*", "kim@acorn.example"),
        *("arn:aws:iam::123456789012:user/staff/zed", "ARN:aws:iam::*:role/Deploy*"),
        *("arn:aws:sts::123456789012:assumed-role/Deploy/session", "arn:aws:iam::123456789012:*"),
    ],
)
def test_patterns_that_mean_a_user_or_a_role_protect(pattern: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(f'[protected]\nprincipals = ["{pattern}"]')

    assert read_settings(path).protected.principals == (pattern,)


def test_missing_settings_are_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / "settings.toml")

    assert settings == Settings()
    assert settings.baseline == {
        "minimumPasswordLength": 14,
        "requireSymbols": True,
        "requireNumbers": True,
        "requireUppercaseCharacters": True,
        "requireLowercaseCharacters": True,
        "allowUsersToChangePassword": True,
        "maxPasswordAge": 0,
        "passwordReusePrevention": 24,
    }


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        "[password_policy]\nminimum_password_length = 20\n"
        '[protected]\nprincipals = ["break-glass-*"]\n'
    )

    settings = read_settings(path)

    assert settings.baseline["minimumPasswordLength"] == 20
    assert settings.protected == replace(Protected(), principals=("break-glass-*",))


@pytest.mark.parametrize(
    "text",
    [
        '[protected]\nprincipal = ["a"]',
        '[protected]\nprincipals = "a"',
        '[protected]\nprincipals = [""]',
        '[protected]\ntag = ""',
        "[protect]",
        "[password_policy]\nminimum_password_length = 5",
        "[password_policy]\nhard_expiry = true",
        "[protected",
        "\udcff",
    ],
)
def test_settings_that_are_not_understood_stop_everything(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(WrongUse, match=r"settings\.toml"):
        read_settings(path)
