"""One way to do many jobs: here, in processes of this computer, or on the cluster that the environment names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from analysis.work.cluster import VARIABLE, on_cluster
from analysis.work.processes import in_processes

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_any_order(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int,
    version: Callable[[], str],
    lost: Callable[[Job, str], Result],
    doing: str,
) -> Iterator[tuple[int, Result]]:
    """Number of each job and its result, as they are done.

    A result depends on its job alone, so it is the same wherever the job is done: on the workers of a Dask scheduler
    where ``DASK_SCHEDULER_ADDRESS`` names one, else in ``workers`` processes of this computer, else right here.

    Parameters
    ----------
    function : callable
        Function of a module, so that it can be sent; it takes one job.
    jobs : sequence
        What is to be done; each must be picklable.
    workers : int
        Processes of this computer; 1: none, the jobs are done here.
    version : callable
        Which code this is; the workers of a cluster must have the same.
    lost : callable
        Makes the result of a job that could not be done out of the job and the reason.
    doing : str
        Words after "the process that", for the reason: ``measured this scan``.

    Raises
    ------
    ParameterError
        If the Dask scheduler cannot be reached, has no workers, or they run other code.
    """
    address = os.environ.get(VARIABLE, "").strip()
    memory = "most likely there is too little memory for it"
    if address and jobs:
        died = f"the workers that {doing} died: {memory}"
        yield from on_cluster(function, jobs, address, version=version, lost=lost, died=died)
    elif workers == 1 or len(jobs) < 2:
        yield from ((number, function(job)) for number, job in enumerate(jobs))
    else:
        alone = f"the process that {doing} died, alone as well: {memory}"
        yield from in_processes(function, jobs, workers, died=lambda job: lost(job, alone))
