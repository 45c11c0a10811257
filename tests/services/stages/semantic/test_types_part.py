"""The part that asks ty: places, packages, versions, several files, what it mends, and what it survives."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from assay.errors import InvalidArgument, PluginFailed
from assay.stage import Candidate, Finding, Severity, SourceFile, Workers

from services.stages.semantic.part import Part
from services.stages.semantic.reference import NoEnvironment, digest, environment_of
from services.stages.semantic.types_part import TypesPart, types_part
from tests.services.stages.semantic.resources import Options


def candidate(code: str | bytes, *, version: str = "3.13", **beside: str) -> Candidate:
    """Return a candidate of one file, with context files by the stem of their names."""
    content = code if isinstance(code, bytes) else code.encode()
    context = tuple(SourceFile(f"{name}.py", text.encode()) for name, text in beside.items())
    return Candidate((SourceFile("main.py", content),), "python", version, context_files=context)


async def findings(part: Part, code: str | bytes, **options: str) -> tuple[Finding, ...]:
    """Return what the part finds in a program."""
    return (await part.judge(candidate(code, **options))).findings


async def rule_ids(part: Part, code: str, **options: str) -> list[str]:
    """Return the rules that fire in a program, in the order of the findings."""
    return [finding.rule_id.removeprefix("semantic/") for finding in await findings(part, code, **options)]


def fixed(code: str, finding: Finding) -> str:
    """Apply the one fix of a finding."""
    (fix,) = finding.fixes
    assert fix.safe
    lines = code.splitlines(keepends=True)
    for edit in sorted(fix.edits, key=lambda edit: (edit.range.start_line, edit.range.start_column), reverse=True):
        place = edit.range
        line = lines[place.start_line - 1]
        lines[place.start_line - 1] = line[: place.start_column - 1] + edit.new_text + line[place.end_column - 1 :]
    return "".join(lines)


async def test_a_slip_in_a_class_of_the_same_name(types: Part) -> None:
    """A misspelt base class is mended where the class that is built on it is called like it."""
    code = "import json\n\n\nclass JSONEncoder(json.JSONEncodre):\n    pass\n"
    (finding,) = await findings(types, code)
    assert fixed(code, finding) == code.replace("JSONEncodre", "JSONEncoder")


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("import os\nos.make_tree('a')\n", (2, 4, 2, 13)),
        ("x = 'é'; x.grow()\n", (1, 12, 1, 16)),
        ("import os\r\nvalue = (os\r\n    .make_tree)\r\n", (3, 6, 3, 15)),
        ("sorted([], descending=True)\n", (1, 12, 1, 22)),
    ],
)
async def test_findings_stand_at_the_name(types: Part, code: str, place: tuple[int, int, int, int]) -> None:
    """A finding's range is that of the name at fault: lines and columns from 1, in code points, the end exclusive."""
    (finding,) = await findings(types, code)
    where = finding.location
    assert where is not None
    assert (where.start_line, where.start_column, where.end_line, where.end_column) == place


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("from parcel import Box, Crate\n", ["unknown-package-member"]),
        ("import parcel\nparcel.Crate()\n", ["unknown-attribute"]),
        ("import parcel.crate\n", ["unknown-submodule"]),
        ("from parcel import Box\nBox(1).shut()\n", ["unknown-attribute"]),
        ("from parcel import send\nsend(1, pace=2)\n", ["unknown-argument"]),
        ("from parcel import Box\nBox()\n", ["wrong-arguments"]),
        ("from parcel.box import Box\nBox(1).close().size\n", []),
        ("from parcel.box import pack\npack(1).stack()\n", []),
        ("from parcel.box import pack\npack(1).stake()\n", ["unknown-attribute"]),
        ("from parcel.lazy import Late\n", []),
        ("from stubbed import newer, Client\nClient().fresh\n", []),
        ("from stubbed import newest\n", ["unknown-package-member"]),
        ("from stubbed import Client\nClient().stale\n", ["unknown-attribute"]),
        ("import spread.other\nfrom spread.part import x\n", []),
        ("import unheard_of.part\nfrom unheard_of import anything\nanything.at_all(x=1)\n", []),
        ("try:\n    from parcel import Crate\nexcept ImportError:\n    Crate = None\n", []),
    ],
)
async def test_packages_are_judged_as_they_are_installed(types: Part, code: str, rules: list[str]) -> None:
    """What an installed package surely lacks is found; what may be made while running, or is not installed, is not."""
    assert await rule_ids(types, code) == rules


async def test_a_finding_names_the_version_that_was_looked_at(types: Part) -> None:
    """The evidence of a finding on a package names the distribution and its version."""
    (finding,) = await findings(types, "from parcel import Crate\n")
    assert finding.evidence["distribution"] == "parcel 2.5"


async def test_without_an_environment_packages_are_unknown(types_alone: Part) -> None:
    """Without an environment nothing is said of packages, the details say so, and the standard library is judged."""
    report = await types_alone.judge(candidate("import requests\nrequests.gett()\n'a'.grow()\n"))
    assert [finding.rule_id for finding in report.findings] == ["semantic/unknown-attribute"]
    assert "scripts/reference" in report.details["packages_known_from"]


async def test_an_environment_of_the_callers_is_used(workers: Workers) -> None:
    """With the option `python` the packages of a virtual environment count, as they are installed there."""
    async with types_part(Options({"python": sys.prefix}, workers)) as part:
        (finding,) = await findings(part, "from rich.console import Consoles\n")
        assert finding.evidence["distribution"].startswith("rich ")
        assert finding.suggestion.startswith("did you mean Console")


def test_an_option_that_names_no_environment_is_refused(tmp_path: Path) -> None:
    """A folder without packages is an error that names the option, and not its path."""
    with pytest.raises(NoEnvironment, match="option python") as caught:
        environment_of({"python": str(tmp_path)})
    assert str(tmp_path) not in str(caught.value)


async def test_an_environment_that_ty_cannot_read_is_a_failure(workers: Workers, tmp_path: Path) -> None:
    """Where ty passes over the environment, the part fails and does not judge by another."""
    (tmp_path / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("version = 3.13\n")
    async with types_part(Options({"python": str(tmp_path)}, workers)) as part:
        with pytest.raises(PluginFailed, match="environment"):
            await findings(part, "import requests\nrequests.gett()\n")


def test_the_reference_environment_is_found_where_its_script_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without options the user's cache is looked into, under a name that changes with the list."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert environment_of({}) is None
    place = tmp_path / "assay" / f"reference-{digest()}"
    place.mkdir(parents=True)
    assert environment_of({}) == place


@pytest.mark.parametrize(
    ("code", "mended"),
    [
        ("'abc'.splitt()\n", "'abc'.split()\n"),
        (
            "from json import dumps\nfrom parcel import sennd\nsennd(1)\n",
            "from json import dumps\nfrom parcel import send\nsend(1)\n",
        ),
        ("sorted([1], reversed=True)\n", "sorted([1], reverse=True)\n"),
        ("sorted([1], descending=True)\n", None),
        (
            "import subprocess\nsubprocess.run(['a'], timeot=3)\n",
            "import subprocess\nsubprocess.run(['a'], timeout=3)\n",
        ),
        ("import parcel\nparcel.nothing_like_it\n", None),
    ],
)
async def test_a_slip_is_mended(types: Part, code: str, mended: str | None) -> None:
    """A misspelt member or keyword has a safe fix that writes the one that there is; what is no slip has none."""
    (finding,) = await findings(types, code)
    if mended is None:
        assert finding.fixes == ()
    else:
        assert fixed(code, finding) == mended
        assert await findings(types, mended) == ()


@pytest.mark.parametrize(
    "line",
    [
        "os.make_tree()  # type: ignore\n",
        "os.make_tree()  # type:ignore[attr]\n",
        "os.make_tree()  # ty: ignore\n",
        "os.make_tree()  # ty: ignore[missing-attribute]\n",
        "os.make_tree()  # pyright: ignore\n",
        "os.make_tree()  # noqa\n",
    ],
)
async def test_the_candidate_silences_nothing(types: Part, line: str) -> None:
    """Comments that silence a type checker have no effect, on the line or for the file."""
    assert await rule_ids(types, f"import os\n{line}") == ["unknown-attribute"]
    assert await rule_ids(types, f"# ty: ignore\n# type: ignore\nimport os\n{line}") == ["unknown-attribute"]


async def test_the_candidates_settings_are_not_read(types: Part) -> None:
    """Settings of ty and of others among the candidate's files change nothing."""
    settings = b'[rules]\nall = "ignore"\n[tool.ty.rules]\nall = "ignore"\n[environment]\npython = "/"\n'
    files = (
        SourceFile("main.py", b"import os\nos.make_tree()\n"),
        SourceFile("helper.py", b"x = 1\n"),
        *(SourceFile(name, settings) for name in ("ty.toml", "pyproject.toml", "pyrightconfig.json")),
    )
    report = await types.judge(Candidate(files, "python"))
    assert [finding.rule_id for finding in report.findings] == ["semantic/unknown-attribute"]


async def test_files_see_one_another(types: Part) -> None:
    """What one file takes from another, a context file or one judged along, is looked up there."""
    own = "from helper import made, gone\nimport helper\nhelper.lost\n"
    assert await rule_ids(types, own, helper="made = 1\n") == ["unknown-package-member", "unknown-attribute"]
    whole = Candidate(
        (
            SourceFile("shop/cart.py", b"from shop.items import Item, Thing\n"),
            SourceFile("shop/items.py", b"class Item: ...\n"),
        ),
        "python",
    )
    (finding,) = (await types.judge(whole)).findings
    assert "'shop.items' has no 'Thing'" in finding.message


async def test_candidates_do_not_see_one_another(types: Part) -> None:
    """Modules of one candidate are not there for another that is judged at the same time."""
    many = [rule_ids(types, "from helper import gone\n", helper=f"x{number} = 1\n") for number in range(4)]
    alone = [rule_ids(types, "from helper import gone\n") for _ in range(4)]
    found = await asyncio.gather(*many, *alone)
    assert found == [["unknown-package-member"]] * 4 + [[]] * 4


async def test_a_module_that_hides_an_installed_one_is_not_judged(types: Part) -> None:
    """Where the candidate has a module named like one that ty finds first, nothing is said of it."""
    assert await rule_ids(types, "import json\njson.unheard()\n", json="def unheard(): ...\n") == []


@pytest.mark.parametrize(
    ("version", "rules"), [("3.11", []), ("3.12", ["removed-from-stdlib"]), ("3.14", ["removed-from-stdlib"])]
)
async def test_the_candidates_python_version_decides(types: Part, version: str, rules: list[str]) -> None:
    """What a module had is found missing from the version on that dropped it, as a matter of environment."""
    assert (
        await rule_ids(
            types, "import asyncore\nimport imp\nimport configparser\nconfigparser.SafeConfigParser\n", version=version
        )
        == rules
    )


async def test_many_versions_need_few_servers(types: Part) -> None:
    """However many versions are asked for, at most three servers run at the end."""
    assert isinstance(types, TypesPart)
    for minor in range(8, 15):
        assert await rule_ids(types, "'a'.grow()\n", version=f"3.{minor}") == ["unknown-attribute"]
    assert len(types.servers.processes) <= 3


async def test_what_is_no_version_is_refused(types: Part) -> None:
    """A language version that is none is an error that names the field."""
    with pytest.raises(InvalidArgument, match=r"candidate\.language_version"):
        await findings(types, "x = 1\n", version="2.7")


async def test_a_killed_server_is_replaced(types: Part) -> None:
    """A server that was killed is another one for the next candidate."""
    assert isinstance(types, TypesPart)
    assert await rule_ids(types, "'a'.grow()\n") == ["unknown-attribute"]
    for process in types.servers.processes:
        os.kill(process, signal.SIGKILL)
    assert await rule_ids(types, "'a'.grow()\n") == ["unknown-attribute"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01\xff\xfe", b"# coding: nonsense\n'a'.grow()\n", b"import \x00\n", b"\xef\xbb\xbfx = 1\n"],
)
async def test_what_is_no_source_is_no_error(types: Part, content: bytes) -> None:
    """Bytes that are no readable source neither raise nor yield findings."""
    assert await findings(types, content) == ()


HOSTILE = {
    "brackets": b"x = " + b"(" * 100_000 + b")" * 100_000 + b"\n",
    "operators": b"x = " + b"-" * 100_000 + b"1\n",
    "sum": b"x = " + b"+".join([b"1"] * 100_000) + b"\n",
    "attributes": b"x = a" + b".b" * 100_000 + b"\n",
    "comments": b"#" * 3_000_000 + b" ignore\n'a'.grow()\n",
    "line": b"x = [" + b"1," * 1_000_000 + b"]\n",
    "name": b"import os\nos." + b"a" * 1_000_000 + b"\n",
}


@pytest.mark.parametrize("shape", HOSTILE)
async def test_hostile_sources_end_and_harm_nobody(types: Part, shape: str) -> None:
    """Source made to break a checker ends with findings or a typed failure, and others are judged meanwhile."""
    hostile = asyncio.create_task(types.judge(candidate(HOSTILE[shape])))
    good = [rule_ids(types, "import os\nos.make_tree()\n") for _ in range(3)]
    async with asyncio.timeout(90):
        assert await asyncio.gather(*good) == [["unknown-attribute"]] * 3
        try:
            report = await hostile
        except PluginFailed:
            return
    assert len(report.findings) <= 1


async def test_findings_are_bounded(types: Part) -> None:
    """A file of thousands of made-up members yields a bounded number of findings, the gravest of them HIGH."""
    code = "import os\n" + "".join(f"os.make_tree_{number}()\n" for number in range(3_000))
    found = await findings(types, code)
    assert len(found) == 200
    assert found[0].severity is Severity.HIGH
