"""The settings of what is between processes and before them: encryption, tokens, the gateway, telemetry."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from host.settings_section import Amount, Count, NoLess, Seconds, Section


class TlsSettings(Section):
    """Encryption between the processes of the suite. Files in PEM; a Unix socket never needs them."""

    certificate: Path | None = None
    """The certificate chain that this process shows to those that call it; none: it listens without encryption."""
    key: Path | None = None
    """The private key of that certificate."""
    ca: Path | None = None
    """The authorities that certificates of peers must come from; none: peers are called without encryption."""


class TokenSettings(Section):
    """Service tokens: what one process of the suite shows to another. Ed25519; see docs/security.md."""

    name: str = ""
    """What this process calls itself in the tokens that it signs; empty: the names of the services that it serves."""
    signing_key: Path | None = None
    """File of the private key (PEM, PKCS 8) with which this process signs; none: no other process knows its calls."""
    trusted: dict[str, Path] = {}
    """Files of the public keys (PEM) of those whose calls are taken, by their names; none: no token is asked for, which
    is refused on an address that other machines can reach."""
    seconds: Annotated[Seconds, Field(le=60)] = 30.0
    """How long a token is valid."""
    max_seen: Count = 200_000
    """Tokens that are remembered until they expire, so that none is taken twice; with more, calls are refused."""


class NatsSettings(Section):
    """NATS with JetStream. It carries events and queued work between the processes of a suite; see docs/jobs.md."""

    url: str = ""
    """Where it is: ``nats://host:4222``, or ``tls://host:4222`` for encryption; of a cluster several, with commas
    between them. Empty: there is none; events stay within a process, and queued work is found by looking at the
    database."""
    user: str = ""
    """Who this process is there; empty: it names nobody."""
    password_file: Path | None = None
    """File of that user's password; none: it has none. Others than its owner may not be able to read it."""
    ca: Path | None = None
    """The authorities (PEM) that the certificate of NATS must come from; none: those of the system. With it the
    connection is encrypted, whatever the URL says."""
    replicas: Annotated[Count, Field(le=5)] = 1
    """How many servers of a cluster keep each message: 1, or 3 where there are three. See docs/jobs.md for what is lost
    with how many."""


class QuotaSettings(Section):
    """What one tenant may use. 0: without a bound."""

    calls_per_second: Amount = 50.0
    """Calls that may come a second, over a while."""
    burst: Count = 100
    """Calls that may come at once."""
    concurrent_runs: NoLess = 16
    """Calls at one time that run code, or wait for what does."""
    concurrent_streams: NoLess = 64
    """Calls at one time of any kind."""
    sandbox_seconds_per_day: Amount = 86_400.0
    """Wall-clock time in containers."""
    bytes_per_day: NoLess = 50 * 1024**3
    """Of requests and responses together."""
    ai_micro_usd_per_day: NoLess = 0
    """What AI providers charge, in millionths of a US dollar."""


class CertificateSettings(Section):
    """What a client's certificate allows."""

    tenant: str
    """On whose behalf its calls are."""
    scopes: list[str]
    """What they may do, as with a key."""


class GatewaySettings(Section):
    """The door to the suite."""

    listen: str = ""
    """Where gRPC clients call: "host:port" or "unix:/path"; empty: there is no door for them."""
    http_listen: str = ""
    """Where HTTP clients call: "host:port"; empty: there is no door for them."""
    open: bool = False
    """Whether calls without a key are taken, as those of the tenant "local"; refused on an address that other machines
    can reach."""
    certificate: Path | None = None
    """The certificate chain (PEM) shown to clients, over gRPC and HTTP; none: without encryption."""
    key: Path | None = None
    """The private key of that certificate (PEM)."""
    unencrypted: bool = False
    """Whether it may listen without a certificate on an address that other machines can reach: behind a proxy that
    encrypts. Else that is refused, since others could read the keys on their way."""
    client_ca: Path | None = None
    """The authorities (PEM) that certificates of gRPC clients must come from; none: no certificate is asked for."""
    client_certificates: dict[str, CertificateSettings] = {}
    """What clients' certificates allow, by a name in the certificate: a URI or DNS name, or its common name.
    ``{"ci.example.org": {"tenant": "ci", "scopes": ["validations:write"]}}``"""
    quota: QuotaSettings = QuotaSettings()
    """What a tenant may use that has no quota of its own. 0: without a bound."""
    quotas: dict[str, QuotaSettings] = {}
    """What other tenants may use, by their names, each a quota of its own: ``{"ci": {"calls_per_second": 200}}``. What
    is not said has the default that it has here, whatever the quota of the others is."""
    cors_origins: list[str] = []
    """Origins of web pages that may call over HTTP; "*": all."""
    max_connections: Count = 1_000
    """Connections at one time, over gRPC and HTTP each."""
    max_streams_per_connection: Count = 100
    """Calls at one time on one connection."""
    max_concurrent_calls: Count = 1_024
    """Calls under way at one time, of all tenants."""
    connection_age_seconds: Seconds = 1_800.0
    """After which a connection is asked to make room for a new one, so that clients find new replicas."""
    idle_seconds: Seconds = 300.0
    """After which a connection without calls is closed."""
    max_message_bytes: Count = 32 * 1024 * 1024
    """The largest request or response, after decompression."""
    max_http_seconds: Seconds = 600.0
    """The longest that an HTTP request may take. A stream that follows something takes as long as its client wants."""


class TelemetrySettings(Section):
    """What the suite tells of itself. Traces are exported where OTEL_EXPORTER_OTLP_ENDPOINT is set."""

    metrics_listen: str = ""
    """Where this process answers GET /metrics without a key: "host:port"; empty: nowhere. The gateway also has
    /metrics, for keys with the scope "metrics:read"."""
    trace_sample: Annotated[Amount, Field(le=1)] = 1.0
    """The share of traces that are recorded, of those that a client did not decide about."""


class EventSettings(Section):
    """The events. What happens in the suite, kept for a while and told to those who subscribe; see docs/events.md."""

    keep: Count = 100_000
    """Events that are kept of each tenant; the oldest go first."""
    keep_seconds: Seconds = 604_800.0
    """How long an event is kept, in seconds."""
    most_waiting: Count = 10_000
    """Events that may wait to be stored; those beyond are dropped, and counted."""
    most_behind: Count = 1_000
    """Events that may wait for one subscriber; one that is further behind is cut off and may go on from there."""
    max_subscribers: Count = 512
    """Subscriptions at one time, of all tenants; one more is refused as RESOURCE_EXHAUSTED."""
