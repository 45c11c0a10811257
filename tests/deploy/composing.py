"""compose.yaml as Docker Compose reads it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
COMPOSE = Path(sys.executable).parent / "docker-compose"
MACHINE = {"ASSAY_SECRETS": "./secrets-of-a-test", "ASSAY_DOCKER_GID": "4321"}


def config(*profiles: str, environment: Mapping[str, str] = MACHINE) -> subprocess.CompletedProcess[str]:
    """Run `docker compose config` with an environment of its own, and no .env."""
    wanted = [f"--profile={name}" for name in profiles]
    return subprocess.run(
        [str(COMPOSE), "--env-file", "/dev/null", *wanted, "config", "--format=json"],
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@cache
def composed(*profiles: str) -> Mapping[str, Any]:
    """Return everything that is composed."""
    done = config(*profiles)
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found
