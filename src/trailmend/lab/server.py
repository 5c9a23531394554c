"""The lab: a strict fake AWS on a loopback port, with a CloudTrail of its own."""

import os
import re
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Self

from botocore.config import Config
from moto.iam.utils import generate_access_key_id_from_account_id

from trailmend.errors import WrongUse
from trailmend.lab import console, control
from trailmend.lab.account import ACCOUNT_ID, REGION, Account, Record, SeenCall
from trailmend.lab.app import App
from trailmend.lab.backends import empty_moto, moto_of_the_lab, own_session
from trailmend.lab.delivery import deliver
from trailmend.lab.faults import Fault
from trailmend.lab.http import refuse_other_than_loopback, served
from trailmend.lab.identity import Credentials, new_credentials
from trailmend.lab.strict.users import new_id

_ADMINISTRATOR = "lab-admin"
_ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
_AGE_OF_THE_ACCOUNT = timedelta(days=400)
_NO_PROXY = Config(proxies={})
_only_one = threading.Lock()


class Lab:
    """A fake AWS account that runs while the `with` block runs; one at a time in a process.

    Moto does the work, with corrections where it is not as strict as AWS (`trailmend.lab.strict`).
    Not like AWS: signatures are not checked, a key that exists and is active is believed; policies
    deny but do not grant, `deny` says what else a user may not do.
    """

    account_id = ACCOUNT_ID
    region = REGION

    def __init__(self, folder: Path | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        refuse_other_than_loopback(host)
        self.folder = folder
        self._host, self._port = host, port
        self._account = Account(_new_key(), _new_key())
        self.app = App(self._account, partial(control.answer, self))
        self._running = ExitStack()
        self._clients: dict[tuple[str, Credentials, str], Any] = {}

    def __enter__(self) -> Self:
        if not _only_one.acquire(blocking=False):
            raise WrongUse("A lab runs in this process already: stop it first.")
        with ExitStack() as starting:
            starting.callback(_only_one.release)
            starting.enter_context(moto_of_the_lab(self.now))
            self._create_administrator()
            self._port = starting.enter_context(served(self.app, self._host, self._port))
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def endpoint_url(self) -> str:
        """Give the address for `endpoint_url` of boto3 and `--endpoint-url` of the aws command."""
        return f"http://{self._host}:{self._port}"

    @property
    def administrator(self) -> Credentials:
        """Give the key of `lab-admin`, a user with AdministratorAccess."""
        return self._account.administrator

    @property
    def root(self) -> Credentials:
        """Give a key of the root user."""
        return self._account.root

    @property
    def calls(self) -> list[SeenCall]:
        """Give every AWS call that reached the server, in order: the truth for "acted twice"."""
        with self._account.lock:
            return list(self._account.calls)

    def client(
        self,
        service: str,
        who: Credentials | None = None,
        *,
        region: str = REGION,
        config: Config | None = None,
    ) -> Any:
        """Give a boto3 client; without `who` it is the administrator's.

        It is the same for the same question, unless that has a `config`: making one takes longer
        than a call.
        """
        known = (service, who or self.administrator, region)
        if config is None and known in self._clients:
            return self._clients[known]
        made = self._make_client(*known, config)
        if config is None:
            self._clients[known] = made
        return made

    def _make_client(
        self, service: str, who: Credentials, region: str, config: Config | None
    ) -> Any:
        make: Any = own_session().client  # typed for each service by its name
        return make(
            service,
            region_name=region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=who.access_key_id,
            aws_secret_access_key=who.secret_access_key,
            aws_session_token=who.session_token,
            config=_NO_PROXY.merge(config) if config else _NO_PROXY,
        )

    def environment(self, who: Credentials | None = None) -> dict[str, str]:
        """Give the variables with which another program works on the lab, as `who`."""
        who = who or self.administrator
        variables = {
            "AWS_ACCESS_KEY_ID": who.access_key_id,
            "AWS_SECRET_ACCESS_KEY": who.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": self._host,
        }
        return variables | ({"AWS_SESSION_TOKEN": who.session_token} if who.session_token else {})

    def now(self) -> datetime:
        """Tell the time of the lab: the real clock and what it was advanced by."""
        return self._account.now()

    def advance(self, seconds: float) -> None:
        """Move the clock of the lab on; a negative number moves it back."""
        with self._account.lock:
            self._account.offset += timedelta(seconds=seconds)

    def records(self) -> list[Record]:
        """Give all records, oldest first."""
        with self._account.lock:
            return list(self._account.records)

    def forget_records(self) -> None:
        """Forget what was done so far, as where a trail and its history begin later."""
        with self._account.lock:
            for kept in (self._account.records, self._account.undelivered, self._account.due):
                kept.clear()

    def put(self, record: Record) -> None:
        """Add a record as if AWS had made it.

        Raises ValueError for a record that CloudTrail could not file.
        """
        for member, form in (
            ("recipientAccountId", r"\d{12}"),
            ("awsRegion", r"[a-z]{2}(-[a-z]+)+-\d"),
            ("eventTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
            ("eventID", r".+"),
            ("eventName", r".+"),
            ("eventSource", r".+"),
        ):
            if not re.fullmatch(form, str(record.get(member))):
                raise ValueError(f"The record needs {member} in the form {form}.")
        with self._account.lock:
            self._account.add_record(record, self._account.trails_logging())

    def sign_in(
        self, user_name: str, address: str = "192.0.2.10", user_agent: str = console.BROWSER
    ) -> Credentials:
        """Sign a user in to the console: a ConsoleLogin record, and the keys of the session.

        Raises ValueError for a user without a password.
        """
        with self._account.lock:
            return console.sign_in(self._account, user_name, address, user_agent)

    def deliver(self) -> list[Path]:
        """Write what was recorded since the last time to the folder and to the trails' buckets.

        Gives the files in the folder.
        """
        with self._account.lock:
            return deliver(self._account, self.folder)

    def address(self, access_key_id: str, address: str, user_agent: str | None = None) -> None:
        """Show calls with this key as coming from an address, and with a user agent."""
        with self._account.lock:
            self._account.addresses[access_key_id] = (address, user_agent)

    def deny(self, user_name: str, action: str) -> None:
        """Refuse an action (`iam:DeleteUser`) to a user, as if no policy allowed it."""
        with self._account.lock:
            self._account.denials[user_name].add(action)

    def fault(
        self,
        action: str,
        kind: Fault,
        *,
        times: int = 1,
        seconds: float | None = None,
        reads: int | None = None,
    ) -> None:
        """Have the next `times` calls of an action (`iam:UpdateAccessKey`) go wrong.

        Fault.LATE needs `seconds` or `reads`: how long IAM shows reads the state before the write.
        """
        with self._account.lock:
            self._account.faults.order(action, Fault(kind), times, seconds, reads)

    def reset(self) -> None:
        """Go back to an empty account; the keys of the administrator and of root stay."""
        with self._account.lock:
            empty_moto()
            self._account.forget()
            self._create_administrator()

    def _create_administrator(self) -> None:
        iam, key = self._account.iam, self._account.administrator
        user = iam.create_user(REGION, _ADMINISTRATOR)
        user.id, user.create_date = new_id("AIDA"), user.create_date - _AGE_OF_THE_ACCOUNT
        iam.attach_user_policy(_ADMINISTRATOR_POLICY, _ADMINISTRATOR)
        made = user.create_access_key("AKIA")
        made.create_date = user.create_date
        made.access_key_id, made.secret_access_key = key.access_key_id, key.secret_access_key
        iam.access_keys[key.access_key_id] = made


def _new_key() -> Credentials:
    access_key_id = generate_access_key_id_from_account_id(ACCOUNT_ID, "AKIA", 20)
    return Credentials(access_key_id, new_credentials(access_key_id).secret_access_key)


def serve(
    host: str,
    port: int,
    folder: Path,
    *,
    every: float = 5.0,
    ready: Callable[[Lab], None] = lambda _: None,
) -> None:
    """Run a lab until Ctrl-C or SIGTERM; deliver every few seconds, and at the end.

    `ready` is called once the lab answers.  Raises WrongUse if the folder cannot be one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"The trail cannot be written to {folder}: {error.strerror}."
        raise WrongUse(f"{why} Name another folder with --folder.") from error
    terminate = signal.signal(signal.SIGTERM, signal.default_int_handler)
    stopped = threading.Event()
    try:
        with Lab(folder, host, port) as lab:
            try:
                ready(lab)
                while not stopped.wait(every):
                    lab.deliver()
            except KeyboardInterrupt:
                stopped.set()
            lab.deliver()
    finally:
        signal.signal(signal.SIGTERM, terminate)
