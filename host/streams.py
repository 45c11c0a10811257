"""
What there is in JetStream: every stream, its consumer, and the subjects, declared in this one place.

A stream is made, or brought to what is declared here, by the service that it belongs to, whenever that connects; who
only publishes waits until it is there. Nothing in a stream is a truth of its own: what counts is in the database.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nats.js import JetStreamContext
    from nats.js.api import ConsumerConfig, StreamConfig

MIB = 1024 * 1024
DAY = 86_400.0

EVENT_ROOT = "assay"
"""How subjects of events begin: ``assay.<tenant>.<kind>``."""

JOBS_SUBJECT = "jobs.validation"
"""Where permits to take a queued validation go."""

DEAD_SUBJECT = "dead.validation"
"""Where it is told which validations were given up."""

WAKE_ROOT = "wake"
"""How subjects begin by which replicas wake one another: ``wake.<topic>``. They are in no stream: who does not hear of
it finds what is new in the database a second later."""

PERMIT_DELIVERIES = 10
"""How often a permit is handed out at most, where nobody says that it was used."""

IN_USE = 10058
"""JetStream's error where a stream of that name exists and is another than was asked for."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """
    How the messages of a stream are handed out: to one of those who ask, again where it does not say that it is done.

    :param ack_seconds: After how long without a word a message is handed out again. Of permits it is longer than a
        lease (``ASSAY_VALIDATION__LEASE_SECONDS``), so that by then the job can be taken.
    :param deliveries: How often a message is handed out at most; -1: until somebody is done with it.
    :param pending: Messages that may be with those who asked at one time.
    """

    name: str
    ack_seconds: float
    deliveries: int
    pending: int


@dataclass(frozen=True, slots=True)
class Stream:
    """
    A stream.

    :param owner: The service of the catalog that makes it.
    :param is_work: Whether a message goes when somebody is done with it; otherwise it stays until a bound is reached.
    :param refuses: Whether a full stream refuses what is new, which its publisher then keeps; else the oldest goes.
    """

    name: str
    owner: str
    subject: str
    description: str
    max_seconds: float
    max_bytes: int
    max_messages: int
    max_message_bytes: int
    is_work: bool = False
    refuses: bool = False
    consumer: Consumer | None = None


EVENTS = Stream(
    "ASSAY_EVENTS",
    "events",
    f"{EVENT_ROOT}.>",
    "What happens in the suite, until the event service has stored it",
    max_seconds=2 * DAY,
    max_bytes=1024 * MIB,
    max_messages=1_000_000,
    max_message_bytes=64 * 1024,
    consumer=Consumer("events", ack_seconds=30, deliveries=-1, pending=20_000),
)

JOBS = Stream(
    "ASSAY_JOBS",
    "validation",
    JOBS_SUBJECT,
    "Permits to take a queued validation; which one, the database decides",
    max_seconds=7 * DAY,
    max_bytes=256 * MIB,
    max_messages=200_000,
    max_message_bytes=4 * 1024,
    is_work=True,
    refuses=True,
    consumer=Consumer("validation", ack_seconds=30, deliveries=PERMIT_DELIVERIES, pending=10_000),
)

DEAD = Stream(
    "ASSAY_DEAD",
    "validation",
    DEAD_SUBJECT,
    "Queued validations that were given up, and why",
    max_seconds=30 * DAY,
    max_bytes=64 * MIB,
    max_messages=10_000,
    max_message_bytes=8 * 1024,
)

STREAMS = (EVENTS, JOBS, DEAD)

_SAFE = re.compile(r"[A-Za-z0-9_-]+")


def token(name: str) -> str:
    """
    Return a name as one token of a subject.

    What is plain stays as it is; anything else, such as a tenant with dots in its name, becomes ``=`` and its base64,
    which no plain name begins with. So no name reaches into another's subjects.
    """
    if _SAFE.fullmatch(name):
        return name
    return "=" + base64.urlsafe_b64encode(name.encode(errors="surrogatepass")).decode().rstrip("=")


def event_subject(tenant: str, kind: str) -> str:
    """Return the subject of an event; its kind is plain names with dots between them."""
    return f"{EVENT_ROOT}.{token(tenant)}.{kind}"


def wake_subject(topic: str) -> str:
    """Return the subject by which replicas wake one another about a topic."""
    return f"{WAKE_ROOT}.{topic}"


def owned_by(service: str) -> Iterator[Stream]:
    """Yield the streams that a service makes."""
    return (stream for stream in STREAMS if stream.owner == service)


async def ensure(jetstream: "JetStreamContext", stream: Stream, replicas: int) -> None:
    """
    Make a stream and its consumer, or bring those that there are to what is declared; more often changes nothing.

    :raises nats.errors.Error: JetStream does not answer, or cannot do it.
    """
    from nats.js.errors import APIError

    config = _stream_config(stream, replicas)
    try:
        await jetstream.add_stream(config)
    except APIError as error:
        if error.err_code != IN_USE:
            raise
        await jetstream.update_stream(config)
    if stream.consumer is not None:
        await jetstream.add_consumer(stream.name, _consumer_config(stream.consumer))


def _stream_config(stream: Stream, replicas: int) -> "StreamConfig":
    from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

    return StreamConfig(
        name=stream.name,
        description=stream.description,
        subjects=[stream.subject],
        retention=RetentionPolicy.WORK_QUEUE if stream.is_work else RetentionPolicy.LIMITS,
        discard=DiscardPolicy.NEW if stream.refuses else DiscardPolicy.OLD,
        storage=StorageType.FILE,
        max_age=stream.max_seconds,
        max_bytes=stream.max_bytes,
        max_msgs=stream.max_messages,
        max_msg_size=stream.max_message_bytes,
        max_consumers=-1,
        num_replicas=replicas,
        duplicate_window=120,
    )


def _consumer_config(consumer: Consumer) -> "ConsumerConfig":
    from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

    return ConsumerConfig(
        name=consumer.name,
        durable_name=consumer.name,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=consumer.ack_seconds,
        max_deliver=consumer.deliveries,
        max_ack_pending=consumer.pending,
    )
