"""Scans measured by the workers of a Dask scheduler."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from typing import Any

from analysis.errors import ParameterError
from analysis.pet.measures.one_scan import as_text, failed
from analysis.pet.measures.scan import ScanTask
from analysis.pet.versions import code_version

DIED = "the workers that measured this scan died: most likely there is too little memory for it"
PATIENCE = 10.0
"""Seconds to wait for the scheduler, and for a worker when there is none."""
_VARIABLE = "DASK_SCHEDULER_ADDRESS"
_START = "start it with `dask scheduler` and `dask worker ADDRESS`, or unset the variable to measure on this computer"


def measured_on_cluster(tasks: Sequence[ScanTask], address: str) -> Iterator[tuple[int, str]]:
    """Number of each task and its result as text, as they are done.

    As many scans are under way as there are workers; a worker that dies is replaced by the others, and a scan that
    ends several of them is reported.

    Raises
    ------
    ParameterError
        If Dask is not installed, the scheduler cannot be reached, there are no workers, or they run other code.
    """
    client = _client(address)
    try:
        _same_code(client, address)
        yield from _results(client, tasks, address)
    finally:
        client.close()


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as problem:
        raise ParameterError(
            f"{_VARIABLE} is set, but Dask is not installed", where=_VARIABLE, expected="the packages dask and distributed",
            do="install the dependency group `cluster`, or unset the variable",
        ) from problem  # fmt: skip
    try:
        return Client(address, timeout=PATIENCE, name="analysis")
    except (OSError, TimeoutError, ValueError) as problem:
        raise ParameterError(
            f"the Dask scheduler at {address} cannot be reached", where=_VARIABLE,
            expected="the address of a running scheduler, as tcp://host:8786", do=_START,
        ) from problem  # fmt: skip


def _same_code(client: Any, address: str) -> None:
    """Results of other code would be stored under this code's name."""
    from distributed import TimeoutError as NoAnswer

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except (NoAnswer, TimeoutError) as problem:
        raise ParameterError(
            f"the Dask scheduler at {address} has no workers", where=_VARIABLE, expected="at least one worker", do=_START
        ) from problem  # fmt: skip
    versions = client.run(code_version, on_error="return")
    other = sorted(name for name, version in versions.items() if version != code_version())
    if other:
        why = next(
            (str(v)[:120] for v in versions.values() if isinstance(v, BaseException)), "another version"
        )
        raise ParameterError(
            f"{len(other)} of {len(versions)} Dask workers do not run this code ({why})", where=_VARIABLE,
            expected="the same version of the package on every worker", do="update them and start them again",
            offenders=other,
        )  # fmt: skip


def _results(client: Any, tasks: Sequence[ScanTask], address: str) -> Iterator[tuple[int, str]]:
    waiting = list(reversed(range(len(tasks))))
    under_way: dict[Any, int] = {}
    while waiting or under_way:
        # No more than one scan a worker: when one dies, no scan that waited in its queue is suspected of it.
        while waiting and len(under_way) < max(1, _workers(client)):
            number = waiting.pop()
            under_way[client.submit(as_text, tasks[number], pure=False)] = number
        for future in _done(under_way, client, address):
            yield under_way.pop(future), _text_of(future, address)
            future.release()


def _workers(client: Any) -> int:
    return len(client.scheduler_info(n_workers=-1)["workers"])


def _done(under_way: Mapping[Any, int], client: Any, address: str) -> list[Any]:
    """The scans that are done, in the order in which they were sent; an error if all workers are gone for good."""
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


def _text_of(future: Any, address: str) -> str:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return failed(DIED, passing=True)
    except (CancelledError, OSError) as problem:
        raise _lost("the Dask scheduler is gone", address) from problem
    except Exception as problem:  # the task could not be sent, or its result not be read
        return failed(f"measuring failed: {type(problem).__name__}: {problem}"[:300], passing=True)


def _lost(what: str, address: str) -> ParameterError:
    return ParameterError(
        f"{what}; what was measured until now is kept", where=f"{_VARIABLE}={address}",
        expected="a scheduler with workers until the last scan is done", do="start them again and repeat: it goes on where it was",
    )  # fmt: skip
