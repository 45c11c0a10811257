"""The settings of the suite: ASSAY_* in the environment, "__" between the levels. Read at the composition root only."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from typing_extensions import TypedDict

from host.settings_network import (
    EventSettings,
    GatewaySettings,
    NatsSettings,
    TelemetrySettings,
    TlsSettings,
    TokenSettings,
)
from host.settings_section import Count, NoLess, Seconds, Section


class ServerSettings(Section):
    """Bounds on the gRPC server."""

    max_message_bytes: Count = 32 * 1024 * 1024
    """The largest message that is taken or sent."""
    max_concurrent_calls: Count = 1024
    """Calls under way at one time; one more is refused as RESOURCE_EXHAUSTED."""
    max_call_seconds: Seconds = 600.0
    """The deadline of a call that came without one, and the longest that any call may ask for. One that follows
    something lasts as long as its client wants."""
    drain_seconds: Seconds = 20.0
    """How long calls under way may go on after the server was told to stop."""
    probe_listen: str = ""
    """Where this process answers the gRPC health service alone, without encryption: "host:port"; empty: nowhere. For
    probes that speak no TLS, as Kubernetes' own; it tells nothing but whether the process serves."""
    connection_age_seconds: Seconds = 60.0
    """After which a connection of another process is asked to make room for a new one, so that callers find new
    replicas. Calls on it go on to their end."""


class WorkerSettings(Section):
    """Bounds on the processes that read code."""

    count: Count = 2
    """Processes that read code, in each process that serves stages."""
    memory_bytes: Count = 2 * 1024**3
    """Address space of each."""
    task_seconds: Seconds = 30.0
    """The longest that one reading may take."""
    tasks_per_worker: Count = 500
    """Readings after which a process is replaced."""


class LimitSettings(Section):
    """One value for each limit of a run in the sandbox."""

    wall_seconds: Seconds
    """Time from the hand-over to the end."""
    cpu_seconds: Seconds
    """CPU time of everything in the container."""
    memory_bytes: Count
    """Memory of everything in the container; swap included."""
    processes: Count
    """Processes and threads at one time."""
    open_files: Count
    """Open files of one process."""
    output_bytes: Count
    """What is kept of each output stream."""
    output_hard_bytes: Count
    """Output after which the program is ended."""
    disk_bytes: Count
    """Size of the work directory."""
    artifact_bytes: Count
    """All artifacts together."""
    artifact_count: Count
    """Artifacts."""
    compile_seconds: Seconds
    """Compiling, and its CPU time."""


MIB = 1024 * 1024


class PoolSettings(Section):
    """How many containers of a kind wait ready."""

    floor: NoLess = 0
    """Containers that always wait ready in a pool."""
    ceiling: NoLess = 4
    """The most that wait ready in a pool; between the two it is as many as were claimed at about one time within the
    last minute."""


class PoolBounds(TypedDict, total=False):
    """The same for one language; what is not said is that of all."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    floor: NoLess
    ceiling: NoLess


ClassLimit = Literal["memory_bytes", "processes", "disk_bytes"]
"""What a container has from its making on."""


class SandboxSettings(Section):
    """How programs are run."""

    docker_url: str = ""
    """Address of the Docker daemon; empty: ``DOCKER_HOST``, or the local socket."""
    runtime: str = "runc"
    """The container runtime, by its name in the daemon."""
    limits: Literal["enforced", "best-effort"] = "enforced"
    """``enforced``: a runtime that does not enforce limits is refused. ``best-effort``: it is used, and every result
    says so."""
    languages: list[str] = []
    """Which languages are served; empty: all that there are folders for."""
    language_folders: list[Path] = []
    """Folders of further languages, one each."""
    pool: PoolSettings = PoolSettings()
    """How many containers wait ready in each pool: one for each language and class."""
    pools: dict[str, PoolBounds] = {"python": {"floor": 4, "ceiling": 8}}
    """Other numbers of containers that wait ready, by language. Added to the defaults."""
    classes: dict[str, dict[ClassLimit, Count]] = {}
    """Limits besides the default ones for which containers wait ready, by a name of your own:
    ``{"small": {"memory_bytes": 134217728}}``. Of ``memory_bytes``, ``processes`` and ``disk_bytes``; what is not said
    is the default."""
    max_idle: Count = 32
    """The most containers that wait ready in all pools. Where that is too few, the pools used least give way."""
    refill_concurrency: Count = 2
    """Containers that are made at one time while nobody waits for one."""
    refill_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 8.0
    """Containers that are begun a second while nobody waits for one."""
    make_concurrency: Count = 4
    """Containers that are made at one time where runs wait for them."""
    cpus: Annotated[float, Field(gt=0)] = 1.0
    """Processors that one container may use."""
    max_concurrent_runs: Count = 4
    """Runs under way at one time."""
    queue_size: Count = 64
    """Calls that may wait for a turn; one more is refused as RESOURCE_EXHAUSTED."""
    max_batch_cases: Count = 1000
    """Cases that one batch may have."""
    default_limits: LimitSettings = LimitSettings(
        wall_seconds=10,
        cpu_seconds=10,
        memory_bytes=256 * MIB,
        processes=64,
        open_files=256,
        output_bytes=256 * 1024,
        output_hard_bytes=16 * MIB,
        disk_bytes=64 * MIB,
        artifact_bytes=8 * MIB,
        artifact_count=64,
        compile_seconds=30,
    )
    """What a run gets that does not say."""
    max_limits: LimitSettings = LimitSettings(
        wall_seconds=300,
        cpu_seconds=300,
        memory_bytes=2048 * MIB,
        processes=512,
        open_files=4096,
        output_bytes=4 * MIB,
        output_hard_bytes=256 * MIB,
        disk_bytes=1024 * MIB,
        artifact_bytes=16 * MIB,
        artifact_count=1024,
        compile_seconds=120,
    )
    """The most that a run may ask for."""

    def bounds(self, language: str) -> tuple[int, int]:
        """Return how many containers of a language wait ready in each pool: floor and ceiling."""
        own = self.pools.get(language, {})
        return own.get("floor", self.pool.floor), own.get("ceiling", self.pool.ceiling)

    @model_validator(mode="after")
    def _agree(self) -> "SandboxSettings":
        for language in ("", *self.pools):
            floor, ceiling = self.bounds(language)
            if floor > ceiling:
                raise ValueError(f"the pool {language or 'of all languages'}: its floor is above its ceiling")
        if "default" in self.classes:
            raise ValueError("the class 'default' is made of default_limits")
        return self


class ValidationSettings(Section):
    """How candidates are judged where the policy of the request does not say."""

    max_concurrent: Count = 8
    """Validations under way at one time; the rest wait for their turn within their deadlines."""
    queue_size: Count = 256
    """Validations that may wait; one more is refused as RESOURCE_EXHAUSTED, unless its tenant has fewer waiting than
    another, whose last one it is then."""
    max_queued: Count = 1_000
    """Validations that may be queued or run without anybody waiting for them; one more is refused as
    RESOURCE_EXHAUSTED, unless its tenant has less than its equal share of them: up to twice as many."""
    queue_workers: NoLess = 4
    """Queued validations that this process makes at one time, of those under way; 0: it makes none."""
    lease_seconds: Seconds = 15.0
    """How long after a process was lost its queued validations are taken by another, or by itself when it is back."""
    max_attempts: Count = 5
    """How often a queued validation is begun at most, where its process is lost or it fails by an error of the suite's;
    then it has failed and is kept as a dead job. One that was lost twice is made alone, so that others are not lost
    with it."""
    keep_dead: Count = 1_000
    """Dead jobs that are kept with their requests, to be looked at and queued again; the oldest go first."""
    keep_dead_seconds: Seconds = 2_592_000.0
    """How long a dead job is kept, in seconds."""
    keep: Count = 100_000
    """Stored validations of each tenant, up to a few hundredths more at times; the oldest go first."""
    stage_seconds: dict[str, Seconds] = {"execution": 120.0}
    """The longest time that a stage may take, by its name. Added to the defaults."""
    default_stage_seconds: Seconds = 60.0
    """The same for stages that are not named there."""


def _database(url: str) -> str:
    if url and not url.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("it has to be postgresql://USER@HOST:PORT/NAME or sqlite:////PATH")
    return url


class BadSettings(Exception):
    """A setting is unknown, or its value is out of bounds; names it."""


class Settings(BaseSettings):
    """All settings, with defaults that need no set-up."""

    model_config = SettingsConfigDict(
        env_prefix="ASSAY_", env_nested_delimiter="__", extra="forbid", nested_model_default_partial_update=True
    )

    state_dir: Path = Path("~/.local/state/assay")
    """Folder of the default database. Made with mode 0700."""
    database_url: Annotated[str, AfterValidator(_database)] = ""
    """The database, which all services share: ``postgresql://USER@HOST:PORT/NAME?sslmode=verify-full``, with what else
    such a URL may say, or ``sqlite:////var/lib/assay.db``; empty: SQLite in the state folder. See docs/database.md."""
    database_password_file: Path | None = None
    """File of the password for PostgreSQL, read for each connection; none: the URL says it, or it asks for none."""
    database_connections: Count = 8
    """Connections to PostgreSQL at one time, for each part of a service that uses it (the gateway has two)."""
    database_seconds: Seconds = 10.0
    """The longest that a transaction on PostgreSQL may take, with the wait for a connection and for others' locks."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is logged: this, and what is graver."""
    log_format: Literal["json", "text"] = "json"
    """How; logs go to standard error."""
    sandbox_enabled: bool = True
    """Whether an embedded suite has a sandbox; without one the stages that run code are skipped and say so."""
    peers: dict[str, str] = {}
    """Addresses of services by their names, for those that this process does not serve itself:
    ``{"static": "10.0.0.5:50051"}``. Several replicas are ``dns:///static:50051``, where the name has an address for
    each, or ``ipv4:10.0.0.5:50051,10.0.0.6:50051``; calls go to them by turns."""
    stage_options: dict[str, dict[str, str]] = {}
    """What is said to one stage alone, by the stage's name: ``{"semantic": {"python": "/srv/app/.venv"}}``. The
    semantic stage has ``python``, ``reference`` (docs/semantic.md) and ``node`` (docs/javascript.md), the static stage
    ``validator_seconds`` (docs/extending.md)."""
    server: ServerSettings = ServerSettings()
    tls: TlsSettings = TlsSettings()
    tokens: TokenSettings = TokenSettings()
    nats: NatsSettings = NatsSettings()
    events: EventSettings = EventSettings()
    gateway: GatewaySettings = GatewaySettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    workers: WorkerSettings = WorkerSettings()
    sandbox: SandboxSettings = SandboxSettings()
    validation: ValidationSettings = ValidationSettings()

    @property
    def on_postgresql(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.database_url.startswith("postgresql://")


def read() -> Settings:
    """
    Read the settings from the environment.

    :raises BadSettings: One of them cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        name = "__".join(str(part).upper() for part in wrong["loc"])
        raise BadSettings(f"the setting ASSAY_{name}: {wrong['msg']}") from None
    except SettingsError as error:
        # A value that should be JSON and is not. The text names the field, and the value stays out of it.
        raise BadSettings(f"a setting cannot be read: {error}") from None
