"""Serve a WSGI application on a loopback port, in a thread, without a log."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from trailmend.errors import Refused, WrongUse

_POLL = 0.02  # seconds until a stopped server notices


class _QuietHandler(MotoRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        """Close without an answer, as an application asks by raising ConnectionError."""
        self.close_connection = True


def refuse_other_than_loopback(host: str) -> None:
    """Refuse an address that another machine could reach."""
    try:
        is_loopback = host == "localhost" or ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise Refused(f"The lab checks no signatures: bind it to 127.0.0.1, not to {host}.")


@contextmanager
def served(app: Callable[..., Iterable[bytes]], host: str, port: int) -> Iterator[int]:
    """Serve while the block runs; gives the port, a free one for 0.

    Raises WrongUse if the port is taken.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        message = f"The lab cannot listen on {host}:{port} ({error.strerror}): use another port."
        raise WrongUse(message) from error
    with listening:
        server = make_server(
            host, port, app, True, request_handler=_QuietHandler, fd=listening.fileno()
        )
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
