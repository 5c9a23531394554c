"""Listings of IAM come in pages: `MaxItems` (100 without it), `IsTruncated`, `Marker`.

Moto gives most of them whole. Which operations have pages, and what is listed, is botocore's word.
"""

import base64
import binascii
import functools
from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader

from trailmend.lab.strict.correction import Result
from trailmend.lab.wire import Call, Refusal

_DEFAULT_ITEMS = 100


@functools.cache
def _paginators() -> Mapping[str, Mapping[str, Any]]:
    model: Mapping[str, Any] = Loader().load_service_model("iam", "paginators-1")
    return {
        name: pages
        for name, pages in model["pagination"].items()
        if pages.get("limit_key") == "MaxItems"
    }


def is_paged(call: Call) -> bool:
    """Tell whether the answer of a call comes in pages."""
    return call.service == "iam" and call.name in _paginators()


def is_one_page(call: Call, body: bytes) -> bool:
    """Tell whether moto's answer to a call is already as AWS would give it; False if in doubt."""
    return (
        "Marker" not in call.parameters
        and body.count(b"<member>") <= int(call.parameters.get("MaxItems") or _DEFAULT_ITEMS)
        and b"<IsTruncated>false</IsTruncated>" in body
        and b"<Marker" not in body
    )


def page(call: Call, result: Result) -> Result:
    """Cut an answer to the page that was asked for; an answer without pages stays as it is.

    An answer with several lists is cut as if they followed each other.
    """
    if not is_paged(call):
        return result
    keys = _paginators()[call.name]["result_key"]
    keys = keys if isinstance(keys, list) else [keys]
    first = _offset(call.parameters.get("Marker"))
    size = int(call.parameters.get("MaxItems") or _DEFAULT_ITEMS)
    entries = [(key, item) for key in keys for item in result.get(key) or ()]
    chosen = entries[first : first + size]
    parts = {key: [item for owner, item in chosen if owner == key] for key in keys}
    if first + size >= len(entries):
        return {**result, **parts, "IsTruncated": False, "Marker": None}
    return {**result, **parts, "IsTruncated": True, "Marker": _marker(first + size)}


def _marker(offset: int) -> str:
    return base64.b64encode(f"from {offset}".encode()).decode()


def _offset(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        return int(base64.b64decode(marker, validate=True).decode().removeprefix("from "))
    except (binascii.Error, ValueError) as error:
        raise Refusal("ValidationError", f"Invalid Marker: {marker}") from error
