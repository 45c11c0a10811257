"""Shows a key with every call of a channel."""

from collections.abc import Sequence

import grpc.aio

from assay.errors import InvalidArgument
from assay.outgoing import OutgoingInterceptor, for_every_shape, replaced


def showing(key: str) -> Sequence[grpc.aio.ClientInterceptor]:
    """
    Return the interceptors of a channel whose calls show a key.

    :param key: Printable ASCII.
    :raises InvalidArgument: It is something else; the text does not show it.
    """
    if not (key.isascii() and key.isprintable()):
        raise InvalidArgument("key", "it has characters that no key has")
    return for_every_shape((_Showing(("authorization", f"Bearer {key}")),))


class _Showing(OutgoingInterceptor):
    def __init__(self, shown: tuple[str, str]) -> None:
        self._shown = shown

    def adapt(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata.add(*self._shown)
        return replaced(details, metadata=metadata)
