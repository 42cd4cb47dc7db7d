"""The root that is an environment, as it would be: made by `terraform test` without AWS.

Every resource is overridden, so nothing is made; the data sources are the provider's own, so that policies are
true JSON. An overridden resource's ARN ends in its module's name, a nested module's in all its modules':
`arn:aws:dynamodb:us-east-1:111122223333:table/scores`, `arn:aws:s3:::site-files`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retailctl import project
from retailctl.terraform import installation
from support import shared_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = project.find_project().environments
ACCOUNT = "111122223333"
_ARNS = {
    "aws_apigatewayv2_api": {
        "id": "{name}",
        "execution_arn": "arn:aws:execute-api:us-east-1:{account}:{name}",
        "api_endpoint": "https://{name}.execute-api.us-east-1.amazonaws.com",
    },
    "aws_cloudfront_distribution": {
        "id": "{name}",
        "arn": "arn:aws:cloudfront::{account}:distribution/{name}",
        "domain_name": "{name}.cloudfront.net",
    },
    "aws_cloudwatch_event_rule": {"arn": "arn:aws:events:us-east-1:{account}:rule/{name}"},
    "aws_cloudwatch_log_group": {"arn": "arn:aws:logs:us-east-1:{account}:log-group:{name}"},
    "aws_cloudwatch_metric_alarm": {"arn": "arn:aws:cloudwatch:us-east-1:{account}:alarm:{name}"},
    "aws_cognito_user_pool": {
        "id": "us-east-1_{name}",
        "arn": "arn:aws:cognito-idp:us-east-1:{account}:userpool/us-east-1_{name}",
        "endpoint": "cognito-idp.us-east-1.amazonaws.com/us-east-1_{name}",
    },
    "aws_cognito_user_pool_client": {"id": "client-of-{name}"},
    "aws_dynamodb_table": {"arn": "arn:aws:dynamodb:us-east-1:{account}:table/{name}"},
    "aws_iam_openid_connect_provider": {
        "arn": "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com"
    },
    "aws_iam_policy": {"arn": "arn:aws:iam::{account}:policy/{name}"},
    "aws_iam_role": {"arn": "arn:aws:iam::{account}:role/{name}"},
    "aws_kinesis_stream": {"arn": "arn:aws:kinesis:us-east-1:{account}:stream/{name}"},
    "aws_kinesis_stream_consumer": {
        "arn": "arn:aws:kinesis:us-east-1:{account}:stream/stream/consumer/{name}:1700000000"
    },
    "aws_kms_key": {"arn": "arn:aws:kms:us-east-1:{account}:key/{name}"},
    "aws_lambda_alias": {
        "arn": "arn:aws:lambda:us-east-1:{account}:function:{name}:live",
        "invoke_arn": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:{account}:function:{name}:live/invocations",
    },
    "aws_lambda_function": {"arn": "arn:aws:lambda:us-east-1:{account}:function:{name}"},
    "aws_s3_bucket": {
        "arn": "arn:aws:s3:::{name}",
        "bucket_regional_domain_name": "{name}.s3.us-east-1.amazonaws.com",
    },
    "aws_sfn_alias": {"arn": "arn:aws:states:us-east-1:{account}:stateMachine:{name}:live"},
    "aws_sfn_state_machine": {
        "arn": "arn:aws:states:us-east-1:{account}:stateMachine:{name}",
        "state_machine_version_arn": "arn:aws:states:us-east-1:{account}:stateMachine:{name}:1",
    },
    "aws_sqs_queue": {"arn": "arn:aws:sqs:us-east-1:{account}:{name}"},
    "aws_sns_topic": {"arn": "arn:aws:sns:us-east-1:{account}:{name}"},
}
_KEY = re.compile(r'\[(?:"1"|0)\]')
_MODULE_KEY = re.compile(r'(module\.\w+)\[(?:"1"|0)\]')
PROVIDER = """
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}
"""


@dataclass(frozen=True)
class Resource:
    """One resource or data source of the environment."""

    address: str
    type: str
    is_data: bool
    values: dict[str, Any]


@dataclass(frozen=True)
class PlannedApp:
    """One environment, as it would be."""

    environment: str
    resources: tuple[Resource, ...] = field(repr=False)
    outputs: dict[str, Any] = field(repr=False)

    def of(self, resource_type: str) -> list[Resource]:
        """Return all resources of one type."""
        return [each for each in self.resources if each.type == resource_type and not each.is_data]

    def one(self, address: str) -> dict[str, Any]:
        """Return the values of the resource at ``address``."""
        return next(each.values for each in self.resources if each.address == address)

    def policies(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield each policy document's address and its statements."""
        for each in self.resources:
            if each.type == "aws_iam_policy_document":
                yield each.address, json.loads(each.values["json"])["Statement"]

    def role_statements(self, module: str) -> list[dict[str, Any]]:
        """Return what the role of the function in ``module`` may do, by every policy on it."""
        role = self.one(f"module.{module}.aws_iam_role.this[0]")["name"]
        return [
            statement
            for policy in self.of("aws_iam_role_policy")
            if policy.values["role"] == role
            for statement in json.loads(policy.values["policy"])["Statement"]
        ]


def several(value: str | list[str]) -> list[str]:
    """Return the entries of a policy's element, which has no list around a single one."""
    return [value] if isinstance(value, str) else value


def copy_of_the_app(folder: Path) -> Path:
    """Copy the root with all that it refers to, with stand-ins for the zips, and return the copy's root."""
    ignored = shutil.ignore_patterns(".terraform", "examples", "*.tfstate*")
    for part in ("terraform/app", "modules", "environments"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copytree(ROOT / "terraform/app/tests/artifacts", folder / "build/artifacts")
    return folder / "terraform/app"


def _environ(app: Path, **extra: str) -> dict[str, str]:
    """Return the environment for Terraform in ``app`` with no AWS but what ``extra`` names."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_VAR_"))}
    return {
        **installation.build_cli_environ(project.find_project(), environ),
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_DATA_DIR": str(app / ".terraform"),
        **extra,
    }


def run(app: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform in ``app`` with no AWS but what ``extra`` names, and return what it said."""
    return subprocess.run(
        [installation.find_terraform(), f"-chdir={app}", *arguments],
        env=_environ(app, **extra),
        capture_output=True,
        text=True,
        check=False,
    )


def run_everything(app: Path, *given: str) -> dict[str, Any]:
    """Return the state that the test of everything makes in the root ``app`` with the options ``given``.

    Terraform ends there: it would destroy what was made, which is nothing, and take a third of the time for it.
    """
    command = ["test", "-json", "-verbose", "-filter=tests/everything.tftest.hcl", *given]
    state: dict[str, Any] = {}
    errors, said = [], []
    with subprocess.Popen(
        [installation.find_terraform(), f"-chdir={app}", *command],
        env=_environ(app, **shared_provider.attached(app)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("type") == "test_state":
                state = event["test_state"]
            elif event.get("type") == "diagnostic" and event["diagnostic"]["severity"] == "error":
                errors.append(f"{event['diagnostic']['summary']}: {event['diagnostic'].get('detail', '')}")
            elif event.get("test_file", {}).get("progress") == "teardown":
                process.kill()
                break
            else:
                said.append(line)
    assert not errors, "\n".join(errors)
    assert '"status":"pass"' in "".join(said), "".join(said)
    return state


def initialised(app: Path) -> Path:
    """Initialise a copied root with the provider that it locks and no backend."""
    done = run(app, "init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color")
    assert done.returncode == 0, done.stderr
    return app


def _blocks(folder: Path, kind: str) -> Iterator[tuple[list[str], str]]:
    """Yield labels and body of every block of a kind in the files of ``folder``, as `terraform fmt` leaves them."""
    for file in sorted(folder.glob("*.tf")):
        for head, body in re.findall(
            rf"^{kind} ([^{{\n]+) {{\n(.*?)^}}$", file.read_text(), re.DOTALL | re.MULTILINE
        ):
            yield re.findall(r'"(\w+)"', head), body


def _declared(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield type and label of every resource that the files of ``folder`` declare."""
    for (kind, label), _ in _blocks(folder, "resource"):
        yield kind, label


def _modules(folder: Path, *outer: str) -> Iterator[tuple[tuple[str, ...], Path]]:
    """Yield name and folder of every module that the files of ``folder`` call, and that those call in turn.

    A module made for each of several has the key of the first generation, one that may be switched off that of one
    that is on; `planned` leaves both keys out again.
    """
    for (label,), body in _blocks(folder, "module"):
        arguments = dict(re.findall(r"^  (source|for_each|count) += (.+)$", body, re.MULTILINE))
        key = '["1"]' if "for_each" in arguments else "[0]" if "count" in arguments else ""
        names = (*outer, label + key)
        source = (folder / arguments["source"].strip('"')).resolve()
        yield names, source
        yield from _modules(source, *names)


def _override(target: str, kind: str, name: str) -> str:
    values = {key: value.format(name=name, account=ACCOUNT) for key, value in _ARNS.get(kind, {}).items()}
    body = "\n".join(f'    {key} = "{value}"' for key, value in values.items())
    return f"override_resource {{\n  target = {target}\n  values = {{\n{body}\n  }}\n}}\n"


def terraform_test(app: Path) -> str:
    """Return a Terraform test that makes everything and nothing."""
    blocks = [PROVIDER]
    callers = f'account_id = "{ACCOUNT}", arn = "arn:aws:iam::{ACCOUNT}:root"'
    for kind, label in _declared(app):
        if kind != "terraform_data":
            blocks.append(_override(f"{kind}.{label}", kind, label.replace("_", "-")))
    for names, folder in _modules(app):
        module = ".".join(f"module.{name}" for name in names)
        label_of_all = _KEY.sub("", "-".join(names)).replace("_", "-")
        blocks += [
            _override(f"{module}.{kind}.{label}", kind, label_of_all)
            for kind, label in _declared(folder)
            if kind != "terraform_data"
        ]
        if "aws_caller_identity" in "".join(file.read_text() for file in folder.glob("*.tf")):
            target = f"{module}.data.aws_caller_identity.current"
            blocks.append(f"override_data {{\n  target = {target}\n  values = {{ {callers} }}\n}}\n")
    blocks.append(
        f"override_data {{\n  target = data.aws_caller_identity.current\n  values = {{ {callers} }}\n}}\n"
    )
    blocks.append('run "everything" {}\n')
    return "\n".join(blocks)


def resources(module: dict[str, Any]) -> Iterator[Resource]:
    """Yield all resources and data sources of a module in a state, and of those that it calls."""
    for each in module.get("resources", []):
        yield Resource(
            _MODULE_KEY.sub(r"\1", each["address"]), each["type"], each["mode"] == "data", each["values"]
        )
    for child in module.get("child_modules", []):
        yield from resources(child)


def planned(app: Path, environment: str, **values: object) -> PlannedApp:
    """Return ``environment`` as the copied, initialised root ``app`` would make it, with other ``values`` for some.

    Its alarms go to an address, as those of prod must.
    """
    (app / "tests" / "everything.tftest.hcl").write_text(terraform_test(app))
    file = app.parents[1] / "environments" / environment / "terraform.tfvars"
    changed = {"alarm_emails": ["on-call@retail.internal"], **values}
    given = [f"-var-file={file}", *(f"-var={name}={json.dumps(value)}" for name, value in changed.items())]
    state = run_everything(app, *given)
    outputs = {name: each["value"] for name, each in state["outputs"].items()}
    return PlannedApp(environment, tuple(resources(state["root_module"])), outputs)
