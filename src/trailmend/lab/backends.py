"""Moto's state while a lab runs; everything that is changed in moto is put back when it stops."""

import functools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.session
import moto.cloudtrail.models
import moto.core.responses
import moto.core.serialize
import moto.iam.models
import moto.secretsmanager.models
import moto.sts.models
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.model_instances import reset_model_data
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeKey, s3_backends


class Moto(DomainDispatcherApplication):
    """The server application of moto; an error inside it is an answer, not a traceback."""

    def __init__(self) -> None:
        super().__init__(_make_backend)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Find the service of a host, once: moto looks through its 170 folders each time."""
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


def _make_backend(service: Any) -> Any:
    app = create_backend_app(service)
    app.debug = False
    return app


@contextmanager
def moto_of_the_lab(now: Callable[[], datetime]) -> Iterator[None]:
    """Give moto the lab's clock and the managed policies of AWS; begin and end with no state.

    Moto keeps its state in the process: plain moto and a running lab would share it.
    """

    def utcnow() -> datetime:
        return now().replace(tzinfo=None, microsecond=0)

    with ExitStack() as changes:
        changes.callback(moto_api_backend.reset)
        for module in (
            moto.iam.models,
            moto.sts.models,
            moto.cloudtrail.models,
            moto.secretsmanager.models,
        ):
            changes.enter_context(_replaced(module, "utcnow", utcnow))
        clock = SimpleNamespace(time=lambda: now().timestamp())
        changes.enter_context(_replaced(moto.secretsmanager.models, "time", clock))
        changes.enter_context(_replaced(AWSManagedPolicy, "arn", _kept_arn()))
        changes.enter_context(_replaced(IAMBackend, "_init_aws_policies", _aws_policies))
        session = staticmethod(own_session)
        changes.enter_context(_replaced(AccountSpecificBackend, "get_session", session))
        for module, name in (
            (moto.core.responses, "method_names_from_class"),
            (vars(moto.core.serialize)["xmltodict"], "_validate_name"),
        ):
            # Asked of the same few again and again: a sixth of the time of a call.
            changes.enter_context(_replaced(module, name, functools.cache(vars(module)[name])))
        moto_api_backend.reset()
        yield


def empty_moto() -> None:
    """Forget all accounts of moto; its own reset builds each of them anew first.

    Moto keeps whatever was made in lists of its own, and the content of S3 in open files.
    """
    for stored in vars(FakeKey)["instances_tracked"]:
        stored.dispose()
    reset_model_data()
    in_use: list[dict[str, Any]] = vars(BackendDict)["_instances"]
    for backends in in_use:
        backends.clear()
    in_use.clear()
    s3_backends.bucket_accounts.clear()


@functools.cache
def own_session() -> boto3.Session:
    """Make a session that leaves the profiles and files of the user alone."""
    variables: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=variables))


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _aws_policies(iam: IAMBackend) -> list[AWSManagedPolicy]:
    """Give an account the managed policies of AWS; moto has none unless an environment tells it.

    Those of an account are made once, and put back as they were made, because moto counts
    attachments on them.
    """
    if iam.region_name != "aws":
        return []
    made = _policies_of(iam.account_id)
    for policy, before in zip(made, _attributes(), strict=True):
        if policy.attachment_count or policy.default_version_id != before["default_version_id"]:
            vars(policy).update(before, account_id=iam.account_id)
    return made


_bare: Callable[[type], Any] = object.__new__
"""Makes an object that moto keeps no list of."""


@functools.lru_cache(maxsize=4)
def _policies_of(account_id: str) -> list[AWSManagedPolicy]:
    """Make the policies as an account has them; those of an organization have chance numbers."""
    made = [_bare(AWSManagedPolicy) for _ in _attributes()]
    for policy, attributes in zip(made, _attributes(), strict=True):
        vars(policy).update(attributes, account_id=account_id)
    return made


@functools.cache
def _attributes() -> list[dict[str, Any]]:
    """Read the policies, with their ARNs; it takes a hundred times as long as a copy of them."""
    made = [
        AWSManagedPolicy.from_data(name, "aws", "aws", policy)
        for name, policy in json.loads(aws_managed_policies_data).items()
    ]
    return [vars(policy) | {"arn": policy.arn} for policy in made]


def _kept_arn() -> Any:
    """Give the ARN of a policy as an attribute: moto looks through all of them for each one."""
    kept = functools.cached_property(vars(AWSManagedPolicy)["arn"].fget)
    kept.__set_name__(AWSManagedPolicy, "arn")
    return kept
