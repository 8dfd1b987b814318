"""One message to a real receiver, over a real connection, whatever that does."""

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, time
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError

from serinus.application.release.delivering import Message
from serinus.domain.release.announcement import Announcement
from serinus.domain.release.destination import Address
from serinus.domain.release.webhook import SigningKey
from serinus.infrastructure.webhooks.reaching import Resolve
from serinus.infrastructure.webhooks.sending import NO_KEY, Sender
from tests.support.receiving import (
    Answer,
    Receiver,
    answering,
    endless,
    nonsense,
    receiving,
    silent,
)

LOOPBACK = ipaddress.ip_address("127.0.0.1")
OLD, NEW = SigningKey(b"o" * 32), SigningKey(b"n" * 32)
AT = dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def message(receiver: Receiver, *keys: SigningKey, url: str | None = None) -> Message:
    return Message(
        id=uuid4(),
        webhook=uuid4(),
        url=url or receiver.url,
        keys=keys or (NEW,),
        announcement=Announcement(
            release=UUID(int=7),
            number=3,
            at=AT,
            kind="roll_back",
            actor="judge",
            reason="too many errors",
            drill=False,
            verdict="too many errors",
            before={"phase": "ramping", "stage": 1, "share": 5000, "paused": False, "epoch": 3},
            to={
                "phase": "rolling_back",
                "stage": 1,
                "share": 1000,
                "paused": False,
                "epoch": 4,
            },
        ),
        made_at=AT,
        attempts=1,
        failing_for=0.0,
    )


def sender(**options: object) -> Sender:
    return Sender(time, **{"private": True, "timeout": 5.0, **options})  # type: ignore[arg-type] # its own


async def test_a_message_is_signed_so_that_others_can_check_it() -> None:
    async with receiving() as receiver:
        sent = message(receiver, NEW, OLD)
        outcome = await sender()(sent)
        [received] = receiver.received

    assert (outcome.status, outcome.error) == (204, "")
    assert received.method == "POST"
    assert received.headers["content-type"] == "application/json"
    assert received.id == str(sent.id)
    for key in (OLD, NEW):  # whichever of them a receiver has
        Webhook(key.text).verify(received.body, dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(SigningKey(b"x" * 32).text).verify(received.body, dict(received.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW.text).verify(received.body + b" ", dict(received.headers))


async def test_a_message_is_what_the_documentation_shows() -> None:
    async with receiving() as receiver:
        await sender()(message(receiver))
        [received] = receiver.received

    page = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    shown = json.loads(page.split("```json\n")[1].split("```")[0])
    assert received.json == shown
    assert list(received.json["data"]) == list(shown["data"])


async def test_every_attempt_sends_the_same_under_the_same_id() -> None:
    async with receiving() as receiver:
        sent = message(receiver)
        await sender()(sent)
        await sender()(replace(sent, attempts=2))

    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (answering(200), 200, ""),
        (answering(500), 500, "answered 500"),
        (answering(410), 410, "answered 410 Gone"),
        (nonsense, None, "RemoteProtocolError"),
    ],
)
async def test_whatever_is_answered_is_an_outcome(
    answer: Answer, status: int | None, error: str
) -> None:
    async with receiving() as receiver:
        receiver.answer = answer
        outcome = await sender()(message(receiver))

    assert outcome.status == status
    assert outcome.error.startswith(error)
    assert outcome.delivered == (not error)


async def test_nobody_is_followed_elsewhere() -> None:
    async with receiving() as receiver, receiving() as elsewhere:
        receiver.answer = answering(307, location=elsewhere.url)
        outcome = await sender()(message(receiver))

    assert outcome.status == 307
    assert "redirects are not followed" in outcome.error
    assert elsewhere.received == []


async def test_an_answer_without_an_end_is_not_read() -> None:
    async with receiving() as receiver:
        receiver.answer = endless
        began = monotonic()
        outcome = await sender(timeout=20.0)(message(receiver))

    assert outcome.delivered
    assert monotonic() - began < 10


async def test_a_receiver_that_says_nothing_is_not_waited_for() -> None:
    async with receiving() as receiver:
        receiver.answer = silent
        outcome = await sender(timeout=0.2)(message(receiver))

    assert (outcome.status, outcome.error) == (None, "no answer within 0.2 s")


async def test_a_name_that_takes_too_long_to_resolve_is_not_waited_for() -> None:
    async def never(_host: str, _port: int) -> Sequence[Address]:
        await asyncio.Event().wait()
        return []

    async with receiving() as receiver:
        outcome = await sender(resolver=never, timeout=0.2)(message(receiver))

    assert outcome.error == "no answer within 0.2 s"


async def test_how_long_a_receiver_asks_to_be_left_alone_is_heard() -> None:
    async with receiving() as receiver:
        receiver.answer = answering(429, retry_after="90")
        asked = await sender()(message(receiver))
        receiver.answer = answering(429, retry_after="Wed, 21 Oct 2030 07:28:00 GMT")
        at_a_date = await sender()(message(receiver))

    assert (asked.retry_after, at_a_date.retry_after) == (90.0, None)


async def test_nobody_is_reached_where_nobody_listens() -> None:
    async with receiving() as receiver:
        pass

    outcome = await sender()(message(receiver))

    assert outcome.status is None
    assert outcome.error.startswith("ConnectError")


async def test_without_a_key_nothing_is_sent() -> None:
    async with receiving() as receiver:
        outcome = await sender()(replace(message(receiver), keys=()))

    assert outcome.error == NO_KEY
    assert receiver.received == []


def resolving(*answers: str) -> Resolve:
    """A name server that changes its mind: each is the answer once, the last one for ever."""
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[Address]:
        return [ipaddress.ip_address(left.pop(0) if len(left) > 1 else left[0])]

    return resolve


async def test_a_name_of_the_own_network_is_refused_when_the_connection_is_made() -> None:
    async with receiving() as receiver:
        sent = message(receiver, url=f"http://hooks.example:{receiver.port}/")
        closed = await sender(resolver=resolving("127.0.0.1"), private=False)(sent)
        opened = await sender(resolver=resolving("127.0.0.1"), private=True)(sent)
        metadata = await sender(resolver=resolving("169.254.169.254"), private=True)(sent)

    assert closed.error.startswith("refused: 127.0.0.1 is private")
    assert opened.delivered
    assert metadata.error.startswith("refused: 169.254.169.254 is link-local")
    assert len(receiver.received) == 1


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to() -> None:
    asked = 0

    async def changes_its_mind(_host: str, _port: int) -> Sequence[Address]:
        nonlocal asked
        asked += 1
        return [LOOPBACK if asked == 1 else ipaddress.ip_address("169.254.169.254")]

    async with receiving() as receiver:
        sent = message(receiver, url=f"http://hooks.example:{receiver.port}/")
        outcome = await sender(resolver=changes_its_mind)(sent)

    assert outcome.delivered
    assert asked == 1
    assert receiver.received[0].headers["host"] == f"hooks.example:{receiver.port}"


async def test_of_several_addresses_one_that_answers_is_enough() -> None:
    async def several(_host: str, _port: int) -> Sequence[Address]:
        return [ipaddress.ip_address(each) for each in ("fe80::1", "127.0.0.2", "127.0.0.1")]

    async with receiving() as receiver:
        sent = message(receiver, url=f"http://hooks.example:{receiver.port}/")
        outcome = await sender(resolver=several)(sent)

    assert outcome.delivered


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """For that name, signed by itself; `folder` gets it as `ca.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


async def test_over_tls_the_receiver_has_to_be_who_its_name_says(tmp_path: Path) -> None:
    tls = certificate(tmp_path, "hooks.example")
    trusted = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    async with receiving(tls) as receiver:

        async def told(name: str, context: ssl.SSLContext | None) -> str:
            url = f"https://{name}:{receiver.port}/"
            here = resolving("127.0.0.1")
            sending = sender(resolver=here, trusted=context)
            return (await sending(message(receiver, url=url))).error

        assert await told("hooks.example", trusted) == ""
        assert "Hostname mismatch" in await told("other.example", trusted)
        assert "self-signed certificate" in await told("hooks.example", None)
    assert len(receiver.received) == 1
