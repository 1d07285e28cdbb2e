"""Jobs done in processes of this computer, where one that dies costs one job and not the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_IDLE_SECONDS = 60
_POOL: dict[int, Any] = {}
"""The pool that is open, by its number of processes: reading headers and measuring share it."""


def in_processes(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, *, died: Callable[[Job], Result]
) -> Iterator[tuple[int, Result]]:
    """Number of each job and its result, as they are done.

    Only as many jobs are under way as there are processes, so each holds one. If a process dies (the system ends the
    largest one when memory runs out), nobody can say which job it was on; so each that was under way is done again,
    alone. One whose process dies then too gets the result of ``died``.
    """
    waiting = list(reversed(range(len(jobs))))
    count = min(workers, len(jobs))
    under_way: dict[Future[Result], int] = {}
    try:
        while waiting or under_way:
            try:
                while waiting and len(under_way) < count:
                    future = _pool(count).submit(function, jobs[waiting[-1]])
                    under_way[future] = waiting.pop()
                for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                    result = done.result()
                    yield under_way.pop(done), result
            except BrokenProcessPool:
                _close()
                suspects = sorted(under_way.values())
                under_way.clear()
                for number in suspects:
                    yield number, _alone(function, jobs[number], died)
    except BaseException:
        _close()
        raise


def _alone(function: Callable[[Job], Result], job: Job, died: Callable[[Job], Result]) -> Result:
    try:
        return _pool(1).submit(function, job).result()
    except BrokenProcessPool:
        _close()
        return died(job)


def _pool(count: int) -> Any:
    """Joblib's kind of processes, but not joblib's own pool: when a process of that dies, all of its jobs are lost."""
    from joblib.externals.loky import ProcessPoolExecutor

    if count not in _POOL:
        _close()
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        _POOL[count] = ProcessPoolExecutor(max_workers=count, timeout=_IDLE_SECONDS, env=one_thread)
    return _POOL[count]


def _close() -> None:
    for pool in _POOL.values():
        pool.shutdown(wait=True, kill_workers=True)
    _POOL.clear()
