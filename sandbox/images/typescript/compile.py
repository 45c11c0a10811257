"""
Turns a TypeScript program into one file of JavaScript, .build/program.js; its only argument is the entry point.

The bundle is a CommonJS module, where `require` and `module` are as they are in Node. A program that awaits at its top
level is none: it becomes an ECMAScript module. What a program asks about its own place (`__dirname`, `import.meta.url`,
`process.argv[1]`) is told of the entry point, as if that were run itself.
"""

import json
import os
import subprocess
import sys
import urllib.parse

OUTPUT = ".build/program.js"
ESBUILD_SECONDS = 600.0


def options(path: str) -> list[str]:
    """Return what esbuild is told of the entry point at a path."""
    folder = os.path.dirname(path)
    place = {
        "__dirname": folder,
        "__filename": path,
        "import.meta.dirname": folder,
        "import.meta.filename": path,
        "import.meta.url": "file://" + urllib.parse.quote(path),
    }
    return [
        *(f"--define:{name}={json.dumps(value)}" for name, value in place.items()),
        f"--banner:js=process.argv[1]={json.dumps(path)};",
    ]


def bundle(path: str, kind: str) -> "subprocess.CompletedProcess[bytes]":
    """Write the bundle as a module of a kind, "cjs" or "esm"."""
    command = ["/usr/bin/esbuild", path, "--bundle", "--platform=node", "--target=node20", f"--format={kind}"]
    command += ["--sourcemap", "--keep-names", "--charset=utf8", "--log-level=warning", "--log-limit=50"]
    command += [f"--outfile={OUTPUT}", *options(path)]
    return subprocess.run(command, stderr=subprocess.PIPE, timeout=ESBUILD_SECONDS, check=False)


def main() -> None:
    """Bundle, and say what esbuild says."""
    path = os.path.abspath(sys.argv[1])
    kind, done = "commonjs", bundle(path, "cjs")
    if done.returncode > 0 and b'Top-level await is currently not supported with the "cjs"' in done.stderr:
        kind, done = "module", bundle(path, "esm")
    # What kind of module the bundle is must not depend on a package.json of the program's own.
    with open(".build/package.json", "w", encoding="ascii") as file:
        json.dump({"type": kind}, file)
    sys.stderr.buffer.write(done.stderr)
    sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)


if __name__ == "__main__":
    main()
