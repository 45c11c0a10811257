"""
The configuration of a NATS server for a suite: ``python -P -m host.nats_conf [OPTIONS]`` prints it.

Without ``--passwords`` it holds none: nats-server reads them from its own environment. It reads a variable as a value
of its configuration, so that there a password has to begin with a letter and to consist of letters, digits, ``-`` and
``_``; a bcrypt digest of a password stands in quotes within the variable.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from host.key_files import read_secret
from host.nats_permissions import Allowed, users
from host.settings import BadSettings

VARIABLE = "ASSAY_NATS_PASSWORD_"
"""How the variables are named that hold the users' passwords, where these are not written out."""

MAX_PAYLOAD = 256 * 1024
"""The largest message. Those of the suite have at most 64 KiB: code never goes over the bus."""

_SYNC = re.compile(r"always|[0-9]{1,6}(ms|s|m|h)")
_SIZE = re.compile(r"[0-9]{1,9}(K|M|G|T)?B?")
_PLAIN = re.compile(r"[\x20-\x7e]+")


def rendered(options: argparse.Namespace) -> str:
    """Return the configuration."""
    return "\n".join(_lines(options)) + "\n"


def _lines(options: argparse.Namespace) -> Iterator[str]:
    yield "# Made by `python -P -m host.nats_conf`; change what it is made of, not this."
    yield f'listen: "0.0.0.0:{options.port}"'
    if options.monitoring:
        # Health, and the depth of the queue for whoever scales by it. Only where the suite's operators can reach it.
        yield f'http: "0.0.0.0:{options.monitoring}"'
    yield f"max_payload: {MAX_PAYLOAD}"
    yield f"max_connections: {options.max_connections}"
    yield "write_deadline: 10s"
    yield from _jetstream(options)
    if options.tls_certificate:
        yield from _tls(options)
    yield "authorization {"
    yield "  timeout: 5"
    yield "  users: ["
    for name, allowed in users().items():
        yield from _user(name, allowed, _password(options.passwords, name))
    yield "  ]"
    yield "}"


def _jetstream(options: argparse.Namespace) -> Iterator[str]:
    yield "jetstream {"
    yield f"  store_dir: {json.dumps(options.store_dir)}"
    yield "  max_memory_store: 64MB"
    yield f"  max_file_store: {options.store_size}"
    # When what was acknowledged is on the disk; see docs/jobs.md for what it costs.
    yield f"  sync_interval: {options.sync_interval}"
    yield "}"


def _tls(options: argparse.Namespace) -> Iterator[str]:
    yield "tls {"
    yield f"  cert_file: {json.dumps(options.tls_certificate)}"
    yield f"  key_file: {json.dumps(options.tls_key)}"
    # Those of the suite encrypt before anything is said, so that nobody in between can say that there is no encryption.
    yield "  handshake_first: auto"
    yield "  timeout: 5"
    yield "}"


def _password(folder: Path | None, name: str) -> str:
    """Return what stands for a user's password: the password itself, or the variable that nats-server reads it from."""
    if folder is None:
        return f"${VARIABLE}{name.upper()}"
    path = folder / name / "nats.password"
    text = read_secret(path, "--passwords").decode(errors="replace").strip()
    if not _PLAIN.fullmatch(text):
        raise BadSettings(f"--passwords: {path} has to be one line of plain characters")
    return json.dumps(text)


def _user(name: str, allowed: Allowed, password: str) -> Iterator[str]:
    yield "    {"
    yield f"      user: {name}"
    yield f"      password: {password}"
    yield "      permissions: {"
    yield f"        publish: {{ allow: {json.dumps(allowed.publish)} }}"
    yield f"        subscribe: {{ allow: {json.dumps(allowed.subscribe)} }}"
    yield "      }"
    yield "    }"


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; a value that cannot stand in the configuration ends it with status 2."""
    parser = argparse.ArgumentParser(prog="host.nats_conf", description=__doc__.split("\n\n", 1)[0].strip())
    parser.add_argument("--port", type=int, default=4222, help="for clients (default: %(default)s)")
    parser.add_argument("--monitoring", type=int, default=8222, help="for GET /healthz and /jsz; 0: none")
    parser.add_argument("--max-connections", type=int, default=1_000)
    parser.add_argument("--store-dir", default="/data", type=_checked(_PLAIN), help="(default: %(default)s)")
    parser.add_argument("--store-size", default="4GB", type=_checked(_SIZE), help="(default: %(default)s)")
    parser.add_argument(
        "--sync-interval",
        default="always",
        type=_checked(_SYNC),
        help='when messages are on the disk: "always", before they are acknowledged (default), or for example 10s',
    )
    parser.add_argument(
        "--passwords",
        type=Path,
        metavar="FOLDER",
        help="write the passwords out, from the files USER/nats.password in it, as `assay secrets` makes them; else "
        f"nats-server reads them from its environment: {VARIABLE}VALIDATION for the user validation, and so on",
    )
    parser.add_argument("--tls-certificate", default="", type=_checked(_PLAIN), metavar="FILE")
    parser.add_argument("--tls-key", default="", type=_checked(_PLAIN), metavar="FILE")
    parsed = parser.parse_args(arguments)
    if bool(parsed.tls_certificate) != bool(parsed.tls_key):
        parser.error("--tls-certificate and --tls-key come together")
    return parsed


def _checked(pattern: re.Pattern[str]) -> "type[str]":
    def check(text: str) -> str:
        if text and not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"it has to be like {pattern.pattern}")
        return text

    return check  # type: ignore[return-value]


def main() -> int:
    """Print the configuration; the exit status is 2 where it cannot be made."""
    try:
        text = rendered(options_of())
    except BadSettings as error:
        print(f"host.nats_conf: {error}", file=sys.stderr)  # noqa: T201  # for whoever called it
        return 2
    print(text, end="")  # noqa: T201  # this is the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
