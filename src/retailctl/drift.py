"""The earlier address of ``retailctl.delivery.drift``, for scripts that import it to write a report."""

from __future__ import annotations

from retailctl.delivery.drift import DriftReport as Report
from retailctl.delivery.drift import Finding

__all__ = ["Finding", "Report"]
