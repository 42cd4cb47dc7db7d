"""What the project is called, for tests that look at names in AWS."""

from __future__ import annotations

from retailctl import project

PROJECT = project.find_project().name
NAMESPACE = PROJECT.replace("-", " ").title().replace(" ", "")
"""Of the functions' metrics."""
