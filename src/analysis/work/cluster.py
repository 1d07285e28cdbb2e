"""Jobs done by the workers of a Dask scheduler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from analysis.errors import ParameterError

Job = TypeVar("Job")
Result = TypeVar("Result")

PATIENCE = 10.0
"""Seconds to wait for the scheduler, and for a worker when there is none."""
VARIABLE = "DASK_SCHEDULER_ADDRESS"
_START = (
    "start it with `dask scheduler` and `dask worker ADDRESS`, or unset the variable to work on this computer"
)


def on_cluster(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    address: str,
    *,
    version: Callable[[], str],
    lost: Callable[[Job, str], Result],
    died: str,
) -> Iterator[tuple[int, Result]]:
    """Number of each job and its result, as they are done.

    As many jobs are under way as there are workers; a worker that dies is replaced by the others, and a job that
    ends several of them gets the result of ``lost`` with the reason ``died``.

    Raises
    ------
    ParameterError
        If Dask is not installed, the scheduler cannot be reached, there are no workers, or they run other code.
    """
    client = _client(address)
    try:
        _same_code(client, address, version)
        yield from _results(client, function, jobs, address, lost, died)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as problem:
        raise ParameterError(
            f"{VARIABLE} is set, but Dask is not installed", where=VARIABLE, expected="the packages dask and distributed",
            do="install the dependency group `cluster`, or unset the variable",
        ) from problem  # fmt: skip
    try:
        return Client(address, timeout=PATIENCE, name="analysis")
    except (OSError, TimeoutError, ValueError) as problem:
        raise ParameterError(
            f"the Dask scheduler at {address} cannot be reached", where=VARIABLE,
            expected="the address of a running scheduler, as tcp://host:8786", do=_START,
        ) from problem  # fmt: skip


def _same_code(client: Any, address: str, version: Callable[[], str]) -> None:
    """Results of other code would pass for this code's."""
    from distributed import TimeoutError as NoAnswer

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except (NoAnswer, TimeoutError) as problem:
        raise ParameterError(
            f"the Dask scheduler at {address} has no workers", where=VARIABLE, expected="at least one worker", do=_START
        ) from problem  # fmt: skip
    versions = client.run(version, on_error="return")
    other = sorted(name for name, found in versions.items() if found != version())
    if other:
        why = next(
            (str(v)[:120] for v in versions.values() if isinstance(v, BaseException)), "another version"
        )
        raise ParameterError(
            f"{len(other)} of {len(versions)} Dask workers do not run this code ({why})", where=VARIABLE,
            expected="the same version of the package on every worker", do="update them and start them again",
            offenders=other,
        )  # fmt: skip


def _results(
    client: Any,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    address: str,
    lost: Callable[[Job, str], Result],
    died: str,
) -> Iterator[tuple[int, Result]]:
    waiting = list(reversed(range(len(jobs))))
    under_way: dict[Any, int] = {}
    while waiting or under_way:
        # No more than one job a worker: when one dies, no job that waited in its queue is suspected of it.
        while waiting and len(under_way) < max(1, _workers(client)):
            number = waiting.pop()
            under_way[client.submit(function, jobs[number], pure=False)] = number
        for future in _done(under_way, client, address):
            number = under_way.pop(future)
            result, reason = _result_of(future, address, died)
            yield number, result if reason is None else lost(jobs[number], reason)
            future.release()


def _workers(client: Any) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _done(under_way: Mapping[Any, int], client: Any, address: str) -> list[Any]:
    """The jobs that are done, in the order in which they were sent; an error if all workers are gone for good."""
    from distributed import TimeoutError as NoAnswer
    from distributed import wait

    alone_since: float | None = None
    while True:
        try:
            done = wait(list(under_way), timeout=PATIENCE / 5, return_when="FIRST_COMPLETED").done
            return [future for future in under_way if future in done]
        except (NoAnswer, TimeoutError):
            now = time.monotonic()
            if _workers(client):
                alone_since = None
            elif alone_since is None:
                alone_since = now
            elif now - alone_since > PATIENCE:
                raise _lost("all workers of the Dask scheduler are gone", address) from None
        except (CancelledError, OSError) as problem:
            raise _lost("the Dask scheduler is gone", address) from problem


def _result_of(future: Any, address: str, died: str) -> tuple[Any, str | None]:
    """Result of a job, or the reason why it has none."""
    from distributed import KilledWorker

    try:
        return future.result(), None
    except KilledWorker:
        return None, died
    except (CancelledError, OSError) as problem:
        raise _lost("the Dask scheduler is gone", address) from problem
    except Exception as problem:  # the job could not be sent, or its result not be read
        return (
            None,
            f"the job could not be sent, or its result not be read: {type(problem).__name__}: {problem}"[
                :300
            ],
        )


def _lost(what: str, address: str) -> ParameterError:
    return ParameterError(
        f"{what}; what was done until now is kept", where=f"{VARIABLE}={address}",
        expected="a scheduler with workers until the last job is done", do="start them again and repeat: it goes on where it was",
    )  # fmt: skip
