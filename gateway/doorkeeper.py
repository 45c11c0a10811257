"""Who may come in over HTTP, said before anything of a request is read, and before it costs a call."""

from collections.abc import Sequence

from assay.errors import AssayError

from gateway.audit import AuditInterceptor
from gateway.authenticator import Authenticator, require
from host.caller import Caller


class Doorkeeper:
    """
    Asks who calls as the gRPC server does, which asks again.

    A refusal here costs a look into a table. As a call of its own it would wait in one queue with everybody's calls, of
    which gRPC takes one in each turn of the loop: strangers could make that queue as long as they like.
    """

    def __init__(self, authenticator: Authenticator, audit: AuditInterceptor) -> None:
        self._authenticator = authenticator
        self._audit = audit

    async def admit(self, shown: Sequence[str], scope: str, method: str, address: str) -> str:
        """
        Return the tenant of a request that may go on; record one that may not.

        :param shown: The values of all authorization headers.
        :param method: What is asked for, and ``address`` from where, for the record.
        :raises Unauthenticated: No valid key is shown.
        :raises PermissionDenied: The key lacks the scope.
        :raises StoreUnavailable: The database does not say.
        """
        who: Caller | None = None
        try:
            who = await self._authenticator.authenticate(shown)
            require(who, scope)
        except AssayError as error:
            self._audit.refused(method, error, address, who)
            raise
        return who.tenant
