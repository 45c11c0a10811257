"""Many may ask one language server at one time."""

import asyncio
import sys
from pathlib import Path

from services.stages.language_server import LanguageServer, ServerSpec

ASKERS = 24
TEXT = (
    "import json\n\n\ndef f(x: str) -> int:\n    return json.loads(x)['{n}']\n\n\nname_{n}\n" + "y: int = 1 + 1\n" * 300
)


async def test_many_at_one_time() -> None:
    """A question that the server drops because another document is opened or closed is asked again, and answered."""
    command = (str(Path(sys.executable).with_name("ty")), "server")
    server = LanguageServer(ServerSpec("ty", command, "python", seconds=60))

    async def ask(number: int) -> set[str]:
        await asyncio.sleep(number / 200)
        found = await server.diagnose({"main.py": TEXT.replace("{n}", str(number))}, ["main.py"])
        return {item["message"] for item in found["main.py"]}

    try:
        answers = await asyncio.gather(*map(ask, range(ASKERS)))
    finally:
        await server.close()
    for number, messages in enumerate(answers):
        assert any(f"`name_{number}`" in message for message in messages), messages
