"""Reads an INI-like configuration with sections and typed values."""

import re

_SECTION = re.compile(r"\[(?P<name>[^\]]+)\]")
_PAIR = re.compile(r"(?P<key>\w+)\s*=\s*(?P<value>.*)")


def parse(text: str) -> dict[str, dict[str, object]]:
    """Return the sections of a configuration, each with its values."""
    sections: dict[str, dict[str, object]] = {}
    current = sections.setdefault("", {})
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if match := _SECTION.fullmatch(line):
            current = sections.setdefault(match["name"], {})
        elif match := _PAIR.fullmatch(line):
            current[match["key"]] = convert(match["value"])
        else:
            raise ValueError(f"line {number} is neither a section nor a value")
    return sections


def convert(value: str) -> object:
    """Return a value as a number or a truth value where it reads like one."""
    if value.lower() in ("true", "yes", "on"):
        return True
    if value.lower() in ("false", "no", "off"):
        return False
    for kind in (int, float
