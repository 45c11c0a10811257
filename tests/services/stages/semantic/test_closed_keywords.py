"""Keywords that are handed on, or given to methods of strings and lists."""

import pytest
from assay.stage import Candidate, Finding, SourceFile

from services.stages.semantic.catalog import DATA
from services.stages.semantic.check import check


def found(code: str) -> list[Finding]:
    """Return the findings on arguments in a program."""
    findings = check(Candidate((SourceFile("main.py", code.encode()),), "python", "3.13")).findings
    return [finding for finding in findings if "argument" in finding.rule_id]


@pytest.mark.parametrize(
    "code",
    [
        "import json\njson.dumps({}, pretty=True)\n",
        "import json as j\nj.loads('1', safe=True)\n",
        "from json import dumps\ndumps({}, pretty=True)\n",
        "from json import load as read\nread(open('a'), encoding='utf-8')\n",
        "import requests\nrequests.get('a', time_out=3)\n",
        "import matplotlib.pyplot as plt\nplt.subplots(size=(1, 2))\n",
        "import matplotlib.pyplot\nmatplotlib.pyplot.figure(size=(1, 2))\n",
        "import click\n\n\n@click.option('--name', default_value='a')\ndef f(name): ...\n",
        "def f(text):\n    return text.splitlines(keep=True)\n",
    ],
)
def test_what_is_refused_is_found(code: str) -> None:
    """A keyword that does not get through is found under every name that a function can be imported by."""
    (finding,) = found(code)
    assert finding.rule_id in ("semantic/unknown-argument", "semantic/unknown-method-argument")


@pytest.mark.parametrize(
    "code",
    [
        "import json\njson.dumps({}, indent=2, **more)\n",
        "import json\njson.dumps({}, cls=Encoder, places=2)\n",
        "json = make()\njson.dumps({}, pretty=True)\n",
        "from simplejson import dumps\ndumps({}, pretty=True)\n",
        "from .json import dumps\ndumps({}, pretty=True)\n",
        "import requests\nrequests.get('a', timeout=3, params={})\n",
        "import torch\n\n\ndef f(t):\n    return t.split(2, dim=1)\n",
        "from shop import Deck\n\n\ndef f(d):\n    return d.split(into=2)\n",
        "# json.dumps(x, pretty=True)\nimport json\n",
    ],
)
def test_what_may_get_through_is_not(code: str) -> None:
    """Keywords that are taken, that another class may take, or of functions that only look alike are left alone."""
    assert found(code) == []


def test_a_slip_is_mended() -> None:
    """A misspelt keyword that is handed on has a safe fix."""
    (finding,) = found("import json\njson.dumps({}, ident=2)\n")
    assert [edit.new_text for fix in finding.fixes for edit in fix.edits] == ["indent"]


def test_table_is_well_formed() -> None:
    """Every row has a dotted function and keywords, each once, and what lets others through is one of them."""
    lines = [line for line in (DATA / "keywords.tsv").read_text().splitlines() if not line.startswith("#")]
    for line in lines:
        function, takes, *passes = line.split("\t")
        names = takes.split()
        assert all(part.isidentifier() for part in function.split("."))
        assert len(set(names)) == len(names) > 0
        assert set(" ".join(passes).split()) <= set(names)
