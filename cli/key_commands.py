"""`assay keys …`: the commands and their options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="keys",
    help="Make, list and take back the keys with which the suite is called from outside. They lie in the suite's "
    "database: that of ASSAY_STATE_DIR or ASSAY_DATABASE_URL.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command()
def create(
    *,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Whose data and quota its calls are about.")],
    scope: Annotated[
        list[str],
        typer.Option(metavar="SCOPE", help="What it allows; may be given more than once. '*' is everything."),
    ],
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="For how long it is taken: 90d, 12h, 30m. Without it: until revoked.")
    ] = "",
    name: Annotated[str, typer.Option(metavar="TEXT", help="What it is for.")] = "",
    json: Json = False,
) -> int:
    """
    Make a key and print it, this once: only a digest of it is kept.

    Exit status: 0, or 2 if it was not made.
    """
    from cli.keys import create as create_key

    return create_key(tenant=tenant, scopes=scope, expires=expires, name=name, as_json=json)


@app.command("list")
def list_(
    *,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Only those of this tenant.")] = "",
    json: Json = False,
) -> int:
    """List the keys, those that are not taken any more too; never the keys themselves."""
    from cli.keys import list_keys

    return list_keys(tenant, as_json=json)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `assay keys list` shows it.")],
    *,
    json: Json = False,
) -> int:
    """
    Take a key back for good. Every gateway refuses it within five seconds.

    Exit status: 0, or 2 if there is no such key.
    """
    from cli.keys import revoke as revoke_key

    return revoke_key(key, as_json=json)


@app.command()
def pair(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the process that signs with it is called.")],
    *,
    out: Annotated[Path, typer.Option(metavar="DIRECTORY", help="Where NAME.key and NAME.pub are written.")],
) -> int:
    """
    Make a key pair for a process of the suite: NAME.key to sign with, NAME.pub for those that are called.

    Exit status: 0, or 2 if it cannot be written. Files that are there stay as they are.
    """
    from cli.key_pair import pair as make_pair

    return make_pair(name, out)
