"""Settings of where long computations run; section `[compute]`."""

from dataclasses import dataclass

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ComputeSettings:
    """Where grouping and encoding run."""

    address: str  #: "local", or the address of a Ray cluster
    processes: int  #: of "local"; 1: the process of the job
    encoders: int  #: embedding models on a Ray cluster; 0: the process of the job encodes
    timeout_seconds: float  #: maximum wait for one result of a Ray cluster
