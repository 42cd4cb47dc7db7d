"""The root outputs of an environment in a local cloud."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from retailctl.cloud import Cloud

_EXECUTE_API = re.compile(r"https?://(?P<api>[a-z0-9]+)\.execute-api\.[^/]+(?P<path>/.*)?")


def reachable(api_url: str, cloud: Cloud) -> str:
    """Return the address at which an API of ``cloud`` answers from any program on this machine.

    The root's ``api_url`` is a name below ``execute-api.…``, which resolves in some programs only; the
    emulator answers at ``/_aws/execute-api/<api id>/<stage>`` too.
    """
    match = _EXECUTE_API.fullmatch(api_url)
    if match is None:
        return api_url
    stage, _, rest = (match["path"] or "").strip("/").partition("/")
    path = f"/{rest}" if rest else ""
    return f"{cloud.endpoint}/_aws/execute-api/{match['api']}/{quote(stage or '$default')}{path}"


def read(cloud: Cloud, environment: str) -> dict[str, Any]:
    """Return the root outputs of ``environment``, with an ``api_url`` that works on this machine."""
    raise NotImplementedError
