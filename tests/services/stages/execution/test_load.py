"""What the harness watches while a candidate is loaded."""

import builtins

import pytest

from services.stages.execution.harness.load import Originals


def test_a_replaced_builtin_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comparisons rest on is watched; print and open, which programs replace for honest reasons, are not."""
    originals = Originals()
    monkeypatch.setattr(builtins, "print", lambda *_, **__: None)
    assert originals.replaced() == []
    # It answers as len does: the threads of the test run use it too.
    monkeypatch.setattr(builtins, "len", lambda value: value.__len__())
    assert originals.replaced() == ["len"]


def test_code_put_into_a_function_is_seen() -> None:
    """A function that is watched cannot be given another body in its place."""

    def function() -> int:
        return 1

    space = type("Space", (), {"function": function})
    originals = Originals([(space, {"function": function})])
    assert originals.replaced() == []
    function.__code__ = (lambda: 2).__code__
    assert originals.replaced() == ["function"]
