"""`assay secrets`: the command and its options."""

from pathlib import Path
from typing import Annotated

import typer


def secrets(
    *,
    out: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where they lie.")] = Path("deploy/secrets"),
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="A host name or address by which clients call the gateway, for a certificate that vouches for itself; "
            "may be given more than once.",
        ),
    ] = None,
) -> int:
    """
    Make what services that run apart prove themselves with: keys, certificates and passwords.

    What is there stays as it is; the paths of what was made are printed. See docs/compose.md.

    Exit status: 0, or 2 if a file cannot be made.
    """
    from cli.secrets import secrets_in

    return secrets_in(out, name or ())
