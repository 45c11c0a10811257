"""`assay check --fix`: shows what repair made of the files, asks, and writes it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TextIO

from assay.v1 import validation_pb2

from cli.checked import Checked, Tally
from cli.fix_diff import named, show
from cli.fix_options import FixOptions
from cli.fix_write import NotWritten, write
from cli.options import CheckFormat
from cli.sources import Source


@dataclass(frozen=True, slots=True)
class _Offer:
    """A file that can be mended: what it holds, what it would hold, and the difference."""

    source: Source
    checked: Checked
    before: bytes
    after: bytes
    diff: str


class Mending:
    """
    The files of one call that repair made better.

    :param say: Tells the person something, on standard error.
    :param form: How the report is written.
    :param standard_input: What was read there, where that is checked.
    """

    def __init__(
        self, options: FixOptions, say: Callable[[str], None], form: CheckFormat, standard_input: bytes | None
    ) -> None:
        self._options = options
        self._say = say
        self._form = form
        self._given = standard_input if options.wanted and not options.diff_only else None
        self._offers: list[_Offer] = []

    @contextmanager
    def report(self, file: TextIO) -> Iterator[TextIO]:
        """
        Give what the report is written to: nowhere where only the difference is wanted, and not where the text goes.

        :param file: Where it goes otherwise.
        """
        if self._options.diff_only:
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                yield nowhere
        elif self._given is not None and file is sys.stdout:
            yield sys.stderr
        else:
            yield file

    def take(self, source: Source, checked: Checked) -> None:
        """Note what came of one source."""
        if not self._options.wanted:
            return
        if checked.validation is None:
            if self._options.diff_only:
                self._say(f"{checked.name}: {checked.message}")
            return
        repair = checked.validation.repair
        for file in repair.files if repair.improved else ():
            held = checked.files.get(file.path)
            # Another suite answers here, perhaps: what it says of files that were not asked about is passed over.
            if held is not None and held.name == source.name:
                diff = named(repair.diff, source)
                self._offers.append(_Offer(source, checked, held.content, file.content, diff))

    def end(self, file: TextIO, tally: Tally) -> None:
        """
        Show what can be mended and do with it what the caller said.

        :param file: Where the report goes, or would go.
        :param tally: Of all results; what is mended counts as what it has become.
        """
        if self._options.diff_only:
            self._print(file)
        elif self._given is not None:
            self._pass_on(self._given, tally)
        elif self._options.wanted:
            for_people = self._form is CheckFormat.TEXT and file is sys.stdout
            self._offer(file if for_people else sys.stderr, tally)

    def _print(self, output: TextIO) -> None:
        for offer in self._offers:
            if output.isatty():
                show(offer.diff, output)
            else:
                output.flush()
                output.buffer.write(offer.diff.encode())

    def _pass_on(self, given: bytes, tally: Tally) -> None:
        """Print the text of standard input, mended where it can be."""
        sys.stdout.flush()
        sys.stdout.buffer.write(self._offers[0].after if self._offers else given)
        sys.stdout.buffer.flush()
        for offer in self._offers:
            tally.mend(offer.checked, _mended(offer.checked))

    def _offer(self, output: TextIO, tally: Tally) -> None:
        for offer in self._offers:
            output.write("\n")
            show(offer.diff, output)
        output.flush()
        if not self._offers:
            self._say("nothing can be mended that needs no person's judgement")
        elif self._is_wanted():
            for offer in self._offers:
                self._write(offer, tally)
            self._say(f"{_files(len(tally.mended))} mended")

    def _is_wanted(self) -> bool:
        if self._options.yes:
            return True
        what = f"{_files(len(self._offers))} can be mended"
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            self._say(f"{what}; nothing was written, since there is no terminal to ask at: --yes writes")
            return False
        sys.stderr.write(f"assay: {what}. Write the changes? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() in {"y", "yes"}:
            return True
        self._say("nothing was written")
        return False

    def _write(self, offer: _Offer, tally: Tally) -> None:
        assert offer.source.path is not None
        try:
            write(offer.source.path, offer.before, offer.after)
        except NotWritten as error:
            self._say(f"{offer.source.name}: not written: {error}")
        else:
            tally.mend(offer.checked, _mended(offer.checked))


def _mended(checked: Checked) -> Checked:
    """Return the result of a file as it would be if it were checked again."""
    assert checked.validation is not None
    repair = checked.validation.repair
    last = [made for made in repair.rounds if made.kept][-1]
    after = validation_pb2.Validation(verdict=repair.verdict, stage_results=last.stage_results)
    return replace(checked, validation=after)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
