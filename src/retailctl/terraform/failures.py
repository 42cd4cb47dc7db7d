"""Terraform's errors, with an explanation and the remedy where we know one."""

from __future__ import annotations

import re
from typing import Any

from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, format_make, format_retailctl

Event = dict[str, Any]
"""One line of Terraform's `-json` output."""


class TerraformError(UserError):
    """Terraform failed; the message has our explanation and its output."""


def format_diagnostic(event: Event) -> str:
    """Return a diagnostic event as Terraform prints it for people."""
    details = event["diagnostic"]
    lines = [f"Error: {details['summary']}"]
    if details.get("address"):
        lines.append(f"  with {details['address']}")
    if details.get("range"):
        lines.append(f"  on {details['range']['filename']} line {details['range']['start']['line']}")
    if details.get("detail"):
        lines.append(details["detail"].rstrip())
    return "\n".join(lines)


def build_error(
    what: str,
    output: str,
    environment: str = "",
    cloud: str = DEFAULT_CLOUD,
    data: str = "TF_DATA_DIR",
) -> TerraformError:
    """Return a failed run's error: our explanation, then Terraform's output.

    ``environment``, ``cloud`` and ``data``, the folder of Terraform's data, are what the explanation names.
    """
    sentence = explain_failure(output, environment, cloud, data)
    words = output.strip() or "Terraform printed nothing."
    return TerraformError(
        f"{what} failed. {sentence}\n\n{words}" if sentence else f"{what} failed.\n\n{words}"
    )


def _explain_lock(output: str, environment: str, cloud: str) -> str:
    lock = {
        key: value.strip()
        for key, value in re.findall(r"^\W*(ID|Operation|Who|Created):(.*)$", output, re.MULTILINE)
    }
    who = lock.get("Who") or "somebody"
    since = lock.get("Created") or "an unknown time"
    operation = lock.get("Operation") or "operation"
    unlock = f"unlock {lock.get('ID', '<lock id>')}"
    return (
        f"The state is locked: {who} has held it since {since} ({operation}). Wait for that run to end. "
        f"Only if it has died, release the lock with `{format_retailctl(unlock, environment, cloud)}`."
    )


_EXPLANATIONS: tuple[tuple[str, str], ...] = (
    (
        r"Instance cannot be destroyed(?s:.*)terraform_data|terraform_data(?s:.*)Instance cannot be destroyed",
        (
            "The state and the values belong to different environments. "
            "Check that environments/{environment}/backend.hcl names the state of {environment}. "
            "To remove {environment}, use `{destroy}`."
        ),
    ),
    (
        r"Saved plan is stale",
        (
            "The plan is stale: the state has changed since the plan was made. Nothing was changed. "
            "Run the command again; save a new plan with `{plan}` and OUT=<file>."
        ),
    ),
    (
        r"S3 bucket .* does not exist|NoSuchBucket",
        ("The bucket for the state does not exist. Create it with `{bootstrap}`, once per account."),
    ),
    (
        r"Backend configuration changed",
        (
            "backend.hcl has changed since the last run in this clone. Move the state by hand, "
            "or remove {data} to use the state in the new backend."
        ),
    ),
    (
        r"No valid credential sources|failed to refresh cached credentials|ExpiredToken|InvalidClientTokenId",
        (
            "There are no valid AWS credentials for {environment}: log in (`aws sso login`), "
            "or export AWS_PROFILE or keys."
        ),
    ),
    (
        r"(127\.0\.0\.1|localhost):\d+\S*: (connect: )?connection refused",
        ("The local cloud no longer answers: start it again with `{up}`."),
    ),
    (
        r"[Cc]ould not (retrieve|query).*(provider|registry)|Failed to query available provider packages",
        (
            "Terraform cannot download the AWS provider: connect to registry.terraform.io, "
            "or set TF_CLI_CONFIG_FILE to a configuration with a mirror."
        ),
    ),
)
"""Pattern in Terraform's output, and its explanation.

``{environment}`` and ``{data}`` stand for what was meant, and another word for the make target in that place.
"""


def explain_failure(
    output: str,
    environment: str = "",
    cloud: str = DEFAULT_CLOUD,
    data: str = "TF_DATA_DIR",
) -> str | None:
    """Return the explanation of a known failure of Terraform, or None."""
    if "Error acquiring the state lock" in output:
        return _explain_lock(output, environment, cloud)
    names = {"environment": environment or "<ENV>", "data": data}
    for pattern, sentence in _EXPLANATIONS:
        if re.search(pattern, output):
            return re.sub(
                r"\{(\w+)\}",
                lambda word: names[word[1]] if word[1] in names else format_make(word[1], environment, cloud),
                sentence,
            )
    return None
