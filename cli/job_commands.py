"""`assay jobs …`: the commands and their options."""

from typing import Annotated

import typer

app = typer.Typer(
    name="jobs",
    help="Look at queued validations that were given up, and queue them again. They lie in the suite's database: that "
    "of ASSAY_STATE_DIR or ASSAY_DATABASE_URL.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@app.command("list")
def list_(
    *,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Only those of this tenant.")] = "",
    json: Json = False,
) -> int:
    """List them, the newest first, with what the last attempt failed of."""
    from cli.jobs import list_dead

    return list_dead(tenant, as_json=json)


@app.command()
def show(
    job: Annotated[str, typer.Argument(metavar="ID", help="The id of its validation.")],
    *,
    json: Json = False,
) -> int:
    """
    Tell all that is kept of one; never the code.

    Exit status: 0, or 2 if there is no such one.
    """
    from cli.jobs import show as show_job

    return show_job(job, as_json=json)


@app.command()
def requeue(
    jobs: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="The ids of their validations.")] = None,
    *,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="With --all: only those of this tenant.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that there are.")] = False,
    json: Json = False,
) -> int:
    """
    Queue some of them again: they are made from their beginning, with all their attempts.

    Exit status: 0, or 2 if one of them was not.
    """
    from cli.jobs import requeue as requeue_jobs

    return requeue_jobs(jobs or [], tenant, every=every, as_json=json)
