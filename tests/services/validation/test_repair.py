"""Repair through the whole suite with its real stages; and its seams and bounds, by stages of the test's own."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from assay.client import Suite, connect
from assay.errors import PluginFailed
from assay.stage import Candidate, Finding, Fix, Location, Severity, SourceFile, TestSuite, TextEdit
from assay.v1 import candidate_pb2, event_pb2, source_pb2, validation_pb2

from host.embedded import embedded
from host.settings import Settings
from services.validation.judgement import Judgement, Repair, Round
from services.validation.policy import Policy, RepairPolicy
from services.validation.repair import Rounds
from services.validation.repair_change import Change, Repairer
from services.validation.repair_fixes import Fixes
from services.validation.verdict import decide
from tests.toys import completed, finding

USES = "\n\ndef home(name):\n    return os.path.join(os.path.expanduser('~'), name)\n"
FENCED = f"Here is the code:\n\n```python{USES}```\n"


@pytest.fixture(scope="module")
async def suite() -> AsyncIterator[Suite]:
    """A suite without a sandbox."""
    with TemporaryDirectory(prefix="t-", dir="/tmp") as folder:
        settings = Settings(state_dir=Path(folder), sandbox_enabled=False)
        async with embedded(settings) as address, connect(address) as client:
            yield client


def candidate(*texts: str, **more: Any) -> candidate_pb2.Candidate:
    """Return a candidate of files named a.py, b.py, and so on."""
    files = [
        source_pb2.SourceFile(path=f"{name}.py", content=text.encode())
        for name, text in zip("abc", texts, strict=False)
    ]
    return candidate_pb2.Candidate(files=files, **more)


async def validated(
    suite: Suite, given: candidate_pb2.Candidate | str, rounds: int = 0, **policy: Any
) -> validation_pb2.Validation:
    """Return what a suite says of a candidate that it may repair."""
    asked = candidate(given) if isinstance(given, str) else given
    wanted = validation_pb2.ValidationPolicy(repair=validation_pb2.RepairPolicy(max_rounds=rounds), **policy)
    request = validation_pb2.ValidateRequest(candidate=asked, policy=wanted)
    return (await suite.validation.Validate(request, timeout=120)).validation


@pytest.mark.parametrize(
    ("code", "mended"),
    [
        pytest.param(USES, f"\n\nimport os{USES[1:]}", id="missing import"),
        pytest.param(
            "def f(x):\r\n    return os.path.join(x)\r\n", "import os\r\ndef f(x):\r\n    return os.path.join(x)\r\n",
            id="line ends",
        ),
        pytest.param("\ufeffx = math.pi\n", "\ufeffimport math\nx = math.pi\n", id="byte order mark"),
        pytest.param("```python\nx = 1\n```\n", "x = 1\n", id="fence"),
        pytest.param("import datetme\n\nprint(datetme.date.today())\n",
                     "import datetime\n\nprint(datetime.date.today())\n", id="misspelt module"),
        pytest.param("from collections import defaultdcit as d\n\nprint(d(list))\n",
                     "from collections import defaultdict as d\n\nprint(d(list))\n", id="misspelt name of a module"),
        pytest.param("import os\n\nt = '😀'; print(os.getlogn())\n",
                     "import os\n\nt = '😀'; print(os.getlogin())\n", id="misspelt member"),
        pytest.param("def f(x: str) -> str:\n    return x.replce('a', 'b')\n",
                     "def f(x: str) -> str:\n    return x.replace('a', 'b')\n", id="misspelt method"),
        pytest.param("import json\n\nprint(json.dumps({}, indnet=2, sort_kyes=True))\n",
                     "import json\n\nprint(json.dumps({}, indent=2, sort_keys=True))\n", id="misspelt keywords"),
        pytest.param("def area(width, height):\n    return width * height\n\n\nprint(area(1, heigth=2))\n",
                     "def area(width, height):\n    return width * height\n\n\nprint(area(1, height=2))\n",
                     id="misspelt keyword of a function of its own"),
    ],
)  # fmt: skip
async def test_what_is_mended(suite: Suite, code: str, mended: str) -> None:
    """One fault that has one right repair is mended, and nothing else is touched."""
    made = await validated(suite, code)
    assert made.verdict == validation_pb2.VERDICT_INAUTHENTIC
    assert made.repair.improved
    assert [file.content.decode() for file in made.repair.files] == [mended]
    assert made.repair.verdict == validation_pb2.VERDICT_AUTHENTIC
    again = await validated(suite, mended)
    assert (again.verdict, len(again.repair.rounds)) == (validation_pb2.VERDICT_AUTHENTIC, 0)
    assert again.authenticity_score == made.repair.authenticity_score


async def test_every_round_is_returned(suite: Suite) -> None:
    """What hid the next fault is mended first; each round says what it mended, what came of it and why it was kept."""
    made = await validated(suite, FENCED)
    first, second = made.repair.rounds
    assert [one.rule_id for one in made.deciding_findings] == ["static/markdown-fence"]
    assert list(first.mended) == [made.deciding_findings[0].fingerprint]
    assert (first.number, first.repairer, first.kept) == (1, "fixes", True)
    assert first.verdict == validation_pb2.VERDICT_INAUTHENTIC
    hidden = [one for stage in first.stage_results for one in stage.findings if one.rule_id == "static/undefined-name"]
    assert [one.fingerprint for one in hidden] == list(second.mended)
    assert (second.number, second.kept, second.verdict) == (2, True, validation_pb2.VERDICT_AUTHENTIC)
    assert "+import os" in second.diff
    assert "```" not in second.diff
    assert "-```python" in made.repair.diff
    assert "+import os" in made.repair.diff
    stored = await suite.validation.GetValidation(validation_pb2.GetValidationRequest(id=made.id), timeout=20)
    assert stored.validation == made


async def test_rounds_can_be_watched(suite: Suite) -> None:
    """Who follows a queued validation hears of each round at its end, as it stands in the validation then."""
    policy = validation_pb2.ValidationPolicy(repair=validation_pb2.RepairPolicy(), fresh=True)
    request = validation_pb2.CreateValidationRequest(candidate=candidate(FENCED), policy=policy)
    made = (await suite.validation.CreateValidation(request, timeout=60)).validation
    following = suite.validation.WatchValidation(validation_pb2.WatchValidationRequest(id=made.id), timeout=120)
    events = [event async for event in following]
    rounds = [event.repair_round for event in events if event.HasField("repair_round")]
    assert [one.number for one in rounds] == [1, 2]
    assert list(events[-1].snapshot.repair.rounds) == rounds


async def test_the_suite_is_told(suite: Suite) -> None:
    """What repair came to is told once, as it stands in the validation, and nothing of what was mended."""
    made = await validated(suite, FENCED, fresh=True)
    wanted = event_pb2.SubscribeRequest(kinds=["repair.*"], resource=made.id)
    call: Any = suite.events.Subscribe(wanted, timeout=20)
    event = (await call.read()).event
    assert (event.kind, event.data["rounds"], event.data["improved"]) == ("repair.completed", 2, True)
    assert event.data["verdict"] == "VERDICT_AUTHENTIC"
    assert event.data["score"] == pytest.approx(made.repair.authenticity_score)
    assert "expanduser" not in str(event)


async def test_rounds_are_bounded(suite: Suite) -> None:
    """With one round the second fault stays."""
    made = await validated(suite, FENCED, rounds=1)
    assert [one.kept for one in made.repair.rounds] == [True]
    assert made.repair.verdict == validation_pb2.VERDICT_INAUTHENTIC
    assert b"import os" not in made.repair.files[0].content


async def test_a_round_that_gains_nothing_is_not_kept(suite: Suite) -> None:
    """A change behind which something as bad comes to light is told, and not offered."""
    made = await validated(suite, "def f(x: str) -> str:\n    return x.rpelace('a', 'b').replce('b', 'c')\n")
    (only,) = made.repair.rounds
    assert (only.kept, only.reason) == (False, "there is a new finding of semantic/unknown-attribute")
    assert only.diff
    assert not made.repair.improved
    assert not made.repair.files


async def test_nothing_to_mend_with(suite: Suite) -> None:
    """Where no finding has a safe fix, repair was tried and has no round."""
    made = await validated(suite, "def load(path):\n    # TODO: implement\n    pass\n")
    assert made.HasField("repair")
    assert (len(made.repair.rounds), made.repair.improved) == (0, False)


async def test_only_what_changes_is_returned(suite: Suite) -> None:
    """Of several files those that were mended come back; context is not touched, whatever is wrong in it."""
    given = candidate("x = math.pi\n", "y = 1\n", "z = sys.path\n")
    given.context_files.add(path="help.py", content=b"w = json.dumps({})\n")
    made = await validated(suite, given)
    assert {file.path: file.content for file in made.repair.files} == {
        "a.py": b"import math\nx = math.pi\n", "c.py": b"import sys\nz = sys.path\n",
    }  # fmt: skip
    assert made.repair.diff.count("+++ ") == 2


async def test_what_does_not_count_is_not_mended(suite: Suite) -> None:
    """The fix of a finding that the policy suppresses is not made."""
    silence = validation_pb2.Suppression(rule="static/undefined-name")
    made = await validated(
        suite, "import json\n\nx = math.pi\nprint(json.dumps({}, indnet=2))\n", suppressions=[silence]
    )
    assert made.repair.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert b"import math" not in made.repair.files[0].content


async def test_changed_lines_stay_those_that_changed(suite: Suite) -> None:
    """Where only changed lines count, they are followed through what repair inserts above them."""
    code = "import json\n\nprint(json.dumps({}, indnet=2))\ny = math.pi\nz = os.sep\n"
    changed = validation_pb2.ChangedLines(path="a.py", ranges=[validation_pb2.LineRange(first=4, last=4)])
    made = await validated(suite, code, changed_lines=[changed])
    assert made.repair.files[0].content == b"import math\n" + code.encode()
    (only,) = made.repair.rounds
    silent = {one.rule_id for stage in only.stage_results for one in stage.findings if one.suppressed}
    assert silent == {"static/undefined-name", "semantic/unknown-argument"}


NEXT = {"one": "two", "two": "three", "three": "four", "four": "five", "five": "six", "awful": "worse"}


def words(text: bytes) -> list[Finding]:
    """Find the words that are numbers below six, each with a fix that writes the next, and one that is worse."""
    found = []
    for number, word in enumerate(text.decode().split("\n"), 1):
        if word in NEXT:
            place = Location("a.py", number, 1, number, len(word) + 1)
            fix = Fix("Count", (TextEdit(place, NEXT[word]),), safe=True)
            found.append(finding(rule_id=f"toy/{word}", location=place, fixes=(fix,), fingerprint=word))
        if word == "worse":
            found.append(finding(Severity.CRITICAL, rule_id="toy/worse", fingerprint=word))
    return found


@dataclass
class Words:
    """Judges by :func:`words`, as the engine would by stages; see :class:`services.validation.judgement.Anew`."""

    seconds_left: float = 60.0
    took: float = 0.01
    broken_by: bytes = b"never"
    given: list[Candidate] = field(default_factory=list)

    async def judge(self, candidate: Candidate, policy: Policy) -> Judgement:
        """Judge a candidate."""
        self.given.append(candidate)
        if self.broken_by in candidate.files[0].content:
            raise PluginFailed("the stages are broken")
        found = words(candidate.files[0].content)
        results = (replace(completed(*found), stage="toy", seconds=self.took),)
        return Judgement(candidate, policy, results, decide(results, policy))


@dataclass
class Upper:
    """Writes all in capitals, where anything was found."""

    name: str = "upper"

    async def change(self, candidate: Candidate, findings: Sequence[Finding]) -> Change | None:
        """See Repairer."""
        return Change({"a.py": candidate.files[0].content.upper(), "tests.py": b""}) if findings else None


async def repaired(
    text: bytes, anew: Words, rounds: int = 5, by: Sequence[Repairer] = (Fixes(),), told: list[Round] | None = None
) -> Repair:
    """Repair a candidate with tests that was judged."""

    async def tell(made: Round) -> None:
        if told is not None:
            told.append(made)

    tests = (TestSuite((SourceFile("tests.py", b"one"),)),)
    given = Candidate((SourceFile("a.py", text),), "python", tests=tests)
    policy = Policy(("toy",), frozenset(), 0.5, False, {}, False, repair=RepairPolicy(0.95, rounds))
    judgement = await anew.judge(given, policy)
    anew.given.clear()
    return await Rounds(by)(judgement, anew, tell)


async def test_rounds_end() -> None:
    """A round is told at its end; one that is not kept is the last, and so is one after which nothing can be mended."""
    told: list[Round] = []
    repair = await repaired(b"four\nmore\n", Words(), told=told)
    assert [(made.number, made.kept, made.mended) for made in repair.rounds] == [(1, False, ("four",))]
    assert told == list(repair.rounds)
    repair = await repaired(b"five\nmore\n", Words(), told=told)
    assert [(made.number, made.kept, made.mended) for made in repair.rounds] == [(1, True, ("five",))]
    assert repair.kept is not None
    assert repair.kept.candidate.files[0].content == b"six\nmore\n"
    assert repair.diff == repair.rounds[0].diff
    assert len(told) == 2


async def test_a_change_for_the_worse() -> None:
    """What repair made worse is told with what was found, and the candidate stays as it was."""
    repair = await repaired(b"awful\n", Words())
    (only,) = repair.rounds
    assert (only.kept, repair.kept, repair.diff) == (False, None, "")
    assert only.judgement is not None
    assert [one.rule_id for one in only.judgement.decision.deciding] == ["toy/worse"]


@pytest.mark.parametrize(
    ("anew", "reason"),
    [
        (Words(seconds_left=1.0, took=3.0), "not judged: the stages took 3.2 s, and 1.0 s are left"),
        (Words(broken_by=b"six"), "not judged: the stages are broken"),
    ],
)
async def test_a_round_that_cannot_be_judged(anew: Words, reason: str) -> None:
    """Where the time is short, or the suite fails, the round says so with its change, and nothing is kept."""
    repair = await repaired(b"five\n", anew)
    (only,) = repair.rounds
    assert (only.kept, only.judgement, only.reason, repair.kept) == (False, None, reason, None)
    assert "+six" in only.diff


async def test_a_further_repairer_takes_its_turn() -> None:
    """Another way of repairing is asked where the first has nothing, and cannot touch the tests."""
    anew = Words()
    repair = await repaired(b"worse\n", anew, by=(Fixes(), Upper()))
    (only,) = repair.rounds
    assert (only.repairer, only.kept, only.mended) == ("upper", True, ())
    assert [one.files[0].content for one in anew.given] == [b"WORSE\n"]
    assert [one.tests[0].files[0].content for one in anew.given] == [b"one"]
