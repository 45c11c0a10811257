"""What the stages say of labelled records, asked once and kept in a file."""

import asyncio
import hashlib
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
from assay.client import Suite, connect
from assay.convert import result_from_proto, result_to_proto
from assay.stage import StageResult, StageStatus
from assay.v1 import candidate_pb2, source_pb2, stage_pb2

from benchmarks.corpus import Record
from benchmarks.judged import a_suite

ASKED = ("static", "placeholder", "semantic", "execution")
"""The stages whose word is scored, in an order in which each comes after those that it requires."""

RUNS = "execution"

CALL_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Told:
    """
    What the stages said of one record.

    :param tested: With the tests that came with it; None where none did.
    :param untested: Without them, as if none had come.
    """

    record: Record
    tested: Mapping[str, StageResult] | None
    untested: Mapping[str, StageResult]


class Kept:
    """
    Results of stages by what they depend on, in an SQLite file.

    :param path: Made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path)
        self._database.execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, body BLOB NOT NULL)")

    def get(self, key: str) -> stage_pb2.StageResult | None:
        """Return what was kept, if it was."""
        row = self._database.execute("SELECT body FROM results WHERE key = ?", (key,)).fetchone()
        return None if row is None else stage_pb2.StageResult.FromString(row[0])

    def put(self, key: str, result: stage_pb2.StageResult) -> None:
        """Keep a result."""
        self._database.execute("INSERT OR REPLACE INTO results VALUES (?, ?)", (key, result.SerializeToString()))
        self._database.commit()

    def close(self) -> None:
        """Close the file."""
        self._database.close()


async def collect(wanted: Sequence[Record], kept: Path, *, concurrency: int, gateway: str = "") -> list[Told]:
    """
    Ask the stages about records, or the file where they were asked before.

    A result that FAILED is asked for again the next time: it tells of the machine, not of the record.

    :param kept: The file; what it holds of other versions of the stages is not used.
    :param concurrency: Records under way at one time.
    :param gateway: The address of a running suite; empty: one of our own.
    """
    turns = asyncio.Semaphore(concurrency)
    done = 0
    with closing(Kept(kept)) as cache:
        async with _suite(gateway) as suite:
            asker = _Asker(suite, cache, await _versions(suite))

            async def one(record: Record) -> Told:
                nonlocal done
                async with turns:
                    told = await asker.told(record)
                done += 1
                if done % 100 == 0 or done == len(wanted):
                    sys.stderr.write(f"{done}/{len(wanted)}\n")
                return told

            return list(await asyncio.gather(*map(one, wanted)))


@asynccontextmanager
async def _suite(gateway: str) -> AsyncIterator[Suite]:
    async with connect(gateway) if gateway else a_suite(sandbox=True) as suite:
        yield suite


async def _versions(suite: Suite) -> dict[str, stage_pb2.StageInfo]:
    """Return the stages with their versions, which tell of the sandbox's images from the first run on."""
    nothing = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="main.py", content=b"1\n")], language="python")
    with suppress(grpc.aio.AioRpcError):
        await _run(suite, stage_pb2.RunStageRequest(stage=RUNS, candidate=nothing, result_only=True))
    answer = await suite.stages.ListStages(stage_pb2.ListStagesRequest(), timeout=CALL_SECONDS)
    return {info.name: info for info in answer.stages}


async def _run(suite: Suite, request: stage_pb2.RunStageRequest) -> stage_pb2.StageResult:
    events = [event async for event in suite.stages.RunStage(request, timeout=CALL_SECONDS)]
    return events[-1].result


class _Asker:
    """Asks stages one by one, each with the results of those that it requires."""

    def __init__(self, suite: Suite, cache: Kept, infos: Mapping[str, stage_pb2.StageInfo]) -> None:
        self._suite = suite
        self._cache = cache
        self._infos = infos

    async def told(self, record: Record) -> Told:
        """Return what the stages say of one record, with and without its tests."""
        bare = candidate_pb2.Candidate()
        bare.CopyFrom(record.candidate)
        del bare.tests[:]
        untested: dict[str, stage_pb2.StageResult] = {}
        for name in ASKED:
            untested[name] = await self._result(name, bare, untested)
        if not record.candidate.tests:
            return Told(record, None, _read(untested))
        # Tests change nothing in what is read.
        tested = {name: result for name, result in untested.items() if name != RUNS}
        tested[RUNS] = await self._result(RUNS, record.candidate, tested)
        return Told(record, _read(tested), _read(untested))

    async def _result(
        self, name: str, candidate: candidate_pb2.Candidate, before: Mapping[str, stage_pb2.StageResult]
    ) -> stage_pb2.StageResult:
        info = self._infos[name]
        prior = [before[needed] for needed in info.requires if needed in before]
        key = _key(info, candidate, [(result.stage, result.version) for result in prior])
        found = self._cache.get(key)
        if found is not None and found.status != stage_pb2.STAGE_STATUS_FAILED:
            return found
        request = stage_pb2.RunStageRequest(stage=name, candidate=candidate, prior_results=prior, result_only=True)
        try:
            result = await _run(self._suite, request)
        except grpc.aio.AioRpcError as error:
            reason = error.details() or error.code().name
            result = result_to_proto(StageResult(StageStatus.FAILED, stage=name, version=info.version, reason=reason))
        self._cache.put(key, result)
        return result


def _key(info: stage_pb2.StageInfo, candidate: candidate_pb2.Candidate, prior: Sequence[tuple[str, str]]) -> str:
    said = repr((info.name, info.version, prior)).encode()
    return hashlib.sha256(said + candidate.SerializeToString(deterministic=True)).hexdigest()


def _read(results: Mapping[str, stage_pb2.StageResult]) -> dict[str, StageResult]:
    return {name: result_from_proto(result) for name, result in results.items()}
