"""The proof that ends every way: the suite is well, and judges right, called through its gateway."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from assay.client import TLS

from cli.deploy import canary
from cli.deploy.steps import Check, Failed, Step
from cli.running_suite import AUTHORITIES, RunningSuite
from cli.suite import run

TENANT = "assay-deploy"
"""Whose the canaries are, where the key is one that was made for them."""

KEY = ("--tenant", TENANT, "--scope", "system:read", "--scope", "validations:read", "--scope", "validations:write")


class Proof:
    """
    How the suite is called that was rolled out.

    :param address: The gateway's, as a client is given it; empty: none is known.
    :param key: Shown to it; empty: one is made for the time of each step, and taken back.
    :param authority: Returns whose certificates are trusted (PEM); None: those of ASSAY_CA, or whom everyone trusts.
    :param assay: Calls the command beside the gateway, where it reaches the database, and returns what it printed.
    :param seconds: How long each step may take.
    """

    def __init__(
        self,
        address: str,
        key: str,
        authority: Callable[[], bytes | None],
        assay: Callable[[Sequence[str]], str],
        seconds: float,
    ) -> None:
        self._address = address
        self._key = key
        self._authority = authority
        self._assay = assay
        self._seconds = seconds

    def steps(self) -> list[Step]:
        """Return its steps."""
        return [Step("canary", self._judged), Step("healthy", self._healthy)]

    def checks(self) -> list[Check]:
        """Return what can be looked at before: whether a key that was given opens the gateway that runs."""
        return [Check("key", self._known)] if self._key else []

    def _known(self) -> str:
        try:
            with self._called() as gateway:
                run(canary.known(gateway))
        except Failed as failure:
            # It does not run, or has not been started yet; a later proof says so.
            return f"not tried: {failure}"
        return "it is taken"

    def _healthy(self) -> str:
        with self._called() as gateway:
            return run(canary.healthy(gateway, self._seconds))

    def _judged(self) -> str:
        with self._called() as gateway:
            return run(canary.judged(gateway, self._seconds))

    @contextmanager
    def _called(self) -> Iterator[RunningSuite]:
        if not self._address:
            raise Failed("where the gateway can be called is not known: name its address with --gateway")
        given = os.environ.get(AUTHORITIES) or not self._address.startswith(TLS)
        authority = None if given else self._authority()
        if self._key:
            yield RunningSuite(self._address, self._key, authority)
            return
        try:
            made = json.loads(self._assay(["keys", "create", *KEY, "--expires", "1h", "--name", "canary", "--json"]))
        except ValueError:
            raise Failed("no key could be made: `assay keys create` printed something else") from None
        try:
            yield RunningSuite(self._address, made["key"], authority)
        finally:
            self._assay(["keys", "revoke", made["id"]])


def of_its_own(certificate: str) -> bytes | None:
    """Return a certificate (PEM) that vouches for itself, which a client has to be given; None for any other one."""
    from cryptography import x509

    loaded = x509.load_pem_x509_certificate(certificate.encode())
    return certificate.encode() if loaded.issuer == loaded.subject else None
