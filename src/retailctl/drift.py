"""The earlier address of ``retailctl.delivery.drift``, for scripts that import it."""

from __future__ import annotations

from retailctl.delivery.drift import DriftReport as Report
from retailctl.delivery.drift import Finding

__all__ = ["Finding", "Report"]
