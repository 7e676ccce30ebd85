"""Settings of the section `[compute]`: where long computations run."""

from dataclasses import dataclass

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ComputeSettings:
    """Where grouping and encoding run."""

    address: str  #: "local", or the address of a Ray cluster
    processes: int  #: if `address` is "local"; 1: only the process of the job
    encoders: int  #: processes of the cluster that encode; 0: the process of the job encodes
    timeout_seconds: float  #: maximum wait for one result of a Ray cluster
