"""
What `assay check --format json` prints: one object, written as the results come.

    {"format": 1,
     "results": [{"path": …, "exit_status": 0, "known": false, "validation": {…}},
                 {"path": …, "exit_status": 2, "known": false, "error": {"reason": …, "message": …}}],
     "summary": {"files": 2, "authentic": 1, "inauthentic": 0, "undetermined": 1, "failing": 0, "known": 0,
                 "mended": 0, "seconds": 0.8},
     "mended": [],
     "exit_status": 2}

A validation is `assay.v1.Validation` in protobuf's JSON mapping with the fields' own names, every field of a single
value present. A result is that of the file as it was read; `mended` names the files that `--fix` wrote, which count in
the summary and the exit status as what they are now. `format` rises only when something is taken away or changes its
meaning; fields may be added.
"""

import json
from typing import Any, TextIO

from google.protobuf.json_format import MessageToDict

from cli.checked import Checked, Tally

FORMAT = 1

_BEGIN = f'{{"format": {FORMAT}, "results": [\n'


class JsonReport:
    """Writes results as they come; :meth:`close` makes the document whole."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._written = 0

    def add(self, checked: Checked) -> None:
        """Write one result."""
        self._file.write(_BEGIN if not self._written else ",\n")
        self._written += 1
        # In one piece: written as it is encoded it would be a call for every value.
        self._file.write(json.dumps(_result(checked)))
        self._file.flush()

    def close(self, tally: Tally) -> None:
        """Write the summary and the end."""
        last = {"summary": tally.figures(), "mended": tally.mended, "exit_status": tally.exit_status}
        if not self._written:
            self._file.write(_BEGIN)
        self._file.write(f"\n], {json.dumps(last)[1:]}\n")


def _result(checked: Checked) -> dict[str, Any]:
    result: dict[str, Any] = {"path": checked.name, "exit_status": checked.status, "known": checked.known}
    if checked.validation is None:
        return result | {"error": {"reason": checked.reason, "message": checked.message}}
    validation = MessageToDict(
        checked.validation, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return result | {"validation": validation}
