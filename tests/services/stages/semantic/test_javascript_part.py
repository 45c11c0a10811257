"""TypeScript's compiler behind the part: what it finds, what it passes over, and what it survives."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator

import pytest
from assay.errors import PluginFailed
from assay.stage import Candidate, Finding, SourceFile

from services.stages.rules import Example, Rule, example
from services.stages.semantic.javascript_part import JavaScriptPart, javascript_part
from services.stages.semantic.javascript_rules import RULES
from tests.services.stages.semantic.resources import Options

SUFFIX = {"javascript": ".js", "typescript": ".ts"}


@pytest.fixture(scope="module")
async def part() -> AsyncIterator[JavaScriptPart]:
    """The part with its compiler; where there is none, a skip, and where CI has Node.js, a failure."""
    async with javascript_part(Options()) as opened:
        assert isinstance(opened, JavaScriptPart)
        if opened.unavailable:
            if os.environ.get("CI") and shutil.which("node"):
                pytest.fail(opened.unavailable, pytrace=False)
            pytest.skip(opened.unavailable)
        yield opened


def candidate(code: str | bytes, language: str = "javascript", **more: str) -> Candidate:
    """Return a candidate of one file."""
    content = code.encode() if isinstance(code, str) else code
    return Candidate((SourceFile(f"main{SUFFIX[language]}", content),), language, **more)  # type: ignore[arg-type]


async def found(part: JavaScriptPart, shown: Example) -> set[str]:
    """Return the rules that fire in an example."""
    report = await part.judge(candidate(shown.text, shown.language, specification=shown.specification))
    return {finding.rule_id for finding in report.findings}


def examples(which: str) -> list[object]:
    """Return each example of each rule as a test parameter."""
    return [
        pytest.param(rule, example(shown), id=f"{rule.id}-{number}")
        for rule in RULES
        for number, shown in enumerate(getattr(rule, which))
    ]


@pytest.mark.parametrize(("rule", "shown"), examples("fires"))
async def test_rule_finds_its_example(rule: Rule, shown: Example, part: JavaScriptPart) -> None:
    """A rule fires in each program that it names as an example."""
    assert rule.id in await found(part, shown)


@pytest.mark.parametrize(("rule", "shown"), examples("passes"))
async def test_rule_leaves_its_counter_example_alone(rule: Rule, shown: Example, part: JavaScriptPart) -> None:
    """A rule does not fire in the programs that only look like its examples."""
    assert rule.id not in await found(part, shown)


def test_every_rule_has_examples() -> None:
    """Each rule has programs in which it fires and such in which it does not."""
    assert [rule.id for rule in RULES if not rule.fires or not rule.passes] == []


async def test_place_is_told_in_code_points(part: JavaScriptPart) -> None:
    """Columns count code points, lines end as in the contract, and a byte order mark counts for nothing."""
    code = "\ufeff/* one\u2028still one */\r\n/* 𝒳é */ Math.clamp(1);\n"
    (only,) = (await part.judge(candidate(code))).findings
    assert only.location is not None
    place = only.location
    assert (place.path, place.start_line, place.start_column, place.end_column) == ("main.js", 2, 15, 20)


async def test_slip_has_a_safe_edit(part: JavaScriptPart) -> None:
    """A misspelt member comes with what was meant, and an edit that writes it."""
    (only,) = (await part.judge(candidate("require('fs').existsSynch('a');\n"))).findings
    assert only.suggestion == "did you mean existsSync?"
    assert [(fix.safe, fix.edits[0].new_text) for fix in only.fixes] == [(True, "existsSync")]


async def test_name_that_other_code_goes_by_is_not_edited(part: JavaScriptPart) -> None:
    """A misspelt import has a suggestion and no edit: the rest of the file uses the name."""
    (only,) = (await part.judge(candidate("const { existsSynch } = require('fs');\nexistsSynch('a');\n"))).findings
    assert (only.suggestion, only.fixes) == ("did you mean existsSync?", ())


async def test_files_of_a_candidate_see_each_other(part: JavaScriptPart) -> None:
    """What a sibling does not export is found, what it does is not, and a context file is read but not judged."""
    files = (
        SourceFile("src/main.ts", b"import { half, third } from './lib/maths';\nconsole.log(half(4), third(3));\n"),
        SourceFile("src/lib/maths.ts", b"export const half = (x: number) => x / 2;\n"),
    )
    context = (SourceFile("src/extra.ts", b"export const broken = nowhere;\n"),)
    report = await part.judge(Candidate(files, "typescript", context_files=context))
    assert [_named(finding) for finding in report.findings] == [("semantic/unknown-export", "src/main.ts", 1)]
    assert report.details["compiled_files"] == "2"


async def test_scripts_of_one_page_share_their_names(part: JavaScriptPart) -> None:
    """A name that another script of the candidate's declares is no finding."""
    files = (SourceFile("a.js", b"function shared() { return 1; }\n"), SourceFile("b.js", b"shared();\n"))
    assert (await part.judge(Candidate(files, "javascript"))).findings == ()


@pytest.mark.parametrize(
    ("specification", "rule"),
    [
        ("", "semantic/undefined-global"),
        ("Draw a shape.", "semantic/undefined-name"),
        ("Draw a shape with the given renderShape.", "semantic/undefined-global"),
    ],
)
async def test_what_was_asked_for_stands_alone(specification: str, rule: str, part: JavaScriptPart) -> None:
    """A script that answers a task has only the names that the task gives it; another may be part of a page."""
    code = "function draw(shape) {\n  return renderShape(shape);\n}\n"
    report = await part.judge(candidate(code, specification=specification))
    assert [finding.rule_id for finding in report.findings] == [rule]


async def test_class_may_be_the_tasks(part: JavaScriptPart) -> None:
    """A class that a script uses and does not have may be one that the task's own frame brings along."""
    code = "const insert = (head, value) => new ListNode(value, head);\n"
    report = await part.judge(candidate(code, specification="Insert a value at the head of a list."))
    assert [finding.rule_id for finding in report.findings] == ["semantic/undefined-global"]


async def test_entry_without_a_suffix_is_read_as_the_candidates_language(part: JavaScriptPart) -> None:
    """A file whose name tells nothing is compiled, and found under its own name."""
    judged = Candidate((SourceFile("prog", b"export const a = nowhere();\n"),), "typescript", entry_point="prog")
    assert [_named(finding) for finding in (await part.judge(judged)).findings] == [
        ("semantic/undefined-name", "prog", 1)
    ]


async def test_orders_to_the_compiler_are_not_followed(part: JavaScriptPart) -> None:
    """Comments neither silence the compiler nor take its libraries away."""
    code = "/// <reference no-default-lib='true'/>\n// @ts-nocheck\n// @ts-ignore\n[1].contains(1);\n"
    report = await part.judge(candidate(code))
    assert [finding.rule_id for finding in report.findings] == ["semantic/unknown-property"]


async def test_paths_lead_nowhere(part: JavaScriptPart) -> None:
    """A candidate cannot have files of the machine read, by import or by reference."""
    code = "/// <reference path='/etc/passwd'/>\nimport x from '/etc/passwd';\nimport y from '../../../etc/hosts';\n"
    assert (await part.judge(candidate(code + "export default [x, y];\n"))).findings == ()


async def test_source_that_does_not_parse_is_passed_over(part: JavaScriptPart) -> None:
    """Broken syntax is another stage's finding, and so are bytes that are no text."""
    assert (await part.judge(candidate("export const f = ( => nowhere;\n"))).findings == ()
    assert (await part.judge(candidate(b"\xff\xfe\x00export const a = 1\n"))).findings == ()


HOSTILE = {
    "parentheses": "(" * 100_000 + "1" + ")" * 100_000,
    "arrays": "[" * 100_000 + "]" * 100_000,
    "members": "a" + ".b" * 100_000,
    "blocks": "{" * 100_000 + "}" * 100_000,
    "text of 5 MiB in one line": "export const a = '" + "b" * (5 << 20) + "';",
    "names": "export {}; " + " ".join(f"n{number}();" for number in range(50_000)),
    "name of a megabyte": "export const a = " + "b" * 1_000_000 + ";",
    "types": "type A<T> = T extends [infer H, ...infer R] ? A<[...R, H, H]> : never; let x: A<[1, 2, 3]>;",
}


@pytest.mark.parametrize("shape", HOSTILE)
async def test_hostile_source_is_bounded(shape: str, part: JavaScriptPart) -> None:
    """Whatever the source, the part answers or says that it could not, and answers the next candidate."""
    with contextlib.suppress(PluginFailed):
        report = await part.judge(candidate(f"{HOSTILE[shape]}\n", "typescript" if shape == "types" else "javascript"))
        assert len(report.findings) <= 200
    report = await part.judge(candidate("export const a = nowhere();\n"))
    assert [finding.rule_id for finding in report.findings] == ["semantic/undefined-name"]


@pytest.mark.slow
async def test_compiler_that_takes_too_long_is_ended(part: JavaScriptPart) -> None:
    """Source that keeps the compiler busy is told of as such, and costs the next candidate nothing."""
    code = "const a = 1; const x = " + "a + " * 1_300_000 + "a;\n"
    with contextlib.suppress(PluginFailed):
        await part.judge(candidate(code))
    report = await part.judge(candidate("export const a = nowhere();\n"))
    assert [finding.rule_id for finding in report.findings] == ["semantic/undefined-name"]


async def test_killed_compiler_is_replaced(part: JavaScriptPart) -> None:
    """A compiler that dies between two questions is replaced by another."""
    await part.judge(candidate("export {};\n"))
    before = part.process
    assert before is not None
    os.kill(before, signal.SIGKILL)
    report = await part.judge(candidate("export const a = nowhere();\n"))
    assert [finding.rule_id for finding in report.findings] == ["semantic/undefined-name"]
    assert part.process != before


async def test_many_may_ask_at_once(part: JavaScriptPart) -> None:
    """Questions that overlap are each answered for their own candidate."""
    asked = [candidate(f"export const a = nowhere{number}();\n") for number in range(10)]
    reports = await asyncio.gather(*(part.judge(one) for one in asked))
    assert [f"'nowhere{number}'" in report.findings[0].message for number, report in enumerate(reports)] == [True] * 10


async def test_without_node_it_says_what_to_do() -> None:
    """A machine without Node.js has a part that cannot be asked, and says what to install."""
    async with javascript_part(Options({"node": "no-such-program"})) as opened:
        assert "install Node.js" in opened.unavailable


def _named(finding: Finding) -> tuple[str, str, int]:
    assert finding.location is not None
    return finding.rule_id, finding.location.path, finding.location.start_line
