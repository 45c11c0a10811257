"""The health check of a container: it asks the process beside it, and its exit status is the answer."""

from pathlib import Path

from host.health import Health
from host.probe import reachable
from host.probing import probed
from tests.processes import Done, run_python


async def ask(*arguments: str, **environment: str) -> Done:
    """Run the check as a container's daemon does."""
    return await run_python("-P", "-m", "host.probe", *arguments, environment=environment)


async def test_the_exit_status_is_the_answer(folder: Path) -> None:
    """A process that serves is well; one that stops is not, and its state is said."""
    health = Health()
    async with probed(f"unix:{folder}/p", health) as address:
        well = await ask(ASSAY_SERVER__PROBE_LISTEN=address)
        assert (well.returncode, well.stdout) == (0, "SERVING\n")
        await health.stop()
        ill = await ask(address)
    assert (ill.returncode, ill.stdout) == (1, "NOT_SERVING\n")


async def test_nobody_there(folder: Path) -> None:
    """Where nothing listens, that is said within the check's time."""
    gone = await ask(f"unix:{folder}/p")
    assert gone.returncode == 1
    assert gone.stdout.startswith("UNAVAILABLE")


async def test_no_address() -> None:
    """Without an address there is nothing to ask, and the line says which setting names it."""
    lost = await ask()
    assert lost.returncode == 2
    assert "ASSAY_SERVER__PROBE_LISTEN" in lost.stderr


def test_an_address_of_every_interface_is_reached_at_home() -> None:
    """What listens for everybody is asked from inside."""
    assert reachable("0.0.0.0:50052") == "127.0.0.1:50052"
    assert reachable("10.0.0.5:50052") == "10.0.0.5:50052"
    assert reachable("unix:/run/probe") == "unix:/run/probe"
