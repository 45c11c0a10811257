"""
Build the catalog of npm packages and of Node.js's own modules that the semantic stage ships.

    python -m services.stages.semantic.build_npm LIST.tsv.gz --date 2026-11 --node PATH… --out DIR

LIST has a header and two columns: package name and monthly downloads. It is a part of the registry: a name that it
lacks may exist. Each PATH is a Node.js, which is asked for its built-in modules. The same input gives the same bytes.
"""

import argparse
import gzip
import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from services.stages.semantic.npm_catalog import BUILT_IN, MANIFEST, NAMES, POPULAR, RECORDS

TRIES = 5
"""As in build_catalog."""
POPULAR_DOWNLOADS = 1_000_000
"""Monthly downloads from which a name is one that others are taken for."""
NODE_SECONDS = 20.0

_LISTED = "const m = require('module'); console.log(JSON.stringify([process.versions.node, m.builtinModules]))"
_KNOWN = "const m = require('module'); console.log(JSON.stringify(JSON.parse(process.argv[1]).filter(m.isBuiltin)))"


def read_packages(path: Path) -> dict[str, int]:
    """
    Read the list: monthly downloads by name.

    :raises ValueError: A line has not two columns, or the second is no number.
    """
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    return {name: int(downloads) for name, downloads in (line.split("\t") for line in lines)}


def write_packages(packages: Mapping[str, int], out: Path) -> None:
    """Write all names with how much each is downloaded, and the popular ones, the most downloaded first."""
    import marisa_trie

    trie = marisa_trie.Trie(sorted(packages), num_tries=TRIES)
    trie.save(str(out / NAMES))
    records = bytearray(len(packages))
    for name, downloads in packages.items():
        records[trie[name]] = downloads.bit_length()
    (out / RECORDS).write_bytes(records)
    popular = [name for name, downloads in packages.items() if downloads >= POPULAR_DOWNLOADS]
    popular.sort(key=lambda name: (-packages[name], name))
    (out / POPULAR).write_text("".join(f"{name}\n" for name in popular))


def built_in(programs: Sequence[Path]) -> dict[str, list[str]]:
    """
    Ask each Node.js for its built-in modules, by its version.

    Old ones do not list those that can be had by the prefix `node:` alone, but know them when asked.

    :raises OSError: A program cannot be run.
    :raises subprocess.SubprocessError: It fails.
    """
    listed = {program: _asked(program, _LISTED) for program in programs}
    names = sorted({name for _, modules in listed.values() for name in modules})
    return {version: _asked(program, _KNOWN, json.dumps(names)) for program, (version, _) in listed.items()}


def _asked(program: Path, script: str, *arguments: str) -> list[str]:
    command = [str(program), "--eval", script, *arguments]
    done = subprocess.run(command, capture_output=True, check=True, timeout=NODE_SECONDS)
    answer: list[str] = json.loads(done.stdout)
    return answer


def write_built_in(modules: Mapping[str, Iterable[str]], out: Path) -> None:
    """Write the built-in modules by version, the oldest first."""
    ordered = sorted(modules.items(), key=lambda pair: [int(part) for part in pair[0].split(".")])
    text = json.dumps({version: sorted(names) for version, names in ordered}, indent=1)
    (out / BUILT_IN).write_text(text + "\n")


def write_manifest(date: str, count: int, out: Path) -> None:
    """Write the manifest over what the other steps wrote."""
    files = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in _FILES}
    (out / MANIFEST).write_text(json.dumps({"date": date, "count": count, "files": files}, indent=2) + "\n")


_FILES = (NAMES, RECORDS, POPULAR, BUILT_IN)


def main() -> None:
    """Build a catalog from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0] if __doc__ else None)
    parser.add_argument("list", type=Path, help="the gzipped list of package names")
    parser.add_argument("--date", required=True, help="the month of the list, for example 2026-11")
    parser.add_argument("--node", type=Path, nargs="+", required=True, help="a Node.js of each major version")
    parser.add_argument("--out", type=Path, required=True, help="the directory to write to")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    packages = read_packages(arguments.list)
    write_packages(packages, arguments.out)
    write_built_in(built_in(arguments.node), arguments.out)
    write_manifest(arguments.date, len(packages), arguments.out)


if __name__ == "__main__":
    main()
