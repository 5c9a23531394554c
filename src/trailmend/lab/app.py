"""The way of a request through the lab: decode, authenticate, act, record, answer."""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends, mark_account_as_visited

from trailmend.lab import strict
from trailmend.lab.account import ACCOUNT_ID, Account, SeenCall
from trailmend.lab.backends import Moto
from trailmend.lab.delivery import settle
from trailmend.lab.denials import denial_of
from trailmend.lab.faults import Fault, refusal_of
from trailmend.lab.identity import Caller
from trailmend.lab.recorder import is_data_event, is_read, make_record
from trailmend.lab.wire import (
    Answer,
    Call,
    Refusal,
    decode,
    encode,
    read_answer,
    refuse,
    with_form_values,
)

StartResponse = Callable[[str, list[tuple[str, str]]], object]
Environ = dict[str, Any]
_NOT_IMPLEMENTED = 501  # AWS has the call, so it would write no such record


class App:
    """The WSGI application: control requests to `control`, AWS calls through the lab to moto."""

    def __init__(self, account: Account, control: Callable[[Environ, bytes], Answer]) -> None:
        self.account = account
        self.control = control
        self.moto = Moto()
        self._last_listing: dict[tuple[str, str, str], Answer] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, one at a time: moto is not made for threads."""
        body = _body(environ)
        with self.account.lock:
            answer = self._answer(environ, body)
        headers = answer.headers
        if environ["REQUEST_METHOD"] != "HEAD":  # a HEAD tells the length of what it does not send
            headers = [header for header in headers if header[0].lower() != "content-length"]
            headers.append(("Content-Length", str(len(answer.body))))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _answer(self, environ: Environ, body: bytes) -> Answer:
        if environ["PATH_INFO"].startswith("/_lab"):
            return self.control(environ, body)
        call = decode(environ, body)
        if call is None:
            return ask_moto(self.moto, environ, body)
        fault = self.account.faults.take(call.action)
        kind = fault.kind if fault else None
        if kind is Fault.LOST_REQUEST:
            self._note(call, "LostRequest")
            raise ConnectionAbortedError
        try:
            call = replace(call, authenticated=self._authenticate(call))
        except Refusal as refusal:
            self._note(call, refusal.code)
            return refuse(call, refusal)
        if fault and kind is Fault.LATE:
            self.account.faults.hide(fault, self.account.iam, self.account.now())
        answer = self._act(call, kind, environ, body)
        if kind is Fault.LOST_ANSWER:
            raise ConnectionAbortedError
        return answer

    def _authenticate(self, call: Call) -> Caller:
        """Find who calls; AWS answers 403 for a key that is not valid, and records nothing."""
        key = call.access_key_id
        if self.account.identities.has_expired(key, self.account.now()):
            expired = "The security token included in the request is expired"
            raise Refusal("ExpiredToken", expired, 403)
        caller = self.account.identities.caller_of(key, self.account.iam)
        if caller is None or not self.account.identities.may_call(key, call.service):
            invalid = "The security token included in the request is invalid."
            raise Refusal("InvalidClientTokenId", invalid, 403)
        mark_account_as_visited(ACCOUNT_ID, key, call.signing_name, call.region)
        return caller

    def _act(self, call: Call, kind: Fault | None, environ: Environ, body: bytes) -> Answer:
        """Let the call take effect, or refuse it; write the record either way."""
        settle(self.account)
        trails = self.account.trails_logging()
        refusal = (kind and refusal_of(kind, call.service)) or denial_of(call, self.account)
        answer = refuse(call, refusal) if refusal else self._take_effect(call, environ, body)
        self._note(call, answer.refusal.code if answer.refusal else None)
        if not is_data_event(call) and answer.status != _NOT_IMPLEMENTED:
            shown_as = self.account.addresses.get(call.access_key_id, (None, None))
            record = make_record(call, answer, self.account.now(), shown_as)
            after = self.account.trails_logging()
            both = (*trails, *(trail for trail in after if trail not in trails))
            self.account.add_record(record, both)
        return answer

    def _take_effect(self, call: Call, environ: Environ, body: bytes) -> Answer:
        try:
            with self._view(call):
                return self._answer_as_aws(call, environ, body)
        except Refusal as refusal:
            return refuse(call, refusal)
        except ServiceException as error:
            return refuse(call, Refusal(error.code, error.message))

    def _answer_as_aws(self, call: Call, environ: Environ, body: bytes) -> Answer:
        """Answer by a correction, or else by moto; in pages where AWS has pages."""
        corrected = strict.answer(call, self.account)
        if corrected is not None:
            return encode(call, strict.page(call, corrected))
        if values := strict.values_for_moto(call):
            body = with_form_values(body, values)
        if not strict.is_paged(call):
            return ask_moto(self.moto, environ, body, call)
        answer = self._listing(call, environ, body)
        if answer.refusal or strict.is_one_page(call, answer.body):
            return answer
        return encode(call, strict.page(call, answer.result))

    def _listing(self, call: Call, environ: Environ, body: bytes) -> Answer:
        """Ask moto for a whole listing; later pages are cut from the answer to the first.

        Moto takes a second to list the 1,500 policies of AWS.
        """
        asked = {k: v for k, v in call.parameters.items() if k not in ("Marker", "MaxItems")}
        of = (call.action, call.access_key_id, repr(asked))
        if "Marker" not in call.parameters or of not in self._last_listing:
            self._last_listing = {of: ask_moto(self.moto, environ, body, call)}
        return self._last_listing[of]

    @contextmanager
    def _view(self, call: Call) -> Iterator[None]:
        """Show reads of IAM the state that late visibility leaves them."""
        reads = call.service == "iam" and is_read(call)
        before = self.account.faults.view_for_read(self.account.now()) if reads else None
        if before is None:
            yield
            return
        live = self.account.iam
        iam_backends[ACCOUNT_ID]["aws"] = before
        try:
            yield
        finally:
            iam_backends[ACCOUNT_ID]["aws"] = live

    def _note(self, call: Call, error: str | None) -> None:
        self.account.calls.append(
            SeenCall(call.service, call.name, call.parameters, call.access_key_id, error)
        )


def _body(environ: Environ) -> bytes:
    if environ.get("wsgi.input_terminated"):  # sent in chunks, without a length
        return bytes(environ["wsgi.input"].read())
    return bytes(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))


def ask_moto(moto: Moto, environ: Environ, body: bytes, call: Call | None = None) -> Answer:
    """Hand a request to moto; what moto lacks becomes an error that an SDK can read."""
    sent: list[Any] = []
    replaced = {
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),  # moto's own tracebacks
        "CONTENT_LENGTH": str(len(body)),
    }
    parts = moto(environ | replaced, lambda status, headers, _=None: sent.extend((status, headers)))
    answered = b"".join(parts)
    status, headers = int(sent[0].split()[0]), list(sent[1])
    if call is None:
        return Answer(status, headers, answered)
    is_head = environ["REQUEST_METHOD"] == "HEAD"
    if status in (404, 500, 501) and not is_head and not _is_aws_error(answered, headers):
        message = f"The lab cannot answer {call.action}: moto has not implemented this call."
        return refuse(call, Refusal("NotImplemented", message, _NOT_IMPLEMENTED))
    headers, answered = _with_request_id(call, headers, answered)
    return read_answer(call, status, headers, answered)


def _is_aws_error(body: bytes, headers: Iterable[tuple[str, str]]) -> bool:
    named = {name.lower() for name, _ in headers}
    return b"<Code>" in body or b"__type" in body or "x-amzn-errortype" in named


def _with_request_id(
    call: Call, headers: list[tuple[str, str]], body: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    """Give the answer the request id that the record has; moto makes up one of its own."""
    kept = [(name, value) for name, value in headers if name.lower() != "x-amzn-requestid"]
    body = re.sub(rb"(?<=<RequestId>)[^<]*", call.request_id.encode(), body)
    return [*kept, ("x-amzn-requestid", call.request_id)], body
