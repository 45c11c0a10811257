"""What a request asks about: the one field of a message that the gateway reads."""

import re
from functools import cache

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from gateway.contract import public_methods

FIELDS = ("id", "resource")
"""The fields of requests that name a resource, the first one that a message has."""

_READABLE_BYTES = 4096
"""A request that asks about one thing is smaller than this; a larger one is not read."""

_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")


@cache
def resource_field(method: str) -> str | None:
    """Return the field of a public method's request that names a resource, or None."""
    public = public_methods().get(method)
    if public is None:
        return None
    return next((name for name in FIELDS if name in public.request.fields_by_name), None)


def resource_of(method: str, request: bytes) -> str:
    """Return what a request asks about; empty where it is nothing, or no name that could be one of ours."""
    field = resource_field(method)
    if field is None or len(request) > _READABLE_BYTES:
        return ""
    try:
        value = getattr(GetMessageClass(public_methods()[method].request).FromString(request), field)
    except DecodeError:
        return ""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""
