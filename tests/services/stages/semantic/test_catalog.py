"""The catalog is built the same each time, and refused when it is not what it says."""

import gzip
import sqlite3
from pathlib import Path

import pytest

from services.stages.semantic import build_catalog
from services.stages.semantic.catalog import MANIFEST, MAX_AGE, NAMES, PROVIDERS, RECORDS, Catalog, CatalogBroken

HEADER = "name\tlatest_month\tdownload_rank\tsuspect\n"
LIST = HEADER + "beta\t2026-10\t1\t\nalpha-one\t2019-01\t\t1\nold\t\t\t\ngamma\t2026-11\t2\t\n"
MODULES = {"gamma": ["gamma_core", "beta"], "beta": ["beta", "shared"], "old": ["ancient", "not-a-name"], "gone": ["x"]}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a list, a database of modules, and the catalog built from them."""
    (tmp_path / "list.tsv.gz").write_bytes(gzip.compress(LIST.encode()))
    with sqlite3.connect(tmp_path / "modules.db") as database:
        database.execute("CREATE TABLE distributions (id INTEGER PRIMARY KEY, name VARCHAR)")
        database.execute("CREATE TABLE top_level_module_names (distribution_id INTEGER, name VARCHAR)")
        for number, (name, modules) in enumerate(MODULES.items()):
            database.execute("INSERT INTO distributions VALUES (?, ?)", (number, name.capitalize()))
            database.executemany("INSERT INTO top_level_module_names VALUES (?, ?)", [(number, m) for m in modules])
    build(tmp_path, tmp_path / "data", monkeypatch)
    return tmp_path


def build(folder: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the builder as from the command line."""
    arguments = [str(folder / "list.tsv.gz"), "--modules", str(folder / "modules.db"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["build_catalog", *arguments])
    build_catalog.main()


def test_catalog_gives_back_what_it_was_built_from(built: Path) -> None:
    """Names, ranks, ages and suspicions come out as the list has them."""
    catalog = Catalog(built / "data")
    beta, alpha, old = (catalog.get(name) for name in ("beta", "alpha-one", "old"))
    assert beta is not None
    assert (beta.rank, beta.months_old, beta.suspect) == (1, 1, False)
    assert alpha is not None
    assert (alpha.rank, alpha.months_old, alpha.suspect) == (None, 94, True)
    assert old is not None
    assert old.months_old == MAX_AGE
    assert catalog.get("delta") is None
    assert (catalog.manifest.date, catalog.manifest.count) == ("2026-11", 4)
    assert catalog.ranked == ("beta", "gamma")


def test_modules_name_their_distributions(built: Path) -> None:
    """Modules of ranked distributions name these, others are known, and a distribution that left the index is not."""
    catalog = Catalog(built / "data")
    assert catalog.providers("gamma_core") == ("gamma",)
    assert catalog.providers("beta") == ("beta", "gamma")
    assert catalog.providers("ancient") == ()
    assert catalog.holds_module("ancient")
    assert not catalog.holds_module("x")
    assert not catalog.holds_module("not-a-name")


def test_building_twice_gives_the_same_bytes(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same list gives the same files, to the byte."""
    build(built, built / "again", monkeypatch)
    files = {path.name for path in (built / "data").iterdir()}
    assert files == {path.name for path in (built / "again").iterdir()}
    assert all((built / "data" / name).read_bytes() == (built / "again" / name).read_bytes() for name in files)


@pytest.mark.parametrize("name", [NAMES, RECORDS, PROVIDERS])
def test_altered_file_is_refused(built: Path, name: str) -> None:
    """A file that is not the one in the manifest stops the catalog from loading, and is named."""
    path = built / "data" / name
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(CatalogBroken, match=name):
        Catalog(built / "data")


@pytest.mark.parametrize("name", [NAMES, MANIFEST])
def test_missing_file_is_refused(built: Path, name: str) -> None:
    """A missing file stops the catalog from loading, and is named."""
    (built / "data" / name).unlink()
    with pytest.raises(CatalogBroken, match=name):
        Catalog(built / "data")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"date": "2026-11", "count": "many", "files": {}}'])
def test_manifest_that_is_none_is_refused(built: Path, text: str) -> None:
    """A manifest that says nothing usable stops the catalog from loading."""
    (built / "data" / MANIFEST).write_text(text)
    with pytest.raises(CatalogBroken, match=MANIFEST):
        Catalog(built / "data")


def test_manifest_of_another_count_is_refused(built: Path) -> None:
    """A manifest that counts otherwise than the files stops the catalog from loading."""
    path = built / "data" / MANIFEST
    path.write_text(path.read_text().replace('"count": 4', '"count": 5'))
    with pytest.raises(CatalogBroken, match="4 names"):
        Catalog(built / "data")


def test_shipped_catalog_is_whole() -> None:
    """The catalog that is shipped loads, and knows the names that everybody uses."""
    catalog = Catalog()
    assert catalog.manifest.count > 800_000
    assert all(name in catalog for name in ("requests", "numpy", "scikit-learn", "ruamel-yaml"))
    requests = catalog.get("requests")
    assert requests is not None
    assert requests.rank is not None
    assert requests.rank < 100
