"""What can be said about `--fix`, and what goes together."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.options import CheckFormat
from cli.sources import STANDARD_INPUT, BadSource


@dataclass(frozen=True, slots=True)
class FixOptions:
    """
    What the caller said about mending.

    :param wanted: Whether repair is tried.
    :param yes: Whether files are written without asking.
    :param diff_only: Whether only the difference is printed.
    """

    wanted: bool = False
    yes: bool = False
    diff_only: bool = False


NO_FIX = FixOptions()


def check_together(
    options: FixOptions, paths: Sequence[str], form: CheckFormat, *, to_file: bool, baseline: bool
) -> None:
    """
    Check that the options go together.

    :param to_file: Whether the report goes to a file.
    :param baseline: Whether a baseline is to be written.
    :raises BadSource: They do not.
    """
    standard_input = options.wanted and STANDARD_INPUT in paths
    report = form is not CheckFormat.TEXT
    wrong = {
        "--yes: it belongs to --fix": options.yes and not options.wanted,
        "--diff-only: it belongs to --fix": options.diff_only and not options.wanted,
        "--diff-only: it writes nothing, and --yes says that files are written": options.yes and options.diff_only,
        "--diff-only: it prints no report that could have a format": options.diff_only and report,
        "--write-baseline: with --fix it would know what is gone": options.wanted and baseline,
        "-: with --fix it stands alone, since its text is printed": standard_input and len(paths) > 1,
        "-: with --fix its text is printed; --output FILE takes the report": standard_input and report and not to_file,
    }
    for message, given in wrong.items():
        if given:
            raise BadSource(message)
