"""What the fixes of console passwords propose, and to whom they do nothing."""

import pytest

from tests.worlds import (
    ssh_body,
)
from tests.worlds_login_profiles import (
    DELETE,
    OLD,
    STOLEN,
    calls,
    create,
    force,
    make_bob,
    moment,
    proposed,
)
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Remediation
from trailmend.remediations.login_profiles import (
    create_lasting_login_profile,
    create_login_profile,
    disable_console_access,
    force_password_reset,
    set_new_password,
)

# What is proposed --------------------------------------------------------------------------


def test_deleted_password_is_made_anew_and_must_be_changed(lab: Lab) -> None:
    make_bob(lab, password=None)

    assert calls(proposed(create_login_profile, lab)) == [(create(reset=True), DELETE)]
    assert calls(proposed(create_lasting_login_profile, lab)) == [(create(reset=False), DELETE)]


@pytest.mark.parametrize(("minimum", "length"), [(6, 24), (24, 24), (25, 25), (128, 128)])
def test_password_is_as_long_as_the_account_asks(minimum: int, length: int, lab: Lab) -> None:
    make_bob(lab, password=None).update_account_password_policy(
        MinimumPasswordLength=minimum, AllowUsersToChangePassword=True
    )

    assert calls(proposed(create_login_profile, lab)) == [
        (create(reset=True, length=length), DELETE)
    ]


@pytest.mark.parametrize("fix", [create_login_profile, create_lasting_login_profile])
def test_user_with_a_password_needs_no_other(fix: Remediation, lab: Lab) -> None:
    make_bob(lab)

    assert calls(proposed(fix, lab)) == []


def test_password_is_replaced_by_a_deletion_and_a_creation(lab: Lab) -> None:
    make_bob(lab)

    assert calls(proposed(set_new_password, lab)) == [(DELETE, None), (create(reset=True), DELETE)]


def test_password_that_was_deleted_for_its_replacement_is_only_created(lab: Lab) -> None:
    make_bob(lab, password=None)

    assert calls(proposed(set_new_password, lab)) == [(create(reset=True), DELETE)]


@pytest.mark.parametrize(("seconds", "replaced"), [(-1, True), (0, True), (1, False)])
def test_only_a_password_made_later_than_the_event_is_left_alone(
    seconds: int, replaced: bool, lab: Lab
) -> None:
    iam = make_bob(lab, password=None)
    iam.create_login_profile(UserName="bob", Password=STOLEN)
    made = iam.get_login_profile(UserName="bob")["LoginProfile"]["CreateDate"]
    lab.advance(60)
    event = made.timestamp() - seconds

    known = {"event_time": f"{type(made).fromtimestamp(event, made.tzinfo):%Y-%m-%dT%H:%M:%SZ}"}

    assert bool(proposed(set_new_password, lab, **known).changes) is replaced
    assert bool(proposed(disable_console_access, lab, **known).changes) is True


def test_without_an_event_the_time_of_the_plan_decides(lab: Lab) -> None:
    make_bob(lab)
    later = {"event_time": "", "asked_at": moment(lab)}
    before = {"event_time": "", "asked_at": "2020-01-01T00:00:00Z"}

    assert len(proposed(set_new_password, lab, **later).changes) == 2
    assert calls(proposed(set_new_password, lab, **before)) == []


def test_reset_is_forced_on_the_password_that_is_there(lab: Lab) -> None:
    make_bob(lab)

    assert calls(proposed(force_password_reset, lab)) == [
        (force(required=True), force(required=False))
    ]


def test_reset_that_is_required_needs_nothing(lab: Lab) -> None:
    make_bob(lab).update_login_profile(UserName="bob", PasswordResetRequired=True)

    assert calls(proposed(force_password_reset, lab)) == []


def test_reset_without_a_password_is_refused_and_the_right_fix_named(lab: Lab) -> None:
    make_bob(lab, password=None)

    with pytest.raises(CannotFix, match=r"no console password.*create_login_profile"):
        proposed(force_password_reset, lab)


@pytest.mark.parametrize("reset", [True, False])
def test_access_is_taken_away_and_its_undo_requires_what_was_required(
    reset: bool, lab: Lab
) -> None:
    make_bob(lab).update_login_profile(UserName="bob", PasswordResetRequired=reset)

    (change,) = proposed(disable_console_access, lab).changes

    assert change.call == DELETE
    assert change.undo == create(reset=reset, what="password-after-rollback")
    assert "another, in the sink as bob.password-after-rollback" in change.irreversible


def test_keys_that_go_on_working_are_named(lab: Lab) -> None:
    iam = make_bob(lab)
    active = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"][0]["AccessKeyId"]
    sleeping = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="bob", AccessKeyId=sleeping, Status="Inactive")
    ssh_key = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body())
    made = iam.get_login_profile(UserName="bob")["LoginProfile"]["CreateDate"]

    (change,) = proposed(disable_console_access, lab).changes

    shown = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    assert change.note == (
        f"Console password of user bob, made {shown} → none. Still in use: access key {active}, "
        f"SSH key {ssh_key['SSHPublicKey']['SSHPublicKeyId']}."
    )


def test_user_without_a_password_has_no_access_to_take_away(lab: Lab) -> None:
    make_bob(lab, password=None)

    assert calls(proposed(disable_console_access, lab)) == []


# Whom it must not touch --------------------------------------------------------------------


EVERY = (
    create_login_profile,
    set_new_password,
    force_password_reset,
    create_lasting_login_profile,
    disable_console_access,
)
each_fix = pytest.mark.parametrize("fix", EVERY, ids=lambda fix: fix.key)


@each_fix
def test_finding_without_a_user_is_refused(fix: Remediation, lab: Lab) -> None:
    with pytest.raises(CannotFix, match="names no user"):
        proposed(fix, lab, user_name=None)


@each_fix
def test_user_who_is_gone_is_refused(fix: Remediation, lab: Lab) -> None:
    with pytest.raises(CannotFix, match=r"User bob is not there.*DeleteUser"):
        proposed(fix, lab)


@each_fix
def test_another_user_of_the_same_name_is_not_touched(fix: Remediation, lab: Lab) -> None:
    event_time = moment(lab)
    lab.advance(1)
    lab.client("iam").create_user(UserName="bob")

    with pytest.raises(CannotFix, match="another user of the same name"):
        proposed(fix, lab, event_time=event_time)


def test_user_made_by_the_event_itself_is_that_user(lab: Lab) -> None:
    lab.client("iam").create_user(UserName="bob")
    made = lab.client("iam").get_user(UserName="bob")["User"]["CreateDate"]

    known = {"event_time": f"{made:%Y-%m-%dT%H:%M:%SZ}"}

    assert len(proposed(create_lasting_login_profile, lab, **known).changes) == 1


def test_name_with_all_that_iam_allows_is_taken_as_it_is(lab: Lab) -> None:
    name = "b_o+b=,.@-" + "x" * 54
    lab.client("iam").create_user(UserName=name)
    lab.advance(3600)

    (change,) = proposed(create_lasting_login_profile, lab, user_name=name).changes

    assert (change.call.params["UserName"], change.secrets) == (name, (f"{name}.password",))


# What others get wrong ---------------------------------------------------------------------


@each_fix
def test_date_of_the_last_sign_in_decides_nothing(fix: Remediation, lab: Lab) -> None:
    """It may be of a password before: a new one of a long absent user would be taken away."""
    iam = make_bob(lab)
    lab.sign_in("bob")
    lab.advance(100 * 86400)
    iam.delete_login_profile(UserName="bob")
    event_time = moment(lab)
    lab.advance(60)
    iam.create_login_profile(UserName="bob", Password=OLD)

    proposal = proposed(fix, lab, event_time=event_time)

    assert iam.get_user(UserName="bob")["User"]["PasswordLastUsed"]
    assert "PasswordLastUsed" not in "".join(one.pick for one in proposal.reads)
    if fix in (create_login_profile, create_lasting_login_profile, set_new_password):
        assert calls(proposal) == []
