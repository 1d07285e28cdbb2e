"""Jobs that do not depend on each other, in processes of this computer or on a Dask cluster."""

from analysis.work.jobs import in_any_order

__all__ = ["in_any_order"]
