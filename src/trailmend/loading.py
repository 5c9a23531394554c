"""The modules of a package of knowledge, loaded one by one: what fails is named, the rest goes on.

A module is code of this product or of who changed it, so what can go wrong is what can go wrong in
Python.  What failed is kept, and the command says it and exits with 4: nothing is silently weaker.
"""

from __future__ import annotations

import importlib
import pkgutil
import traceback
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from trailmend.errors import TrailmendError

ERRORS = (
    *(SyntaxError, ImportError, NameError, AttributeError, TypeError, ValueError, LookupError),
    *(ArithmeticError, AssertionError, OSError, RuntimeError, TrailmendError),
)
"""What a module that is not well made raises."""


class Broken(NamedTuple):
    """A module, or a part of one, that is not there, and where it went wrong."""

    name: str
    file: str
    line: int
    reason: str


class Loaded(NamedTuple):
    """The modules of a package that could be loaded, by name, and those that could not."""

    modules: dict[str, ModuleType]
    broken: tuple[Broken, ...]


@cache
def load(package: ModuleType) -> Loaded:
    """Load every module of a package."""
    modules, broken = {}, []
    for found in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{found.name}"
        try:
            modules[found.name] = importlib.import_module(name)
        except ERRORS as error:
            broken.append(_broken(name, error))
    return Loaded(modules, tuple(broken))


@cache
def constants(
    package: ModuleType, name: str, kind: type
) -> tuple[dict[str, Any], tuple[Broken, ...]]:
    """Give the constant of that name of each module, which must be of this kind."""
    loaded = load(package)
    found = {key: getattr(module, name, None) for key, module in loaded.modules.items()}
    wrong = tuple(
        Broken(module.__name__, str(module.__file__), 1, f"has no {kind.__name__} named {name}")
        for key, module in loaded.modules.items()
        if not isinstance(found[key], kind)
    )
    return {key: one for key, one in found.items() if isinstance(one, kind)}, (
        *loaded.broken,
        *wrong,
    )


def _broken(name: str, error: BaseException) -> Broken:
    """Place an error: where a text cannot be read, else the last line of ours that ran."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return Broken(name, error.filename, error.lineno or 1, f"SyntaxError: {error.msg}")
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "importlib" not in one.filename and one.filename != __file__]
    last = ours[-1] if ours else frames[-1]
    return Broken(name, last.filename, last.lineno or 1, reason)
