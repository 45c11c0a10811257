"""
Worker processes in which code is read.

A parser holds the interpreter lock for seconds on large source and some crash on deep nesting, so reading never happens
in the server's own process. Workers are spawned (a forked gRPC process is not safe), bounded in memory, recycled, and
killed when a call is cancelled or runs over its time.
"""

import asyncio
import os
import pickle
import resource
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, ParamSpec, TypeVar

from assay.errors import AssayError, PluginFailed, ShuttingDown
from assay.stage import Workers
from pebble import ProcessExpired, ProcessPool

from services.stages.priority import stand_back

P = ParamSpec("P")
T = TypeVar("T")

PR_SET_PDEATHSIG = 1


class ProcessWorkers:
    """
    A pool of killable workers.

    Worker processes start with :meth:`start`, or when the first work arrives.

    :param count: Processes at one time.
    :param memory_bytes: Address space of each; a worker that wants more gets a MemoryError.
    :param task_seconds: The longest a task may run, in seconds.
    :param tasks_per_worker: Tasks after which a worker is replaced, so that leaks stay bounded.
    """

    def __init__(self, *, count: int, memory_bytes: int, task_seconds: float, tasks_per_worker: int) -> None:
        self._count = count
        self._memory_bytes = memory_bytes
        self._task_seconds = task_seconds
        self._tasks_per_worker = tasks_per_worker
        self._under_way: set[Future[bytes]] = set()
        self._closed = False
        self._pool, self._spawn = self._new_pool()

    def _new_pool(self) -> "tuple[ProcessPool, _RecordingSpawn]":
        spawn = _RecordingSpawn()
        pool = ProcessPool(
            max_workers=self._count,
            max_tasks=self._tasks_per_worker,
            initializer=_prepare,
            initargs=[self._memory_bytes, os.getpid()],
            context=spawn,
        )
        return pool, spawn

    def start(self) -> None:
        """Start the processes without waiting for them, so that the first work finds them there."""
        # Pebble starts a pool's processes when it is first asked whether it is active.
        _ = self._pool.active

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Run a module-level function in a worker; see :class:`assay.stage.Workers`.

        :raises PluginFailed: The worker died, ran out of its memory or time, or the function raised.
        :raises ShuttingDown: The workers were closed.
        """
        return await self._run(self._task_seconds, function, args, kwargs)

    def within(self, seconds: float) -> Workers:
        """Return these workers with another bound on each task; see :class:`assay.stage.Workers`."""
        return _Hurried(self, min(seconds, self._task_seconds))

    async def _run(
        self, seconds: float, function: Callable[..., T], args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> T:
        name = f"{function.__module__}.{function.__qualname__}"
        # The pool's own threads take the interpreter's lock for a while: what others begin in this turn goes first.
        await asyncio.sleep(0)
        future = self._submit(seconds, function, args, kwargs)
        self._under_way.add(future)
        try:
            content: bytes = await asyncio.wrap_future(future)
            result: T = pickle.loads(content)  # noqa: S301  # our own worker wrote it
        except asyncio.CancelledError:
            if self._closed and not _being_cancelled():
                raise ShuttingDown("the workers are closed") from None
            raise
        except TimeoutError:
            raise PluginFailed(f"{name} took longer than {seconds:g} s and was stopped") from None
        except ProcessExpired as error:
            raise PluginFailed(f"the worker running {name} died ({_cause(error)})") from None
        except BrokenProcessPool:
            raise PluginFailed(f"the workers broke while {name} was waiting or running") from None
        except MemoryError:
            raise PluginFailed(f"{name} needed more memory than a worker may have") from None
        except AssayError:
            raise
        except Exception as error:
            # The text of a foreign exception may quote the code under test: it stays out of the error.
            raise PluginFailed(f"{name} raised {_kind(error)}") from error
        finally:
            self._under_way.discard(future)
        return result

    def _submit(
        self, seconds: float, function: Callable[..., T], args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> "Future[bytes]":
        if self._closed:
            raise ShuttingDown("the workers are closed")
        try:
            return self._pool.schedule(_called, (function, args, dict(kwargs)), timeout=seconds)
        except RuntimeError:
            # A pool in which an idle worker died refuses all further work: the next one takes its place.
            _end(self._pool, self._spawn)
            self._pool, self._spawn = self._new_pool()
            return self._pool.schedule(_called, (function, args, dict(kwargs)), timeout=seconds)

    def close(self) -> None:
        """End every worker. Work under way is lost, and whoever waits for it told so."""
        self._closed = True
        for future in tuple(self._under_way):
            future.cancel()
        _end(self._pool, self._spawn)


@dataclass(frozen=True, slots=True)
class _Hurried:
    """Workers with a bound of their own on each task."""

    workers: ProcessWorkers
    seconds: float

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See :class:`assay.stage.Workers`."""
        return await self.workers._run(self.seconds, function, args, kwargs)

    def within(self, seconds: float) -> Workers:
        """See :class:`assay.stage.Workers`."""
        return _Hurried(self.workers, min(seconds, self.seconds))


class _RecordingSpawn(SpawnContext):
    """The spawn context, which remembers the processes that it made."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*args, **kwargs)
        self.started = [other for other in self.started if other.is_alive()] + [process]
        return process


def _end(pool: ProcessPool, spawn: _RecordingSpawn) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    # Killed before the pool closes their pipes: a worker that is still starting would print a traceback about that.
    for process in spawn.started:
        if process.is_alive():
            process.kill()
    pool.join()


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _cause(error: ProcessExpired) -> str:
    code = error.exitcode
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"


class _Raised(Exception):
    """Stands for an exception that may not survive the way between two processes: its type's name alone."""


def _kind(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, _Raised) else type(error).__name__


def _called(function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]) -> bytes:
    """Call a function in a worker; what comes out can always be read, since the pool breaks on what cannot."""
    try:
        return pickle.dumps(function(*args, **kwargs))
    except (AssayError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # raised again as its type's name
        raise _Raised(type(error).__name__) from None


def _prepare(memory_bytes: int, parent: int) -> None:
    """Bound the worker, and let it die with the server however that dies."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The server died before the line above, and no signal will come.
        os._exit(1)
    # Ctrl-C in a terminal reaches the whole process group; the server decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stand_back(0)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
