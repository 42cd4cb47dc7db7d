"""What Terraform says when it fails, with the remedy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, Any]
"""One line of Terraform's `-json` output."""


class TerraformError(UserError):
    """Terraform failed; the message carries its own words, and before them our sentence where we have one."""


def diagnostic(event: Event) -> str:
    """Return an error event as Terraform prints it for people."""
    diagnostic = event["diagnostic"]
    lines = [f"Error: {diagnostic['summary']}"]
    if diagnostic.get("address"):
        lines.append(f"  with {diagnostic['address']}")
    if diagnostic.get("range"):
        lines.append(f"  on {diagnostic['range']['filename']} line {diagnostic['range']['start']['line']}")
    if diagnostic.get("detail"):
        lines.append(diagnostic["detail"].rstrip())
    return "\n".join(lines)


def build_error(what: str, output: str) -> TerraformError:
    """Return the error of a failed run: our sentence for what we know, then all that Terraform says."""
    sentence = explain_failure(output)
    words = output.strip() or "Terraform said nothing."
    return TerraformError(
        f"{what} failed. {sentence}\n\n{words}" if sentence else f"{what} failed.\n\n{words}"
    )


def _lock_holder(output: str) -> str:
    found = {
        key: value.strip()
        for key, value in re.findall(r"^\W*(ID|Operation|Who|Created):(.*)$", output, re.MULTILINE)
    }
    who = found.get("Who") or "somebody"
    since = found.get("Created") or "a time unknown"
    doing = found.get("Operation") or "operation"
    return (
        f"The state is locked: {who} has held it since {since} ({doing}). Wait for them; only if that run is dead, "
        f"release it with `terraform force-unlock {found.get('ID', '<lock id>')}`."
    )


_EXPLANATIONS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"Error acquiring the state lock", _lock_holder),
    (
        r"Instance cannot be destroyed(?s:.*)terraform_data|terraform_data(?s:.*)Instance cannot be destroyed",
        lambda _: (
            "The state belongs to another environment than the values: it is pinned to its own. "
            "Check that environments/<ENV>/backend.hcl names the state of that very ENV; "
            "to remove an environment, use `make destroy ENV=<name>`."
        ),
    ),
    (
        r"Saved plan is stale",
        lambda _: (
            "The plan is stale: the state has changed since it was made. Nothing was changed; plan anew."
        ),
    ),
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        lambda _: (
            "The bucket for the state is missing: make it with `make bootstrap ENV=<name>`, once per account."
        ),
    ),
    (
        r"Backend configuration changed",
        lambda _: (
            "backend.hcl has changed since the last run here: move the state by hand, "
            "or remove the environment's folder below .retail/ to start from what the new backend holds."
        ),
    ),
    (
        r"No valid credential sources|failed to refresh cached credentials|ExpiredToken|InvalidClientTokenId",
        lambda _: (
            "AWS takes no credentials from here: log in (`aws sso login`, or export AWS_PROFILE or keys)."
        ),
    ),
    (
        r"(127\.0\.0\.1|localhost):\d+\S*: (connect: )?connection refused",
        lambda _: "The local cloud does not answer any more: start it anew with `make up`.",
    ),
    (
        r"[Cc]ould not (retrieve|query).*(provider|registry)|Failed to query available provider packages",
        lambda _: (
            "The AWS provider can be fetched from nowhere: connect to registry.terraform.io, "
            "or set TF_CLI_CONFIG_FILE to a configuration with a mirror."
        ),
    ),
)


def explain_failure(output: str) -> str | None:
    """Return the sentence that a known failure of Terraform lacks, or None for the others."""
    for pattern, sentence in _EXPLANATIONS:
        if re.search(pattern, output):
            return sentence(output)
    return None
