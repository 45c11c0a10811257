"""The direction of imports: assay <- host <- sandbox, services, cli; and domain modules that know no wire."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "assay": {"assay"},
    "host": {"assay", "host"},
    "sandbox": {"assay", "host", "sandbox"},
    "sandbox.runner": {"sandbox.runner"},
    "services": set(),
    "services.validation": {"assay", "host", "services.validation"},
    "services.stages": {"assay", "host", "services.stages"},
    "services.stages.static": {"assay", "services.stages", "services.stages.static"},
    "services.stages.placeholder": {"assay", "services.stages", "services.stages.placeholder"},
    "services.stages.semantic": {"assay", "services.stages", "services.stages.semantic"},
    "services.stages.scoring": {"assay", "services.stages", "services.stages.placeholder", "services.stages.scoring"},
    # Training happens in the working tree, never in a server.
    "services.stages.scoring.train": {"benchmarks", "host", "services.stages.scoring.training"},
    "services.stages.scoring.training": {
        "assay",
        "benchmarks",
        "services.stages",
        "services.stages.placeholder",
        "services.stages.scoring",
        "services.stages.scoring.training",
    },
    "services.stages.execution": {"assay", "services.stages", "services.stages.execution"},
    "services.events": {"assay", "host", "services.events"},
    "services.system": {"assay", "host", "services.system"},
    "gateway": {"assay", "host", "gateway"},
    # Keys are made and taken back in the database, without a gateway: what is kept of one is written in one place.
    "cli": {"assay", "host", "gateway", "cli", "cli.jobs"},
    # Dead jobs are looked at and queued again in the database, in the same way.
    "cli.jobs": {"assay", "host", "services.validation", "cli"},
}
"""Packages of the project that each package may import. The innermost one that holds a module decides."""

OURS = {"assay", "host", "sandbox", "services", "gateway", "cli", "benchmarks", "tests"}

WIRE = {"grpc", "grpc_status", "google", "docker", "nats", "sqlalchemy", "pebble"}

DOMAIN = (
    "cli/deploy/compose_project.py",
    "cli/deploy/course.py",
    "cli/deploy/manifests.py",
    "cli/deploy/order.py",
    "cli/deploy/schema.py",
    "cli/deploy/steps.py",
    "gateway/overload.py",
    "gateway/quotas.py",
    "services/events/wanted.py",
    "services/validation/engine.py",
    "services/validation/repair.py",
    "services/validation/repair_change.py",
    "services/validation/repair_diff.py",
    "services/validation/repair_fixes.py",
    "services/validation/repair_gain.py",
    "services/validation/repair_text.py",
    "services/validation/verdict.py",
    "services/validation/score.py",
    "services/validation/policy.py",
    "services/validation/digest.py",
    "services/validation/turns.py",
    "gateway/refusals.py",
    "sandbox/admission.py",
    "sandbox/limits.py",
    "sandbox/outcome.py",
    "sandbox/program.py",
    "sandbox/sizing.py",
)

REVISIONS = {str(path.relative_to(ROOT)) for path in (ROOT / "host/migrations/versions").glob("*.py")}

ONLY_IN = {
    "docker": {"sandbox", "cli"},
    "jwt": {"host/tokens.py"},
    "nats": {
        "host/events/jetstream.py",
        "host/nats_connection.py",
        "host/nats_permits.py",
        "host/nats_pull.py",
        "host/streams.py",
        "host/wakes.py",
    },
    "alembic": {"host/migrations/env.py", "host/migrations/migrating.py", *REVISIONS},
    "asyncpg": {"host/postgres.py"},
    "sqlalchemy": {
        "host/database.py",
        "host/postgres.py",
        "host/sqlite.py",
        *REVISIONS,
        "host/usage_schema.py",
        "services/events/schema.py",
        "services/system/schema.py",
        "services/validation/schema.py",
        "gateway/schema.py",
        "gateway/allowances_schema.py",
    },
}


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the modules that are shipped, with their dotted names; what is generated and what is sent away apart."""
    for top in ("proto/assay", "host", "sandbox", "services", "gateway", "cli"):
        for path in sorted((ROOT / top).rglob("*.py")):
            inside = path.relative_to(ROOT / "proto" if top == "proto/assay" else ROOT)
            dotted = ".".join(inside.with_suffix("").parts).removesuffix(".__init__")
            if not {"images", "harness", "v1"} & set(inside.parts):
                yield dotted, path


MODULES = dict(modules())


def imports(dotted: str, path: Path) -> Iterator[str]:
    """Yield the dotted names that a module imports, wherever in it the statement stands."""
    package = dotted if path.name == "__init__.py" else dotted.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def holder(name: str) -> str:
    """Return the innermost package of the table that holds a dotted name; empty where none does."""
    found = [package for package in MAY_IMPORT if name == package or name.startswith(f"{package}.")]
    return max(found, key=len, default="")


@pytest.mark.parametrize("dotted", MODULES)
def test_direction(dotted: str) -> None:
    """A module imports of this project only what its package may."""
    allowed = MAY_IMPORT[holder(dotted)]
    ours = {name for name in imports(dotted, MODULES[dotted]) if name.split(".")[0] in OURS}
    # The sandbox names its runner's modules as files to send; it never runs them.
    assert {name for name in ours if (holder(name) or name.split(".")[0]) not in allowed} <= runner_of(dotted)


def runner_of(dotted: str) -> set[str]:
    """Return what the sandbox may import of its own runner: the frames that both sides speak."""
    if holder(dotted) != "sandbox":
        return set()
    return {name for name in imports(dotted, MODULES[dotted]) if name.startswith("sandbox.runner")}


@pytest.mark.parametrize("relative", DOMAIN)
def test_domain(relative: str) -> None:
    """A domain module imports no gRPC, no protobuf, no Docker, no database, and nothing of the host's."""
    path = ROOT / relative
    dotted = ".".join(Path(relative).with_suffix("").parts)
    roots = {name.split(".")[0] for name in imports(dotted, path)}
    assert roots & (WIRE | {"host"}) == set()
    assert not any(name.startswith(("assay.v1", "assay.convert", "assay.client")) for name in imports(dotted, path))


@pytest.mark.parametrize("library", ONLY_IN)
def test_only_in(library: str) -> None:
    """A library of the edge is imported in its place alone."""
    places = {
        str(path.relative_to(ROOT))
        for dotted, path in MODULES.items()
        if library in {name.split(".")[0] for name in imports(dotted, path)}
    }
    assert places
    assert {place for place in places if not {place, place.split("/")[0]} & ONLY_IN[library]} == set()


def test_runner_is_alone() -> None:
    """What runs as process 1 of a sandbox imports the standard library alone."""
    import sys

    for dotted, path in MODULES.items():
        if holder(dotted) == "sandbox.runner":
            foreign = {name.split(".")[0] for name in imports(dotted, path)} - sys.stdlib_module_names
            assert foreign <= {"sandbox", "runner"}, dotted


def test_no_drawer_for_everything() -> None:
    """No folder is named after nothing in particular."""
    names = {"common", "utils", "util", "helpers", "helper", "shared", "misc"}
    found = {part for path in MODULES.values() for part in (*path.parent.parts, path.stem)} & names
    assert found == set()
