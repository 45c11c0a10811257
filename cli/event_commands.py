"""`assay events`: the command and its options."""

from typing import Annotated

import typer

from cli.options import Gateway, Key
from cli.running_suite import running_suite


def events(
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND", help="Only these, such as validation.completed or 'stage.*'; may be given more than once."
        ),
    ] = None,
    project: Annotated[str, typer.Option(metavar="NAME", help="Only of this project.")] = "",
    resource: Annotated[str, typer.Option(metavar="ID", help="Only about this, for example one validation.")] = "",
    after: Annotated[
        int,
        typer.Option(
            metavar="N", min=-1, help="Go on after the event with this number; 0: all that are kept; -1: from now on."
        ),
    ] = -1,
    json: Annotated[bool, typer.Option("--json", help="Print each as a JSON object on a line of its own.")] = False,
    gateway: Gateway = "",
    key: Key = "",
) -> int:
    """
    Follow what happens in a suite, until Ctrl-C.

    Without --gateway it is what suites do that have the same database: that of ASSAY_STATE_DIR or ASSAY_DATABASE_URL.

    Exit status: 130 after Ctrl-C, 2 if the suite ended it; what it says then tells where to go on.
    """
    from cli.events import Wish, follow

    wish = Wish(kinds=tuple(kind or ()), project=project, resource=resource, after=after)
    return follow(running_suite(gateway, key), wish, as_json=json)
