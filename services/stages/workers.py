"""
Worker processes in which code is read.

A parser holds the interpreter lock for seconds on large source and some crash on deep nesting, so reading never happens
in the server's own process. Workers are spawned (a forked gRPC process is not safe), bounded in memory, recycled, and
killed when a call is cancelled or runs over its time.
"""

import asyncio
import multiprocessing
import resource
import signal
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from assay.errors import AssayError, PluginFailed
from pebble import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

PR_SET_PDEATHSIG = 1


class ProcessWorkers:
    """
    A pool of killable workers.

    Worker processes start when the first work arrives.

    :param count: Processes at one time.
    :param memory_bytes: Address space of each; a worker that wants more gets a MemoryError.
    :param task_seconds: The longest a task may run, in seconds.
    :param tasks_per_worker: Tasks after which a worker is replaced, so that leaks stay bounded.
    """

    def __init__(self, *, count: int, memory_bytes: int, task_seconds: float, tasks_per_worker: int) -> None:
        self._task_seconds = task_seconds
        self._pool = ProcessPool(
            max_workers=count,
            max_tasks=tasks_per_worker,
            initializer=_prepare,
            initargs=[memory_bytes],
            context=multiprocessing.get_context("spawn"),
        )

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Run a module-level function in a worker; see :class:`assay.stage.Workers`.

        :raises PluginFailed: The worker died, ran out of its memory or time, or the function raised.
        """
        name = f"{function.__module__}.{function.__qualname__}"
        future = self._pool.submit(function, self._task_seconds, *args, **kwargs)
        try:
            result: T = await asyncio.wrap_future(future)
        except TimeoutError:
            raise PluginFailed(f"{name} took longer than {self._task_seconds:g} s and was stopped") from None
        except ProcessExpired as error:
            raise PluginFailed(f"the worker running {name} died ({_cause(error)})") from None
        except MemoryError:
            raise PluginFailed(f"{name} needed more memory than a worker may have") from None
        except AssayError:
            raise
        except Exception as error:
            # The text of a foreign exception may quote the code under test: it stays out of the error.
            raise PluginFailed(f"{name} raised {type(error).__name__}") from error
        return result

    def close(self) -> None:
        """End every worker. Work under way is lost."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _cause(error: ProcessExpired) -> str:
    code = error.exitcode
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit status {code}"


def _prepare(memory_bytes: int) -> None:
    """Bound the worker, and let it die with the server however that dies."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Ctrl-C in a terminal reaches the whole process group; the server decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
