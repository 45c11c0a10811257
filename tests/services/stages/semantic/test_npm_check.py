"""What JavaScript and TypeScript import, judged by the catalog of packages and by what is declared."""

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.rules import Example, Rule, example
from services.stages.semantic.npm_check import check
from services.stages.semantic.npm_rules import RULES


def examples(which: str) -> list[object]:
    """Return each example of each rule as a test parameter."""
    return [
        pytest.param(rule, example(shown), id=f"{rule.id}-{number}")
        for rule in RULES
        for number, shown in enumerate(getattr(rule, which))
    ]


def rules_found(code: str, *others: SourceFile, path: str = "main.js", **more: object) -> list[str]:
    """Return the rules that fire in a program."""
    files = (SourceFile(path, code.encode()), *others)
    language = "typescript" if ".ts" in path else "javascript"
    return [finding.rule_id for finding in check(Candidate(files, language, **more)).findings]  # type: ignore[arg-type]


@pytest.mark.parametrize(("rule", "shown"), examples("fires"))
def test_rule_finds_its_example(rule: Rule, shown: Example) -> None:
    """A rule fires in each program that it names as an example."""
    assert isinstance(shown.text, str)
    assert rule.id in rules_found(shown.text)


@pytest.mark.parametrize(("rule", "shown"), examples("passes"))
def test_rule_leaves_its_counter_example_alone(rule: Rule, shown: Example) -> None:
    """A rule does not fire in the programs that only look like its examples."""
    assert isinstance(shown.text, str)
    assert rule.id not in rules_found(shown.text)


@pytest.mark.parametrize(
    "code",
    [
        "import x from 'node:filesystem';",
        "export * from 'node:filesystem';",
        "const x = require('node:filesystem');",
        "const x = () => import('node:filesystem');",
        "import 'node:filesystem';",
        "import x = require('node:filesystem');",
        "const y = f(; import x from 'node:filesystem';",
    ],
)
def test_every_way_to_import_is_read(code: str) -> None:
    """A module is found however it is imported, and in source that does not parse."""
    assert rules_found(code, path="main.ts") == ["semantic/unknown-node-module"]


def test_place_and_edit() -> None:
    """A finding covers the package's name alone, and a slip comes with a safe edit."""
    code = "const é = '🙂', x = require('expressq/lib/router');\n"
    (only,) = check(Candidate((SourceFile("a.js", code.encode()),), "javascript")).findings
    assert only.location is not None
    assert code[only.location.start_column - 1 : only.location.end_column - 1] == "expressq"
    assert [(fix.safe, fix.edits[0].new_text) for fix in only.fixes] == [(True, "express")]


def package(text: str) -> SourceFile:
    """Return a package.json."""
    return SourceFile("package.json", text.encode())


def test_declared_dependencies_narrow_the_choice() -> None:
    """What package.json does not list is undeclared; what it lists in whatever way, and Node's modules, are not."""
    own = package('{"name": "shop", "dependencies": {"express": "4"}, "devDependencies": {"@types/koa__router": "1"}}')
    code = "import e from 'express';\nimport s from 'shop/x';\nimport r from '@koa/router';\nimport fs from 'fs';\n"
    assert rules_found(code, own) == []
    assert rules_found("import _ from 'lodash';\n", own) == ["semantic/undeclared-dependency"]
    assert rules_found("import _ from 'lodash';\n") == []


def test_optional_imports_need_not_be_there() -> None:
    """What stands in a `try` with a handler may be missing."""
    code = "let turbo;\ntry { turbo = require('velvet-json-turbo'); } catch { turbo = JSON; }\n"
    assert rules_found(code, package('{"dependencies": {}}')) == []


def test_allowed_dependencies_are_the_callers() -> None:
    """What the caller allows is not doubted, and what it does not is undeclared."""
    allowed = frozenset({"velvet-json-turbo"})
    assert rules_found("import 'velvet-json-turbo';\n", allowed_dependencies=allowed) == []
    assert rules_found("import 'express';\n", allowed_dependencies=allowed) == ["semantic/undeclared-dependency"]


def test_candidate_cannot_make_a_package_exist() -> None:
    """A package that the candidate's own package.json names is still looked for; one that the caller names is not."""
    own = package('{"dependencies": {"velvet-json-turbo": "^1.0.0"}}')
    assert rules_found("import 'velvet-json-turbo';\n", own) == ["semantic/unknown-npm-package"]
    assert rules_found("import 'velvet-json-turbo';\n", context_files=(own,)) == []


def test_paths_of_the_project_are_no_packages() -> None:
    """Aliases of tsconfig.json, which may hold comments, and folders of the candidate's are paths."""
    settings = SourceFile(
        "tsconfig.json", b'{\n  // "aliases"\n  "compilerOptions": {"paths": {"shop-core/*": ["./src/*"],}},\n}\n'
    )
    code = "import a from 'shop-core/a';\nimport b from 'components/b';\n"
    assert rules_found(code, settings, SourceFile("src/components/b.js", b"export default 1;\n")) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"dependencies": 3, "name": null}', "[" * 100_000, "\xff"])
def test_settings_that_say_nothing_break_nothing(text: str) -> None:
    """A package.json that is broken or strange declares nothing."""
    assert "semantic/unknown-node-module" in rules_found("import 'node:nothing';\n", package(text))


def test_scopes_of_a_workspace_are_neighbours() -> None:
    """A package of a scope that declared ones are of is not called undeclared."""
    own = package('{"name": "@shop/web", "dependencies": {}}')
    assert "semantic/undeclared-dependency" not in rules_found("import '@shop/core';\n", own)


@pytest.mark.parametrize(
    "code",
    [
        "[" * 100_000,
        "require('x');" * 20_000,
        f"import '{'x' * 1_000_000}';",
        f"import 'node:{'x' * 1_000_000}';",
        "\0\0",
    ],
)
def test_hostile_source_is_bounded(code: str) -> None:
    """Nesting, many imports and long names end, with a bounded number of findings."""
    assert len(rules_found(code)) <= 200
