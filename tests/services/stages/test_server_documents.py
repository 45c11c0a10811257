"""Documents that stay open: what is asked about one is told of its new text, and how many there are is bounded."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import PurePosixPath

import pytest
import pytest_asyncio
from ruff import find_ruff_bin

from services.stages.language_server import LanguageServer, ServerSpec
from services.stages.semantic.types_server import specification
from services.stages.server_documents import KEPT_CHARACTERS, MOST_KEPT, Document, KeptDocuments

HERE = PurePosixPath()


def shown(name: str, characters: int = 1) -> Document:
    """Return a document that is open."""
    return Document((HERE, name), f"file:///{name}", 1, characters)


def test_by_name() -> None:
    """A document is kept for the next question about its name, and for one question at a time."""
    kept, document = KeptDocuments(), shown("a.py")
    assert kept.keep(document) == ()
    assert kept.take((HERE, "b.py")) is None
    assert kept.take((HERE, "a.py")) is document
    assert kept.take((HERE, "a.py")) is None


def test_bounds() -> None:
    """Those asked about longest ago, long ones, and a second of one name are closed; what is not open is not."""
    kept = KeptDocuments()
    documents = [shown(f"{number}.py") for number in range(MOST_KEPT + 1)]
    assert [kept.keep(document) for document in documents] == [(), (), (), (), (documents[0],)]
    second, long = shown("1.py"), shown("long.py", KEPT_CHARACTERS + 1)
    assert (kept.keep(second), kept.keep(long)) == ((second,), (long,))
    assert kept.keep(Document((HERE, "never.py"), "file:///never.py")) == ()
    assert kept.take((HERE, "never.py")) is None


SPECS = [ServerSpec("ruff", (str(find_ruff_bin()), "server"), "python"), specification(None, (3, 13))]


@pytest_asyncio.fixture(params=SPECS, ids=["ruff", "ty"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[LanguageServer]:
    """Run a server."""
    made = LanguageServer(request.param)
    yield made
    await made.close()


GOOD = "import json\n\nprint(json.dumps(1))\n"
BAD = {"ruff": "import json\n\nprint(jason)\n", "ty": "import json\n\nprint(json.dupms(1))\n"}


async def test_texts_do_not_mix(server: LanguageServer) -> None:
    """What is said of a file is of the text that came with the question, whatever the file before said."""
    bad = BAD["ty" if server._spec.name == "ty" else "ruff"]
    for text, is_bad in ((GOOD, False), (bad, True), (f"\n\n{bad}", True), (GOOD, False), ("", False)) * 2:
        found = (await server.diagnose({"main.py": text}, ["main.py"]))["main.py"]
        assert bool(found) is is_bad
        if found:
            assert found[0]["range"]["start"]["line"] == text.splitlines().index(bad.splitlines()[2])


async def test_neighbours_are_gone(server: LanguageServer) -> None:
    """A file by itself sees nothing of files that were asked about before, with it or by themselves."""
    if server._spec.name != "ty":
        pytest.skip("it looks at each file by itself")
    uses = "import other\n\nother.nothing()\n"

    async def codes(**others: str) -> list[str]:
        documents = {"main.py": uses} | {f"{name}.py": text for name, text in others.items()}
        return [item["code"] for item in (await server.diagnose(documents, ["main.py"]))["main.py"]]

    assert await codes() == ["import-not-found"]
    assert await codes(other="x = 1\n") != ["import-not-found"]
    await server.diagnose({"other.py": "def nothing() -> None: ...\n"}, ["other.py"])
    assert await codes() == ["import-not-found"]


async def test_at_one_time(server: LanguageServer) -> None:
    """Questions about files of one name that are asked at one time are answered each by its own text."""
    bad = BAD["ty" if server._spec.name == "ty" else "ruff"]
    texts = [GOOD, bad] * 6
    answers = await asyncio.gather(*(server.diagnose({"main.py": text}, ["main.py"]) for text in texts))
    assert [bool(answer["main.py"]) for answer in answers] == [False, True] * 6
