"""The catalog of npm packages, as it is shipped and as it is built."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from services.stages.semantic.build_npm import built_in, read_packages, write_built_in, write_manifest, write_packages
from services.stages.semantic.catalog import CatalogBroken
from services.stages.semantic.npm_catalog import BUILT_IN, MANIFEST, NAMES, POPULAR, NpmCatalog


@pytest.fixture(scope="module")
def shipped() -> NpmCatalog:
    """The catalog of this tree."""
    return NpmCatalog()


def build(out: Path) -> None:
    """Build a small catalog."""
    write_packages({"left-lean": 3, "big": 2_000_000, "@scope/bigger": 3_000_000}, out)
    write_built_in({"24.0.0": ["fs", "node:test"], "9.0.0": ["fs", "sys"]}, out)
    write_manifest("2026-11", 3, out)


def test_shipped_catalog_knows_what_everybody_uses(shipped: NpmCatalog) -> None:
    """Packages that everyone uses are in it, and popular; a made-up one is not."""
    assert all(name in shipped for name in ("react", "@babel/core", "lodash", "@types/node"))
    assert {"react", "express"} <= set(shipped.popular)
    assert "velvet-json-turbo" not in shipped


def test_shipped_built_in_modules(shipped: NpmCatalog) -> None:
    """Modules with and without the prefix are told apart."""
    assert {"fs", "fs/promises", "worker_threads"} <= shipped.built_in.names
    assert "test" in shipped.built_in.prefixed
    assert "test" not in shipped.built_in.names


def test_what_is_built_is_read(tmp_path: Path) -> None:
    """A built catalog has the names, their downloads and order, and the built-in modules of all versions."""
    build(tmp_path)
    catalog = NpmCatalog(tmp_path)
    assert catalog.popular == ("@scope/bigger", "big")
    assert (catalog.downloads("left-lean"), "left" in catalog) == (4, False)
    assert catalog.built_in.prefixed == {"fs", "sys", "test"}
    assert list(json.loads((tmp_path / BUILT_IN).read_text())) == ["9.0.0", "24.0.0"]


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two builds of one list are one."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        build(tmp_path / name)
    assert (tmp_path / "a" / MANIFEST).read_bytes() == (tmp_path / "b" / MANIFEST).read_bytes()


@pytest.mark.parametrize("name", [NAMES, POPULAR, MANIFEST])
def test_altered_catalog_is_refused(name: str, tmp_path: Path) -> None:
    """A file that is not the one of the manifest is an error, and so is a manifest that is none."""
    build(tmp_path)
    (tmp_path / name).write_bytes(b"other")
    with pytest.raises(CatalogBroken):
        NpmCatalog(tmp_path)


def test_list_is_read(tmp_path: Path) -> None:
    """The list's header is passed over, and a line that is none is an error."""
    path = tmp_path / "list.tsv.gz"
    path.write_bytes(gzip.compress(b"name\tmonthly_downloads\nbig\t12\n"))
    assert read_packages(path) == {"big": 12}
    path.write_bytes(gzip.compress(b"name\tmonthly_downloads\nbig\n"))
    with pytest.raises(ValueError, match="unpack"):
        read_packages(path)


def test_node_is_asked_for_its_modules() -> None:
    """A Node.js tells its modules, those included that need the prefix."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js here")
    ((_, modules),) = built_in([Path(node)]).items()
    assert "fs" in modules
