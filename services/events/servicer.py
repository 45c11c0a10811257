"""EventService: converts, follows, converts back."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from assay.v1 import event_pb2, event_pb2_grpc

from host.caller import caller
from host.interceptors.around import Context
from services.events.convert import event_to_proto, wanted_from_proto
from services.events.following import Following


class EventServicer(event_pb2_grpc.EventServiceServicer):
    """Tells callers what happens, of their own tenant alone."""

    def __init__(self, following: Following) -> None:
        self._following = following

    async def Subscribe(  # noqa: N802  # the contract's name
        self, request: event_pb2.SubscribeRequest, context: Context
    ) -> AsyncIterator[event_pb2.SubscribeResponse]:
        """See the contract."""
        who = caller()
        wanted = wanted_from_proto(request, who)
        after = await self._following.place(who.tenant, request.after_sequence)
        # The client learns that nothing is missed that happens from now on, however long nothing does.
        await context.send_initial_metadata(())
        async with aclosing(self._following.follow(who.tenant, wanted, after)) as events:
            async for event in events:
                yield event_pb2.SubscribeResponse(event=event_to_proto(event))
