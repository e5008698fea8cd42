"""The same program on a cluster: a job file for each of two managers of machines."""

from importlib import resources

FILES = {"Slurm": "train.slurm", "Kubernetes": "train.yaml"}


def job(manager: str) -> str:
    """Return the text of a job file, which starts ``lessons.train`` on two machines.

    Parameters
    ----------
    manager : {"Slurm", "Kubernetes"}

    Raises
    ------
    ValueError
        For another manager.

    Examples
    --------
    >>> job("Slurm").splitlines()[0]
    '#!/bin/bash'
    """
    if manager not in FILES:
        raise ValueError(f"no job file for {manager!r}: choose from {list(FILES)}")
    return resources.files("lessons.parallel").joinpath(FILES[manager]).read_text("utf-8")
