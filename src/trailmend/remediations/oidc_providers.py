"""OIDC providers: one that was made is removed; audiences and thumbprints are as before."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from trailmend.calls import Call, Change, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.identity_providers import (
    LIST_ROLES,
    check_made_by_the_event,
    check_stood,
    known_before,
    set_by_the_event,
    the_provider,
    who_comes_by_it,
)

_SETTINGS = (
    "{url: Url, clients: sort(ClientIDList || `[]`), prints: sort(ThumbprintList || `[]`), "
    "tags: sort_by((Tags || `[]`)[?!starts_with(Key, 'aws:')], &Key)}"
)
_ARN = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
_EVENT_TIME = "2026-03-02T09:00:00Z"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="CreateOpenIDConnectProvider",
    event_time=_EVENT_TIME,
    asked_at="2026-03-02T09:30:00Z",
    target=Target("oidc_provider", _ARN, "us-east-1"),
)
_GET = call("iam.get_open_id_connect_provider", OpenIDConnectProviderArn=_ARN)
_OLD, _NEW = "a" * 40, "b" * 40
_WHOLE = {"url": "token.example.com", "clients": ["sts.amazonaws.com"], "prints": [_OLD]}
_ADD = "iam.add_client_id_to_open_id_connect_provider"
_REMOVE = "iam.remove_client_id_from_open_id_connect_provider"
_SET = "iam.update_open_id_connect_provider_thumbprint"
_STANDS = {"created": "2025-01-01T00:00:00Z"}


@remediation(
    title="Remove the OIDC provider that was made",
    breaks="Whoever comes by its tokens can begin no session; sessions that were begun go on.",
    example=Example(
        facts=_FACTS,
        reads=(
            (_GET, _EVENT_TIME),
            (_GET, {**_WHOLE, "tags": []}),
            (LIST_ROLES, ["deploy"]),
        ),
        changes=(call("iam.delete_open_id_connect_provider", OpenIDConnectProviderArn=_ARN),),
    ),
    stage="remove",
    needs="finding",
    events=("CreateOpenIDConnectProvider",),
)
def remove_oidc_provider(facts: Facts) -> Steps:
    """Remove this one provider; the roles that trust it stay as they are, and nobody takes them.

    The undo makes it again with its address, audiences, thumbprints and tags, but for those of AWS
    (aws:), which nobody else can set.  A provider that is not there needs nothing; one that was
    made by another call is left alone.  End the sessions of its roles as well
    (principals.revoke_role_sessions).
    """
    arn, _ = the_provider(facts, "oidc_provider")
    created = yield read(
        "iam.get_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        pick="CreateDate",
        watch=False,
    )
    found = yield read(
        "iam.get_open_id_connect_provider", OpenIDConnectProviderArn=arn, pick=_SETTINGS
    )
    if found is None:
        return
    check_made_by_the_event(created, facts, arn)
    trusted = yield from who_comes_by_it(arn)
    yield change(
        "iam.delete_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        undo=_making(found["url"], found["clients"], found["prints"], found["tags"]),
        note=f"OIDC provider {arn}: there → removed",
        breaks=f"Its tokens open nothing more. {trusted}",
    )


def _making(url: str, clients: Any, prints: Any, tags: Any = ()) -> Call:
    """Make the call that makes a provider; AWS tells its address without the protocol."""
    parts = {"ClientIDList": clients, "ThumbprintList": prints, "Tags": tags}
    address = f"https://{url.removeprefix('https://')}"
    given = {name: part for name, part in parts.items() if part}
    return call("iam.create_open_id_connect_provider", Url=address, **given)


@remediation(
    title="Take the audience from the OIDC provider",
    breaks="Tokens for this audience open no role by it; those for others do as before.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="AddClientIDToOpenIDConnectProvider",
            before={"clientIDList": ["sts.amazonaws.com"]},
            after={"clientID": "evil"},
        ),
        reads=(
            (_GET, {**_STANDS, "clients": ["evil", "sts.amazonaws.com"]}),
            (LIST_ROLES, ["deploy"]),
        ),
        changes=(
            call(
                "iam.remove_client_id_from_open_id_connect_provider",
                OpenIDConnectProviderArn=_ARN,
                ClientID="evil",
            ),
        ),
    ),
    stage="remove",
    needs="finding",
    events=("AddClientIDToOpenIDConnectProvider",),
)
def take_audience_out(facts: Facts) -> Steps:
    """Take out this one audience (client ID) that the event put in; the others stay.

    To add an audience that is there already is no error.  So one that the log shows to have been
    there before is left; where the log does not show the provider's making, ask before.
    """
    arn, _ = the_provider(facts, "oidc_provider")
    audience = set_by_the_event(facts).get("clientID")
    if not isinstance(audience, str):
        raise CannotFix("The record does not name the audience: compare the provider by hand.")
    former = known_before(facts).get("clientIDList")
    if isinstance(former, list) and audience in former:
        raise CannotFix(
            f"The audience {audience} was there before the event, which opened nothing: it stays."
        )
    found = yield read(
        "iam.get_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        pick="{created: CreateDate, clients: sort(ClientIDList || `[]`)}",
    )
    if found is None:
        return
    check_stood(found["created"], facts, arn)
    if audience not in found["clients"]:
        return
    if found["clients"] == [audience]:
        raise CannotFix(
            f"{audience} is the only audience of {arn}: without it the provider is of no use. If "
            "no role of yours needs it, remove the provider by hand."
        )
    trusted = yield from who_comes_by_it(arn)
    unsure = "" if isinstance(former, list) else " The log does not tell if it was there before."
    yield _without_audience(arn, audience, trusted, unsure)


@remediation(
    title="Put the OIDC provider's former thumbprints back",
    breaks="Where AWS does not know the issuer's authority, only the former certificate is taken.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="UpdateOpenIDConnectProviderThumbprint",
            before={"thumbprintList": [_OLD]},
            after={"thumbprintList": [_NEW]},
        ),
        reads=((_GET, {**_STANDS, "prints": [_NEW]}), (LIST_ROLES, ["deploy"])),
        changes=(
            call(
                "iam.update_open_id_connect_provider_thumbprint",
                OpenIDConnectProviderArn=_ARN,
                ThumbprintList=[_OLD],
            ),
        ),
    ),
    needs="finding",
    events=("UpdateOpenIDConnectProviderThumbprint",),
    shuts=True,
)
def restore_thumbprints(facts: Facts) -> Steps:
    """Put the list back that the log shows to have been there before; the whole list is set.

    Where it shows none nothing is proposed, nor where another list was set since the event.
    """
    arn, _ = the_provider(facts, "oidc_provider")
    former, sent = _prints(known_before(facts)), _prints(set_by_the_event(facts))
    if not former:
        raise CannotFix(
            "The log does not show the thumbprints of before: get the issuer's from its owner, and "
            "set them with aws iam update-open-id-connect-provider-thumbprint."
        )
    found = yield read(
        "iam.get_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        pick="{created: CreateDate, prints: sort(ThumbprintList || `[]`)}",
    )
    if found is None:
        raise NothingThere(f"{arn} is not there: nobody comes in by it.")
    check_stood(found["created"], facts, arn)
    now = _prints({"thumbprintList": found["prints"]})
    if now == former:
        return
    if now != sent:
        raise CannotFix(
            f"The thumbprints of {arn} were set again since the event: look at the later call."
        )
    trusted = yield from who_comes_by_it(arn)
    yield _with_prints(arn, found["prints"], former, trusted)


def _prints(settings: dict[str, Any]) -> list[str]:
    """Give thumbprints in one form and order: they are hexadecimal numbers."""
    told = settings.get("thumbprintList")
    return sorted(str(one).lower() for one in told) if isinstance(told, list) else []


@remediation(
    title="Give the OIDC provider its former audiences and thumbprints",
    breaks="Tokens for other audiences than the former open nothing more by it.",
    example=Example(
        facts=replace(_FACTS, before={"clientIDList": ["sts.amazonaws.com"]}),
        reads=(
            (_GET, _EVENT_TIME),
            (_GET, {"clients": ["evil"], "prints": [_OLD]}),
            (LIST_ROLES, ["deploy"]),
        ),
        changes=(
            call(
                "iam.remove_client_id_from_open_id_connect_provider",
                OpenIDConnectProviderArn=_ARN,
                ClientID="evil",
            ),
            call(
                "iam.add_client_id_to_open_id_connect_provider",
                OpenIDConnectProviderArn=_ARN,
                ClientID="sts.amazonaws.com",
            ),
        ),
    ),
    needs="finding",
    events=("CreateOpenIDConnectProvider",),
    shuts=True,
)
def restore_oidc_provider(facts: Facts) -> Steps:
    """Make a provider that was deleted and made again as the deleted one was, by the log.

    What the log does not show of that, audiences or thumbprints, nobody can put back: then nothing
    is proposed, nor where the provider is not the one that the event made.
    """
    arn, _ = the_provider(facts, "oidc_provider")
    former, sent = known_before(facts), set_by_the_event(facts)
    clients, prints = former.get("clientIDList"), _prints(former)
    if not isinstance(clients, list) or (_prints(sent) and not prints):
        raise CannotFix(
            f"The log does not show the audiences and thumbprints that {arn} had before: compare "
            "it with your code by hand."
        )
    created = yield read(
        "iam.get_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        pick="CreateDate",
        watch=False,
    )
    found = yield read(
        "iam.get_open_id_connect_provider",
        OpenIDConnectProviderArn=arn,
        pick="{clients: sort(ClientIDList || `[]`), prints: sort(ThumbprintList || `[]`)}",
    )
    if found is None:
        raise NothingThere(f"{arn} is not there: nobody comes in by it.")
    check_made_by_the_event(created, facts, arn)
    trusted = yield from who_comes_by_it(arn)
    for audience in sorted(set(found["clients"]) - set(clients)):
        yield _without_audience(arn, audience, trusted)
    now = _prints({"thumbprintList": found["prints"]})
    if prints and now != prints:
        yield _with_prints(arn, found["prints"], prints, trusted)
    for audience in sorted(set(clients) - set(found["clients"])):
        yield change(
            _ADD,
            OpenIDConnectProviderArn=arn,
            ClientID=audience,
            undo=call(_REMOVE, OpenIDConnectProviderArn=arn, ClientID=audience),
            note=f"OIDC provider {arn}: audience {audience}: not in it → in it again",
            breaks=f"Tokens for {audience} open roles again. {trusted}",
        )


def _without_audience(arn: str, audience: str, trusted: str, unsure: str = "") -> Change:
    return change(
        _REMOVE,
        OpenIDConnectProviderArn=arn,
        ClientID=audience,
        undo=call(_ADD, OpenIDConnectProviderArn=arn, ClientID=audience),
        note=f"OIDC provider {arn}: audience {audience}: in it → not in it",
        breaks=f"Tokens for {audience} open nothing more.{unsure} {trusted}",
    )


def _with_prints(arn: str, now: list[str], former: list[str], trusted: str) -> Change:
    return change(
        _SET,
        OpenIDConnectProviderArn=arn,
        ThumbprintList=former,
        undo=call(_SET, OpenIDConnectProviderArn=arn, ThumbprintList=now),
        note=f"OIDC provider {arn}: thumbprints {', '.join(now)} → {', '.join(former)}",
        breaks=f"If the issuer has another certificate by now, its tokens may fail. {trusted}",
    )


@remediation(
    title="Make the deleted OIDC provider again",
    breaks="Its tokens open the roles that trust it again, as they did before.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DeleteOpenIDConnectProvider",
            before={"url": "https://token.example.com", "clientIDList": ["sts.amazonaws.com"]},
        ),
        reads=((_GET, None), (LIST_ROLES, ["deploy"])),
        changes=(
            call(
                "iam.create_open_id_connect_provider",
                Url="https://token.example.com",
                ClientIDList=["sts.amazonaws.com"],
            ),
        ),
    ),
    needs="finding",
    events=("DeleteOpenIDConnectProvider",),
)
def recreate_oidc_provider(facts: Facts) -> Steps:
    """Make the provider again as it was last, where the log shows its making.

    Without thumbprints in the log AWS gets the issuer's by itself.  Tags do not come back.  A
    provider that is there again is left as it is.
    """
    arn, address = the_provider(facts, "oidc_provider")
    before = known_before(facts)
    url = before.get("url")
    if not isinstance(url, str) or url.removeprefix("https://").rstrip("/") != address:
        raise CannotFix(
            "The log does not show how the provider was made: take its audiences from your code, "
            "and make it with aws iam create-open-id-connect-provider."
        )
    if (
        yield read("iam.get_open_id_connect_provider", OpenIDConnectProviderArn=arn, pick="Url")
    ) is not None:
        return
    trusted = yield from who_comes_by_it(arn)
    made = _making(url, before.get("clientIDList"), before.get("thumbprintList"))
    yield change(
        made.name,
        **made.params,
        undo=call("iam.delete_open_id_connect_provider", OpenIDConnectProviderArn=arn),
        note=f"OIDC provider {arn}: not there → made again from the log",
        breaks=f"Its tokens open roles again. {trusted}",
    )
