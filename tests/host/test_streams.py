"""What is declared of JetStream: made once, brought to what is declared, with subjects that no name reaches out of."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host import catalog
from host.caller import MAX_TENANT
from host.streams import DEAD, EVENTS, JOBS, STREAMS, ensure, event_subject, token
from tests.backing import Nats
from tests.jetstream import emptied, jetstream


@pytest.mark.docker
async def test_made_and_changed(nats_server: Nats) -> None:
    """A stream is made once however many make it; what a declaration changes is changed, and messages stay."""
    await emptied(nats_server.url)
    async with jetstream(nats_server.url) as context:
        await asyncio.gather(*(ensure(context, stream, 1) for stream in STREAMS * 3))
        for stream in STREAMS:
            config = (await context.stream_info(stream.name)).config
            assert (config.subjects, config.max_bytes, config.max_msgs, config.max_msg_size) == (
                [stream.subject], stream.max_bytes, stream.max_messages, stream.max_message_bytes,
            )  # fmt: skip
            assert (config.max_age, config.num_replicas) == (stream.max_seconds, 1)
        await context.publish(EVENTS.subject.replace(">", "red.test"), b"kept")
        assert EVENTS.consumer is not None
        changed = replace(EVENTS, max_seconds=3_600, consumer=replace(EVENTS.consumer, ack_seconds=5))
        await ensure(context, changed, 1)
        info = await context.stream_info(EVENTS.name)
        assert (info.config.max_age, info.state.messages) == (3_600, 1)
        assert (await context.consumer_info(EVENTS.name, "events")).config.ack_wait == 5
        await ensure(context, EVENTS, 1)
        assert (await context.stream_info(EVENTS.name)).config.max_age == EVENTS.max_seconds
    await emptied(nats_server.url)


def test_declared() -> None:
    """Each stream has an owner that is a service, bounds, and subjects of its own; a full work queue refuses."""
    assert {stream.owner for stream in STREAMS} <= set(catalog.entries())
    assert all(min(s.max_seconds, s.max_bytes, s.max_messages, s.max_message_bytes) > 0 for s in STREAMS)
    assert len({stream.subject.split(".")[0] for stream in STREAMS}) == len(STREAMS)
    assert (JOBS.is_work, JOBS.refuses, EVENTS.refuses, DEAD.refuses) == (True, True, False, False)


@given(st.text(min_size=1, max_size=MAX_TENANT), st.text(min_size=1, max_size=MAX_TENANT))
def test_tokens(one: str, other: str) -> None:
    """Whatever a name is, it is one token without wildcards, and no two names are one."""
    for name in (one, other):
        assert set(token(name)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=")
        assert token(name)
    assert (token(one) == token(other)) == (one == other)


def test_subjects() -> None:
    """A plain tenant is itself in a subject, and one with a dot reaches into nobody's."""
    assert event_subject("red", "validation.completed") == "assay.red.validation.completed"
    assert event_subject("red.validation", "completed").startswith("assay.=")
