"""Shows a key with every call of a channel."""

from assay.errors import InvalidArgument
from assay.outgoing import Outgoing, OutgoingInterceptor


def showing(key: str) -> OutgoingInterceptor:
    """
    Return what has the calls of a channel show a key; see :func:`assay.outgoing.adapted`.

    :param key: Printable ASCII.
    :raises InvalidArgument: It is something else; the text does not show it.
    """
    if not (key.isascii() and key.isprintable()):
        raise InvalidArgument("key", "it has characters that no key has")
    return _Showing(("authorization", f"Bearer {key}"))


class _Showing(OutgoingInterceptor):
    def __init__(self, shown: tuple[str, str]) -> None:
        self._shown = shown

    def adapt(self, call: Outgoing) -> None:
        call.metadata.append(self._shown)
