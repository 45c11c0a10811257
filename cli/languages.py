"""`assay languages`: which languages programs can be written in; and which of them a file is in."""

import json
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from assay.v1 import sandbox_pb2

from cli.printable import printable
from cli.running_suite import RunningSuite
from cli.sources import BadSource
from cli.suite import run, suite

if TYPE_CHECKING:
    from assay.client import Suite

CALL_SECONDS = 30.0
MAX_PAGES = 100


def languages(gateway: RunningSuite | None, *, as_json: bool) -> int:
    """
    List the languages.

    :raises assay.errors.AssayError: The suite cannot be reached.
    """
    found = run(_ask(gateway))
    if as_json:
        _print_json(found)
    else:
        _print_table(found)
    return 0


async def _ask(gateway: RunningSuite | None) -> list[sandbox_pb2.Language]:
    async with suite(gateway) as client:
        return await known_to(client)


async def known_to(client: "Suite") -> list[sandbox_pb2.Language]:
    """Return the languages of a suite's sandbox, by name."""
    found: list[sandbox_pb2.Language] = []
    token = ""
    for _ in range(MAX_PAGES):
        request = sandbox_pb2.ListLanguagesRequest(page_token=token)
        answer = await client.sandbox.ListLanguages(request, timeout=CALL_SECONDS)
        found += answer.languages
        token = answer.next_page_token
        if not token:
            break
    return found


def of_file(known: Sequence[sandbox_pb2.Language], path: PurePath, named: str = "") -> sandbox_pb2.Language:
    """
    Return the language of a file: the one that was named, or the one that its suffix tells.

    Where several languages have the suffix, it is one whose usual suffix it is; of these the first by name.

    :raises BadSource: There is no such language; the message lists what there is.
    """
    if named:
        if found := [language for language in known if language.name == named]:
            return found[0]
        raise BadSource(f"--language {named}: there is no such language; there are {_names(known)}")
    suffix = path.suffix.lower()
    places = {language.name: _place(language, suffix) for language in known}
    having = [language for language in known if places[language.name] is not None]
    if not having:
        there_are = f"there are {_names(known, suffixes=True)}" if known else "this suite has no language"
        raise BadSource(f"{path}: its language cannot be told from its name; say it with --language; {there_are}")
    return min(having, key=lambda language: ((places[language.name] or 0) > 0, language.name))


def _place(language: sandbox_pb2.Language, suffix: str) -> int | None:
    """Return where a suffix stands among those of a language."""
    suffixes = [held.lower() for held in language.suffixes]
    return suffixes.index(suffix) if suffix in suffixes else None


def _names(known: Iterable[sandbox_pb2.Language], *, suffixes: bool = False) -> str:
    return ", ".join(
        f"{language.name} ({' '.join(language.suffixes)})" if suffixes else language.name for language in known
    )


def _print_json(found: Iterable[sandbox_pb2.Language]) -> None:
    from google.protobuf.json_format import MessageToDict

    listed = [
        MessageToDict(language, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
        for language in found
    ]
    print(json.dumps({"languages": listed}, indent=2))  # noqa: T201 this is the command's output


def _print_table(found: Iterable[sandbox_pb2.Language]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("LANGUAGE", "VERSION", "EXACTLY", "FILES", "COMPILED", "MEMORY", "STATE"):
        table.add_column(heading, overflow="fold", no_wrap=heading not in {"FILES", "STATE"})
    reasons: dict[str, list[str]] = {}
    for language in found:
        state = ("available", "green") if language.available else ("not available", "yellow")
        if not language.available:
            reasons.setdefault(language.unavailable_reason, []).append(language.name)
        cells = (
            language.name,
            language.version,
            language.exact_version or "-",
            " ".join(language.suffixes),
            "yes" if language.compiled else "no",
            in_mebibytes(language.default_limits.memory_bytes),
        )
        table.add_row(*(Text(printable(cell)) for cell in cells), Text(*state))
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(table)
    for reason, names in reasons.items():
        console.print(printable(f"{', '.join(names)}: {reason}"), soft_wrap=True)


def in_mebibytes(size: int) -> str:
    """Return a size as a person reads it."""
    return f"{size / 1024**2:,.0f} MiB"
