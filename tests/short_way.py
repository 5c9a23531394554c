"""The short way to a lab in this process: its application is asked, and nothing is sent.

A request over a socket costs three times what the lab and botocore take for it.  botocore signs
and writes each request as ever, and reads the answer as ever; only the transport is left out.
Tests with the mark `wire`, and other processes, go by the socket.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import botocore.useragent
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

if TYPE_CHECKING:
    from trailmend.lab import Lab


@contextmanager
def short_way(lab: Lab) -> Iterator[None]:
    """Hand the requests for a lab to it while the block runs."""
    send = URLLib3Session.send

    def hand_over(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        if not request.url.startswith(lab.endpoint_url):
            return send(session, request)
        return _answer(lab, request)

    part = "sanitize_user_agent_string_component"  # of the same few texts, hundreds a call
    with pytest.MonkeyPatch.context() as changes:
        changes.setattr(URLLib3Session, "send", hand_over)
        changes.setattr(botocore.useragent, part, cache(getattr(botocore.useragent, part)))
        yield


def _answer(lab: Lab, request: AWSPreparedRequest) -> AWSResponse:
    """Ask the application; what closes the connection there is what botocore makes of that."""
    told: list[Any] = []
    try:
        parts = lab.app(_environ(request), lambda *answer: told.extend(answer))
    except ConnectionError as error:
        raise ConnectionClosedError(
            error=error, request=request, endpoint_url=request.url
        ) from error
    status, headers = told[:2]
    known: Any = HeadersDict(headers)
    raw: Any = _Raw(b"".join(parts))
    return AWSResponse(request.url, int(status.split()[0]), known, raw)


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """Write what a server makes of a request (PEP 3333)."""
    place = urlsplit(request.url)
    sent: Any = request.body or b""
    body = _bytes(sent.read() if hasattr(sent, "read") else sent)
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": _bytes(value).decode()
        for name, value in request.headers.items()
    }
    return {
        **headers,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": place.netloc,
        "PATH_INFO": unquote(place.path, "latin-1"),
        "QUERY_STRING": place.query,
        "RAW_URI": place.path,
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": place.path,
        "SCRIPT_NAME": "",
        "SERVER_NAME": place.hostname,
        "SERVER_PORT": str(place.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": io.StringIO(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": place.scheme,
        "wsgi.version": (1, 0),
    }


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)
