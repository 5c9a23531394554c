"""Secrets that are known to the test, searched for in everything that comes out of the product.

The password, the seed and the QR code of a plan, and the keys of who runs it, may be in the sink
and nowhere else: not in what is printed or logged at DEBUG, not in plans, journal, audit log or
findings, not in errors and their tracebacks.
"""

import base64
import html
import json
import logging
import os
import re
import stat
import traceback
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ParamValidationError

from tests.all_cases import CASES
from tests.nursery import run
from tests.slow import some
from tests.test_crashes import Crash
from tests.worlds import Wrapped, account_of, approved, carry_out, desk_of, make_administrators
from trailmend.aws import AwsClient
from trailmend.calls import Call, Client
from trailmend.changing.settle import Patience
from trailmend.desk import Desk
from trailmend.errors import (
    AwsError,
    Busy,
    Denied,
    LostAnswer,
    NoCredentials,
    NotFound,
    TrailmendError,
    Unreachable,
)
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status
from trailmend.report.plans import plan_page, progress_page
from trailmend.report.terminal import console

PASSWORD = CASES["deleted password"]
DEVICE = CASES["device that was deleted"]
SEED = "CANARYSEEDJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPABCDEF"

# Searching ---------------------------------------------------------------------------------


def encodings(secret: bytes) -> dict[str, set[bytes]]:
    """Give all forms in which a secret may stand; base64 at each of the three places in a word."""
    text = secret.decode("latin-1")
    shifted = [base64.b64encode(b"\0" * n + secret)[4 * (n > 0) :] for n in range(3)]
    words = {one.rstrip(b"=")[: len(one.rstrip(b"=")) - 1] for one in shifted}
    return {
        "plain": {secret, repr(secret)[2:-1].encode()},
        "base64": words,
        "base64url": {one.replace(b"+", b"-").replace(b"/", b"_") for one in words},
        "hex": {secret.hex().encode(), secret.hex().upper().encode()},
        "url": {quote(text, safe="").encode(), quote_plus(text).encode(), quote(text).encode()},
        "json": {json.dumps(text)[1:-1].encode(), json.dumps(json.dumps(text))[3:-3].encode()},
        "html": {html.escape(text).encode(), html.escape(text, quote=False).encode()},
        "utf-16": {text.encode("utf-16-le"), text.encode("utf-16-be")},
    }


def hits(canaries: Mapping[str, bytes], places: Mapping[str, bytes]) -> list[tuple[str, ...]]:
    """List where which canary stands, and in which form."""
    return [
        (place, name, form)
        for name, secret in canaries.items()
        for form, words in encodings(secret).items()
        for place, content in places.items()
        if any(word in content for word in words)
    ]


CANARY = b"p%+S&<w>\"'=[ 4o\\rd"
PLANTED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "base64": base64.b64encode,
    "base64url": lambda secret: base64.urlsafe_b64encode(b"abcd" + secret + b"?"),
    "hex": lambda secret: secret.hex().encode(),
    "url": lambda secret: quote_plus(secret).encode(),
    "json": lambda secret: json.dumps({"Password": secret.decode()}).encode(),
    "html": lambda secret: html.escape(secret.decode()).encode(),
    "utf-16": lambda secret: secret.decode().encode("utf-16"),
}


@pytest.mark.parametrize("form", PLANTED)
def test_search_finds_a_secret_in_every_form(form: str) -> None:
    planted = b"{" + PLANTED[form](CANARY) + b"}"

    assert form in {found for _, _, found in hits({"it": CANARY}, {"here": planted})}
    middle = len(planted) // 2
    assert hits({"it": CANARY}, {"here": planted[:middle] + b"\n" + planted[middle:]}) == []


def test_search_finds_base64_at_any_place() -> None:
    for before in (b"", b"x", b"xy", b"xyz"):
        content = base64.b64encode(before + CANARY + b"more")
        assert ("here", "it", "base64") in hits({"it": CANARY}, {"here": content})


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder but the sink's."""
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and "secrets" not in one.relative_to(folder).parts
    }


# The command, with debug logging on --------------------------------------------------------

DEBUGGED = """
import logging
logging.basicConfig(level=logging.DEBUG)
for name in ("boto3", "botocore", "botocore.endpoint", "botocore.parsers", "botocore.auth",
             "urllib3", "urllib3.connectionpool"):
    logging.getLogger(name).setLevel(logging.DEBUG)
logging.debug("is logged")
from trailmend.cli import main
main()
"""


class Case:
    """A workspace on which the command runs, and all that it has said."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab = lab
        self.folder = folder
        self.workspace = folder / "case"
        self.said: dict[str, bytes] = {}

    def run(self, *words: str, code: int = 0) -> str:
        """Run the command with an open umask, and give what it said on stderr."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        known = {"TRAILMEND_WORKSPACE": str(self.workspace), "NO_COLOR": "1", "COLUMNS": "300"}
        env = variables | self.lab.environment() | known
        done = run(*words, code=DEBUGGED, env=env, umask=0)
        place = f"{len(self.said)}: {' '.join(words)}"
        self.said[f"{place}, stdout"], self.said[f"{place}, stderr"] = done.stdout, done.stderr
        assert done.returncode == code, done.stderr.decode()
        return done.stderr.decode()

    def plan(self, fix: str) -> str:
        """Plan a fix for carol, and approve it."""
        (found,) = set(
            re.findall(r"approve (P-\w{4})", self.run("plan", "--fix", fix, "--user", "carol"))
        )
        self.run("approve", found)
        return str(found)


@pytest.fixture
def case(lab: Lab, tmp_path: Path) -> Case:
    """Give the command a workspace, and an account with a user who has no password."""
    make_administrators(lab)
    lab.client("iam").create_user(UserName="carol")
    lab.deliver()
    found = Case(lab, tmp_path)
    found.run("scan", str(tmp_path / "trail"))
    return found


def kept_in_files(case: Case) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (case.workspace / "secrets").iterdir()}


def kept_in_aws(case: Case) -> dict[str, bytes]:
    client = case.lab.client("secretsmanager")
    names = [one["Name"] for one in client.list_secrets()["SecretList"]]
    found = {name: client.get_secret_value(SecretId=name) for name in names}
    return {
        name: one["SecretBinary"] if "SecretBinary" in one else one["SecretString"].encode()
        for name, one in found.items()
    }


@pytest.mark.soak
@pytest.mark.parametrize(
    ("settings", "kept"),
    [("", kept_in_files), ('[secrets]\nsink = "secretsmanager"\n', kept_in_aws)],
    ids=["folder", "aws"],
)
def test_no_secret_comes_out_of_the_command_and_all_files_are_private(
    settings: str, kept: Callable[[Case], dict[str, bytes]], case: Case, tmp_path: Path
) -> None:
    (case.workspace / "settings.toml").write_text(settings)
    (case.workspace / "settings.toml").chmod(0o600)
    password = case.plan("login_profiles.create_lasting_login_profile")
    case.lab.deny("lab-admin", "iam:EnableMFADevice")
    case.run("apply", password, "--settle", "0")
    device = case.plan("mfa_devices.enrol_virtual_device")
    case.run("apply", device, "--settle", "0", code=1)
    canaries = kept(case)
    assert len(canaries) == 3, list(canaries)
    canaries["secret access key"] = case.lab.administrator.secret_access_key.encode()
    canaries |= {f"sent {n}": one.encode() for n, one in enumerate(sent_passwords(case.lab))}
    for words in (("status",), ("status", password), ("status", device), ("findings",)):
        case.run(*words)
    case.run("audit-log", "show")
    case.run("audit-log", "verify")
    case.run("apply", password, code=1)
    case.run("rollback", device, "--settle", "0")
    case.run("rollback", password, "--settle", "0")
    case.lab.deliver()
    case.run("scan", str(tmp_path / "trail"), "-o", "jsonl")
    case.run("findings", "-o", "jsonl")

    places = case.said | contents(case.workspace) | contents(tmp_path / "trail")
    assert {"state.db", "audit.jsonl"} <= set(places)
    assert sum(b"DEBUG:root:is logged" in said for said in case.said.values()) >= 15
    assert hits(canaries, places) == []
    assert kept(case) == {}
    assert open_to_others(case.workspace) == {}


def sent_passwords(lab: Lab) -> list[str]:
    return [
        one.parameters["Password"] for one in lab.calls if one.operation == "CreateLoginProfile"
    ]


def open_to_others(folder: Path) -> dict[str, str]:
    """List what below a folder is not 0600, and folders that are not 0700, itself too."""
    found = {one: stat.S_IMODE(one.stat().st_mode) for one in [folder, *folder.rglob("*")]}
    return {
        str(one.relative_to(folder)): oct(mode)
        for one, mode in found.items()
        if mode != (0o700 if one.is_dir() else 0o600)
    }


def test_botocore_would_log_the_password_if_it_were_let(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """Without this the silence of the logs would prove nothing."""
    lab.client("iam").create_user(UserName="carol")

    with caplog.at_level(logging.DEBUG):
        for name in list(logging.root.manager.loggerDict):
            if name.partition(".")[0] in ("botocore", "urllib3"):
                caplog.set_level(logging.DEBUG, name)
        lab.client("iam").create_login_profile(UserName="carol", Password="Canary-password-1")

    assert hits({"it": b"Canary-password-1"}, {"log": caplog.text.encode()})


# Errors ------------------------------------------------------------------------------------


def all_of(desk: Desk, plan: Plan, error: BaseException) -> dict[str, bytes]:
    """Give all that tells of an apply that ended with an error."""
    status = plan_status(desk.engine, plan.id, now=desk.clock.now())
    screen = console()
    with screen.capture() as shown:
        screen.print(plan_page(status.plan), progress_page(status.progress))
    chain: list[BaseException] = []
    last: BaseException | None = error
    while last is not None and last not in chain:
        chain.append(last)
        last = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
    return contents(desk.folder) | {
        "traceback": "".join(traceback.format_exception(error)).encode(),
        "errors": "".join(f"{one!r} {one}" for one in chain).encode(),
        "screen": shown.get().encode(),
    }


def ends(desk: Desk, plan: Plan) -> BaseException:
    with pytest.raises(BaseException) as caught:  # any end will do
        carry_out(desk, plan.id)
    return caught.value


def raising(make: Callable[[Call], BaseException]) -> Callable[[Call, Client], Mapping[str, Any]]:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name not in ("iam.create_login_profile", "iam.enable_mfa_device"):
            return client(call)
        try:
            raise KeyError(call.params)
        except KeyError as cause:
            raise make(call) from cause

    return around


def ours(kind: type[TrailmendError]) -> Callable[[Call], BaseException]:
    return lambda call: kind(f"AWS says: {call.params} is wrong, {call!r}")


def others(kind: type[BaseException]) -> Callable[[Call], BaseException]:
    return lambda call: kind(call, call.text, str(call.params))


OURS = (AwsError, Denied, NotFound, Busy, NoCredentials, Unreachable, LostAnswer)
OTHERS = (Crash, TypeError, ValueError, KeyboardInterrupt, SystemExit, MemoryError)
ERRORS: dict[str, Callable[[Call], BaseException]] = {
    **{kind.__name__: ours(kind) for kind in OURS},
    **{kind.__name__: others(kind) for kind in OTHERS},
    "quoted": lambda call: AwsError(f"no: {quote(str(call.params.get('Password')), safe='')}"),
    "ParamValidationError": lambda call: ParamValidationError(report=f"value: {call.params}"),
    "ClientError": lambda call: ClientError(
        {"Error": {"Code": "X", "Message": f"{call.params}"}}, "CreateLoginProfile"
    ),
}


@pytest.mark.parametrize("error", some(ERRORS))
def test_no_error_of_a_call_tells_its_secrets(error: str, lab: Lab, tmp_path: Path) -> None:
    sent: list[str] = []

    def make(call: Call) -> BaseException:
        sent.append(call.params["Password"])
        return ERRORS[error](call)

    account = Wrapped(account_of(lab), raising(make))
    desk = desk_of(lab, tmp_path / "case", account, patience=Patience(busy_timeout=20, timeout=10))
    plan = approved(desk, PASSWORD, lab)

    caught = ends(desk, plan)

    canaries = {f"sent {number}": one.encode() for number, one in enumerate(sent)}
    assert canaries
    assert hits(canaries, all_of(desk, plan, caught)) == []


class _Raw(BytesIO):
    """The body of an answer, as urllib3 gives it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def answering(lab: Lab, operation: str, answer: Callable[[str], tuple[int, str]]) -> AwsClient:
    """Give an account of which AWS answers one operation so; botocore reads it as always."""
    session = boto3.Session(
        aws_access_key_id=lab.administrator.access_key_id,
        aws_secret_access_key=lab.administrator.secret_access_key,
        region_name=lab.region,
    )

    def before_send(request: Any, **_: Any) -> Any:
        body = request.body if isinstance(request.body, str) else request.body.decode()
        status, text = answer(parse_qs(body).get("Password", [SEED])[0])
        headers: Any = {"x-amzn-RequestId": "r"}
        return AWSResponse(request.url, status, headers, _Raw(text.encode()))

    events: Any = session.events
    events.register(f"before-send.iam.{operation}", before_send)
    return AwsClient(session, lab.endpoint_url)


def refusal(code: str, message: str) -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{html.escape(message)}</Message></Error></ErrorResponse>"
    )


def made(seed: str) -> str:
    return (
        "<CreateVirtualMFADeviceResponse><CreateVirtualMFADeviceResult><VirtualMFADevice>"
        f"<Base32StringSeed>{base64.b64encode(seed.encode()).decode()}</Base32StringSeed>"
        f"<Other>{seed}</Other>"
    )


ANSWERS: dict[str, Callable[[str], tuple[int, str]]] = {
    "repeated": lambda it: (400, refusal("ValidationError", f"Value '{it}' at 'password' failed")),
    "repeated, quoted": lambda it: (400, refusal("PasswordPolicyViolation", quote(it, safe=""))),
    "repeated in the code": lambda it: (400, refusal(html.escape(it), "no")),
    "repeated, busy": lambda it: (409, refusal("EntityTemporarilyUnmodifiable", it)),
    "repeated, denied": lambda it: (403, refusal("AccessDenied", f"no {it}")),
    "repeated, failing": lambda it: (500, refusal("ServiceFailure", f"no {it}")),
    "not to be read": lambda it: (200, f"<html>{html.escape(it)} is not closed"),
    "not to be read, failing": lambda it: (503, f"<html>{html.escape(it)} is not closed"),
    "no XML": lambda it: (200, it),
}


@pytest.mark.parametrize("answer", some(ANSWERS))
def test_no_answer_of_aws_tells_the_password(answer: str, lab: Lab, tmp_path: Path) -> None:
    seen: list[str] = []

    def noted(password: str) -> tuple[int, str]:
        seen.append(password)
        return ANSWERS[answer](password)

    account = answering(lab, "CreateLoginProfile", noted)
    patience = Patience(busy_timeout=20, timeout=10)
    desk = desk_of(lab, tmp_path / "case", account, patience=patience)
    plan = approved(desk, PASSWORD, lab)

    caught = ends(desk, plan)

    canaries = {f"sent {number}": one.encode() for number, one in enumerate(seen)}
    assert canaries
    assert isinstance(caught, TrailmendError)
    assert hits(canaries, all_of(desk, plan, caught)) == []


@pytest.mark.parametrize("status", [200, 500])
def test_answer_that_is_cut_off_does_not_tell_the_seed(
    status: int, lab: Lab, tmp_path: Path
) -> None:
    account = answering(lab, "CreateVirtualMFADevice", lambda seed: (status, made(seed)))
    desk = desk_of(lab, tmp_path / "case", account, patience=Patience(timeout=10))
    plan = approved(desk, DEVICE, lab)

    caught = ends(desk, plan)

    assert isinstance(caught, LostAnswer)
    seed = base64.b64encode(SEED.encode())
    assert hits({"seed": SEED.encode(), "sent": seed}, all_of(desk, plan, caught)) == []
