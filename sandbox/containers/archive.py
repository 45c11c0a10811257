"""
Brings images of languages to a daemon that can pull none: ``python -P -m sandbox.containers.archive FILE``.

FILE is what ``docker save`` wrote of them (``scripts/languages-image``). The daemon is that of
ASSAY_SANDBOX__DOCKER_URL, DOCKER_HOST, or the local one. Where it has all of them already nothing is sent. Standard
output tells what was done; the exit status is 1 where something is missing at the end, 2 where there is no file.
"""

import asyncio
import json
import os
import sys
import tarfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from assay.errors import SandboxUnavailable

from sandbox.containers.daemon import IMAGES, Address, Daemon, Missing, Refused

MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1024 * 1024


class BadArchive(Exception):
    """A file is no archive of images of sandboxes."""


def tags_in(archive: Path) -> frozenset[str]:
    """
    Return the names of the images in an archive.

    :raises BadArchive: It cannot be read, or holds other images than those of sandboxes.
    """
    try:
        with tarfile.open(archive) as file:
            manifest = file.getmember(MANIFEST)
            content = file.extractfile(manifest)
            if content is None or manifest.size > MAX_MANIFEST_BYTES:
                raise BadArchive(f"{archive}: its {MANIFEST} is no list of images")
            tags = frozenset(tag for image in json.load(content) for tag in image["RepoTags"])
    except OSError as error:
        raise BadArchive(f"{archive}: {(error.strerror or 'it cannot be read').lower()}") from None
    except (tarfile.TarError, KeyError, TypeError, ValueError):
        raise BadArchive(f"{archive}: it is nothing that `docker save` wrote") from None
    others = sorted(tag for tag in tags if not fnmatchcase(tag, IMAGES))
    if others or not tags:
        raise BadArchive(f"{archive}: it holds {others[0] if others else 'no image'}, and only {IMAGES} is taken")
    return tags


async def load(archive: Path, daemon: Daemon) -> str:
    """
    Bring what is in an archive to a daemon that lacks any of it, and return what was done.

    :raises BadArchive: It holds no images of sandboxes, or the daemon has not all of them afterwards.
    :raises SandboxUnavailable: The daemon cannot be had.
    :raises Refused: It would not take them.
    """
    tags = tags_in(archive)
    missing = tags - await daemon.images()
    if not missing:
        return f"all {len(tags)} images are there"
    with archive.open("rb") as file:
        await daemon.load(file)
    if absent := sorted(tags - await daemon.images()):
        raise BadArchive(f"{archive}: Docker took it, and has no {absent[0]}")
    return f"{len(missing)} of {len(tags)} images were brought: {', '.join(sorted(missing))}"


def main(arguments: Sequence[str]) -> int:
    """Bring the images of the one file that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -P -m sandbox.containers.archive FILE\n")
        return 2
    archive = Path(arguments[0])
    try:
        daemon = Daemon(Address.parse(os.environ.get("ASSAY_SANDBOX__DOCKER_URL", "")), 1)
        try:
            done = asyncio.run(load(archive, daemon))
        finally:
            daemon.close()
    except BadArchive as error:
        sys.stderr.write(f"archive: {error}\n")
        return 2 if not archive.exists() else 1
    except (SandboxUnavailable, Missing, Refused) as error:
        sys.stderr.write(f"archive: {error}\n")
        return 1
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
