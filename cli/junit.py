"""
What `assay check --format junit` prints: JUnit's XML, as build servers read it.

Each file is a test case: one that is not authentic is a failure with its findings, one that could not be determined an
error. The verdict of an authentic one, and what was found in it all the same, is its output.
"""

import re
from typing import TextIO
from xml.etree import ElementTree

from assay.v1 import finding_pb2, validation_pb2

from cli import exits
from cli.checked import Checked, Tally, counting

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JunitReport:
    """Gathers results; :meth:`close` writes them."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._suite = ElementTree.Element("testsuite", name="assay")

    def add(self, checked: Checked) -> None:
        """Take one result."""
        validation = checked.validation
        seconds = 0.0 if validation is None else validation.run_duration.ToMicroseconds() / 1e6
        case = ElementTree.SubElement(
            self._suite, "testcase", classname="assay", name=_fit(checked.name), file=_fit(checked.name),
            time=f"{seconds:.3f}",
        )  # fmt: skip
        if validation is None:
            ElementTree.SubElement(case, "error", type=checked.reason, message=_fit(checked.message))
            return
        verdict = validation_pb2.Verdict.Name(validation.verdict).removeprefix("VERDICT_")
        if checked.status == exits.AUTHENTIC:
            told = ElementTree.SubElement(case, "system-out")
        else:
            kind = "failure" if checked.status == exits.INAUTHENTIC else "error"
            told = ElementTree.SubElement(case, kind, type=verdict, message=_fit(validation.explanation))
        told.text = _fit("\n".join([verdict, *(_line(finding, checked) for finding in counting(validation))]))

    def close(self, tally: Tally) -> None:
        """Write everything."""
        self._suite.set("tests", str(tally.files))
        self._suite.set("failures", str(len(self._suite.findall("testcase/failure"))))
        self._suite.set("errors", str(len(self._suite.findall("testcase/error"))))
        self._suite.set("time", f"{tally.seconds:.3f}")
        root = ElementTree.Element("testsuites")
        root.append(self._suite)
        ElementTree.indent(root)
        self._file.write('<?xml version="1.0" encoding="utf-8"?>\n')
        self._file.write(ElementTree.tostring(root, encoding="unicode"))
        self._file.write("\n")


def _line(finding: finding_pb2.Finding, checked: Checked) -> str:
    severity = finding_pb2.Severity.Name(finding.severity).removeprefix("SEVERITY_")
    at = finding.location
    place = f"{checked.name_of(at.path)}:{at.start_line}:{at.start_column}: " if finding.HasField("location") else ""
    return f"{place}{severity} {finding.rule_id}: {finding.message}"


def _fit(text: str) -> str:
    """Return a text without what XML cannot carry."""
    return _NO_XML.sub("\ufffd", text)
