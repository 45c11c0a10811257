"""The versions of stages: of their rules, and of the tools whose word they hand on."""

from importlib.metadata import version


def with_tools(rules: str, *distributions: str) -> str:
    """Return the version of a stage whose results depend on installed distributions too."""
    return "+".join((rules, *(f"{name}.{version(name)}" for name in distributions)))
