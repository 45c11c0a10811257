"""Turns exceptions into statuses, so that no handler needs to and no text of a stranger's exception leaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import structlog
from assay.client import error_from_rpc
from assay.errors import AssayError

from host.interceptors.around import AroundInterceptor, Context
from host.status import abort

_log = structlog.get_logger("assay.call")


class StatusInterceptor(AroundInterceptor):
    """An AssayError becomes its status; a peer's status is passed on; anything else is INTERNAL, and logged."""

    @asynccontextmanager
    async def around(self, details: grpc.HandlerCallDetails, context: Context) -> AsyncIterator[None]:
        """See :class:`AroundInterceptor`."""
        try:
            yield
        except AssayError as error:
            await abort(context, error)
        except grpc.aio.AioRpcError as error:
            await abort(context, error_from_rpc(error))
        except (grpc.aio.AbortError, asyncio.CancelledError, GeneratorExit):
            raise
        except grpc.aio.InternalError:
            # Something was written to a client that had just left. There is nobody to tell.
            raise asyncio.CancelledError from None
        except Exception as error:  # noqa: BLE001  # the last line of defence
            await _log.aexception("unhandled", method=details.method, exc_info=error)
            await abort(context, AssayError("an error of the suite; its log has the details"))
