"""A candidate's own files are modules under every name that some root gives them."""

import pytest

from services.stages.semantic.own_modules import OwnModules, looks_local

OWN = OwnModules(["src/shop/__init__.py", "src/shop/cart.py", "src/shop/db/models.py", "setup.py", "README.md"])


@pytest.mark.parametrize(
    ("root", "is_own"), [("shop", True), ("src", True), ("cart", True), ("setup", True), ("README", False)]
)
def test_roots(root: str, is_own: bool) -> None:
    """Folders and files with Python in them are roots, others are not."""
    assert OWN.has_root(root) is is_own


@pytest.mark.parametrize(
    ("path", "level", "module", "members", "resolves"),
    [
        ("src/shop/cart.py", 1, "db.models", ["Order"], True),
        ("src/shop/cart.py", 1, "", ["db"], True),
        ("src/shop/db/models.py", 2, "cart", ["Cart"], True),
        ("src/shop/db/models.py", 3, "shop", ["cart"], True),
        ("src/shop/db/models.py", 2, "cart.moves.http", ["x"], True),
        ("src/shop/cart.py", 1, "prices", ["Price"], False),
        ("src/shop/db/models.py", 1, "cart", ["Cart"], False),
        ("src/shop/cart.py", 9, "shop", ["x"], False),
    ],
)
def test_relative_imports(path: str, level: int, module: str, members: list[str], resolves: bool) -> None:
    """A relative import resolves where the file or folder that it names is among the files."""
    assert OWN.resolves(path, level, module, members) is resolves


@pytest.mark.parametrize(
    ("module", "is_local"),
    [
        ("billing_utils", True),
        ("my_project", True),
        ("_speedups", True),
        ("acme.shop.models", True),
        ("jwt_handler", True),
        ("invoice_layout_detective", False),
        ("quantum_flux_handler", False),
        ("quantumflux", False),
    ],
)
def test_names_that_look_local(module: str, is_local: bool) -> None:
    """A module named as those of applications are looks local; a name that sells a product does not."""
    assert looks_local(module) is is_local
