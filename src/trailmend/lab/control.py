"""The controls of the lab over HTTP, for another process: the methods of Lab as JSON.

    GET  /_lab             endpoint_url, account_id, region, administrator, root
    GET  /_lab/records     what CloudTrail recorded
    GET  /_lab/calls       every call that reached the server
    POST /_lab/advance     {"seconds": 90}; so for each method in CONTROLS, its arguments by name

A POST needs `Content-Type: application/json`, which a web page of another origin cannot send.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import msgspec

from trailmend.lab.wire import Answer

CONTROLS = frozenset({"address", "advance", "deliver", "deny", "fault", "put", "reset", "sign_in"})
_SHOWN = ("endpoint_url", "account_id", "region", "administrator", "root")


def answer(lab: Any, environ: Mapping[str, Any], body: bytes) -> Answer:
    """Answer a control request."""
    name = environ["PATH_INFO"].removeprefix("/_lab").strip("/")
    if environ["REQUEST_METHOD"] == "GET":
        return _show(lab, name)
    if name not in CONTROLS or environ["REQUEST_METHOD"] != "POST":
        return _json(404, {"error": f"There is no control {name!r}: see {sorted(CONTROLS)}."})
    if not environ.get("CONTENT_TYPE", "").startswith("application/json"):
        return _json(415, {"error": "Send the arguments as Content-Type: application/json."})
    return _call(getattr(lab, name), body)


def _show(lab: Any, name: str) -> Answer:
    if name == "":
        return _json(200, {attribute: getattr(lab, attribute) for attribute in _SHOWN})
    if name == "records":
        return _json(200, lab.records())
    if name == "calls":
        return _json(200, lab.calls)
    return _json(404, {"error": f"There is nothing to read at {name!r}: try records or calls."})


def _call(control: Any, body: bytes) -> Answer:
    """Call a method of the lab with the arguments of the body, held to its annotations."""
    signature = inspect.signature(control)
    try:
        bound = signature.bind(**msgspec.json.decode(body or b"{}", type=dict[str, Any]))
        for name, value in bound.arguments.items():
            kind = signature.parameters[name].annotation
            bound.arguments[name] = msgspec.convert(value, kind)
        given = control(*bound.args, **bound.kwargs)
    except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        return _json(400, {"error": f"{error}"})
    return _json(200, given)


def _json(status: int, value: Any) -> Answer:
    body = msgspec.json.encode(value, enc_hook=str)
    return Answer(status, [("Content-Type", "application/json")], body)
