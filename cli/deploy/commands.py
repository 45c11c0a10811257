"""`assay deploy …`: the commands and their options."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Key

app = typer.Typer(
    name="deploy",
    help="Bring a suite to a new version: look at everything first, migrate, roll out, prove that it works, and "
    "go back to the former version where it does not.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Back = Annotated[bool, typer.Option("--roll-back", help="Go back to what ran before the last deployment.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look at everything and print the steps; change nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]
Timeout = Annotated[
    float,
    typer.Option(
        metavar="SECONDS", min=10, max=3600, help="How long each part of the roll-out, and each proof, may take."
    ),
]
Address = Annotated[
    str, typer.Option(metavar="ADDRESS", help="The gateway, as host:port or tls:host:port, for the proof at the end.")
]


@app.command()
def compose(
    *,
    image: Annotated[
        str, typer.Option(metavar="IMAGE", help="The image of the new version. Without it: that of ASSAY_IMAGE.")
    ] = "",
    folder: Annotated[
        Path, typer.Option("--project-directory", metavar="DIRECTORY", help="Where compose.yaml and .env lie.")
    ] = Path(),
    file: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A compose file; may be given more than once. Without it: compose.yaml."),
    ] = None,
    env_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file of the variables. Without it: .env of the folder.")
    ] = None,
    project_name: Annotated[str, typer.Option(metavar="NAME", help="The project's name.")] = "",
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY", help="Where it is written down how far a deployment is. Without it: deploy/record."
        ),
    ] = None,
    gateway: Address = "",
    key: Key = "",
    timeout: Timeout = 240,
    roll_back: Back = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Deploy to the Docker daemon of this machine, by Compose.

    A call that was interrupted is taken up by the same call. See docs/deploying.md.

    Exit status: 0 deployed, 1 rolled back, 2 nothing was changed, 3 broken: it could not be rolled back.
    """
    from cli.deploy.calls import Place, Wish, by_compose

    wish = Wish(image, gateway, key, timeout, roll_back, dry_run, json)
    return by_compose(wish, Place(folder, tuple(file or ()), env_file, project_name, record))


@app.command()
def kubernetes(
    *,
    overlay: Annotated[Path, typer.Option(metavar="DIRECTORY", help="The overlay, as `kubectl apply -k` takes it.")],
    image: Annotated[
        str, typer.Option(metavar="IMAGE", help="The image of the new version. Without it: that of the overlay.")
    ] = "",
    context: Annotated[str, typer.Option(metavar="NAME", help="The context of the kubeconfig.")] = "",
    gateway: Address,
    key: Key = "",
    timeout: Timeout = 600,
    roll_back: Back = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """
    Deploy to a cluster, by kubectl.

    A call that was interrupted is taken up by the same call, from wherever it is made. See docs/deploying.md.

    Exit status: 0 deployed, 1 rolled back, 2 nothing was changed, 3 broken: it could not be rolled back.
    """
    from cli.deploy.calls import Wish, by_kubectl

    return by_kubectl(Wish(image, gateway, key, timeout, roll_back, dry_run, json), overlay, context)
