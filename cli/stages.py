"""`assay stages`: which stages candidates can go through."""

import json

from assay.v1 import validation_pb2

from cli.printable import printable
from cli.running_suite import RunningSuite
from cli.suite import run, suite

CALL_SECONDS = 30.0


def stages(gateway: RunningSuite | None, *, as_json: bool) -> int:
    """
    List the stages.

    :raises assay.errors.AssayError: The suite cannot be reached.
    """
    answer = run(_ask(gateway))
    if as_json:
        _print_json(answer)
    else:
        _print_table(answer)
    return 0


async def _ask(gateway: RunningSuite | None) -> validation_pb2.ListValidationStagesResponse:
    async with suite(gateway) as client:
        return await client.validation.ListValidationStages(
            validation_pb2.ListValidationStagesRequest(), timeout=CALL_SECONDS
        )


def _print_json(answer: validation_pb2.ListValidationStagesResponse) -> None:
    from google.protobuf.json_format import MessageToDict

    shown = MessageToDict(answer, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    print(json.dumps(shown, indent=2))  # noqa: T201 this is the command's output


def _print_table(answer: validation_pb2.ListValidationStagesResponse) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    # A version tells of all that a stage goes by, and may be long; the name is what one looks for.
    for heading, most in (("STAGE", 0), ("VERSION", 16), ("LANGUAGES", 22), ("STATE", 0), ("DESCRIPTION", 60)):
        table.add_column(heading, overflow="fold", no_wrap=not most, max_width=most or None)
    for entry in answer.stages:
        languages = ", ".join(entry.stage.languages) or "all"
        state = ("available", "green") if entry.available else ("not available", "yellow")
        said = entry.stage.description if entry.available else entry.reason
        cells = (entry.stage.name, entry.stage.version, languages, state, said)
        table.add_row(
            *(Text(*map(printable, cell)) if isinstance(cell, tuple) else Text(printable(cell)) for cell in cells)
        )
    Console(highlight=False).print(table)
