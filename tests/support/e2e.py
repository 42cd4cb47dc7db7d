"""Environments in one local cloud, from the very root and values that AWS gets.

The alarms live in moto: the emulator's DescribeAlarms leaves fields out, and a second plan would show every one
of them changing.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from retailctl import interrupts, project
from retailctl.artifacts import package
from retailctl.delivery import page
from retailctl.emulator import ministack, processes
from retailctl.emulator.cloud import Cloud
from retailctl.environments import outputs
from retailctl.environments import state as environments_state
from retailctl.environments.target import Target
from retailctl.local_cloud import up_down
from retailctl.project import Project
from retailctl.terraform import workspace as terraform
from support import ci_roles

ENVIRONMENTS = project.find_project().environments

KNOWN_OMISSIONS = Path(__file__).parents[1] / "fixtures" / "known_omissions.json"
OMISSIONS = {(known["type"], known["attribute"]) for known in json.loads(KNOWN_OMISSIONS.read_text())}
"""Type and attribute of what a second plan would change since the emulator leaves it out; the file says why."""

Value = TypeVar("Value")
Inventory = dict[str, list[str]]
"""Kind of resource to the names of all that there are in an account."""

INVENTORIED = {
    "APIs": ("apigatewayv2", "get_apis", "Name"),
    "aliases of keys": ("kms", "list_aliases", "AliasName"),
    "buckets": ("s3", "list_buckets", "Name"),
    "budgets": ("budgets", "describe_budgets", "BudgetName"),
    "distributions": ("cloudfront", "list_distributions", "Comment"),
    "delivery streams": ("firehose", "list_delivery_streams", None),
    "event rules": ("events", "list_rules", "Name"),
    "event source mappings": ("lambda", "list_event_source_mappings", "FunctionArn"),
    "functions": ("lambda", "list_functions", "FunctionName"),
    "log groups": ("logs", "describe_log_groups", "logGroupName"),
    "origin access controls": ("cloudfront", "list_origin_access_controls", "Name"),
    "parameters": ("ssm", "describe_parameters", "Name"),
    "policies": ("iam", "list_policies", "PolicyName"),
    "queues": ("sqs", "list_queues", None),
    "roles": ("iam", "list_roles", "RoleName"),
    "secrets": ("secretsmanager", "list_secrets", "Name"),
    "state machines": ("stepfunctions", "list_state_machines", "name"),
    "streams": ("kinesis", "list_streams", None),
    "subscriptions": ("sns", "list_subscriptions", "SubscriptionArn"),
    "tables": ("dynamodb", "list_tables", None),
    "topics": ("sns", "list_topics", "TopicArn"),
    "user pools": ("cognito-idp", "list_user_pools", "Name"),
    "users": ("iam", "list_users", "UserName"),
}
"""Kind of resource to the service and operation that list them, and the field of the name where it has fields."""
REQUIRED = {
    "describe_budgets": {"AccountId": ministack.ACCOUNT_ID},
    "list_policies": {"Scope": "Local"},
    "list_user_pools": {"MaxResults": 60},
}
UNPAGED = {"list_delivery_streams": "DeliveryStreamNames"}


@dataclass(frozen=True)
class Landscape:
    """The environments, applied side by side.

    Attributes:
        here: the clone.
        cloud: the local cloud that they are in.
        alarms: the address of CloudWatch.
        at_first: what there was in the account before anything was applied.
        second_plans: what Terraform would change of each environment right after it was applied (`show -json`).
        outputs: each environment's root outputs.

    """

    here: Project
    cloud: Cloud
    alarms: str
    at_first: Inventory
    second_plans: Mapping[str, dict[str, Any]]
    outputs: Mapping[str, dict[str, Any]]

    def target(self, environment: str) -> Target:
        return Target(self.here, environment, self.cloud)

    def resources(self, environment: str) -> list[dict[str, Any]]:
        """Return the managed resources in the state that the second plan started from."""
        return list(_managed(self.second_plans[environment]["prior_state"]["values"]["root_module"]))

    def inventory(self) -> Inventory:
        return inventory(self.cloud, self.alarms)

    def keys(self) -> dict[str, str]:
        """Return the ids of the account's keys with the state of each."""
        kms = self.cloud.client("kms")
        return {
            key["KeyId"]: kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
            for key in kms.list_keys()["Keys"]
        }


@contextmanager
def landscape(environments: tuple[str, ...]) -> Iterator[Landscape]:
    """Apply ``environments`` in a local cloud of their own; whatever happens, nothing of it stays."""
    here = project.find_project()
    name = f"e2e-{secrets.token_hex(4)}"
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto's server tells of each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        with interrupts.handle_signals(), pytest.MonkeyPatch.context() as patch:
            host, port = server.get_host_and_port()
            alarms = f"http://{host}:{port}"
            without_alarms = Cloud.build_environ
            with_alarms = {"AWS_ENDPOINT_URL_CLOUDWATCH": alarms}

            def environ(cloud: Cloud) -> dict[str, str]:
                return {**without_alarms(cloud), **(with_alarms if cloud.name == name else {})}

            patch.setattr(Cloud, "build_environ", environ)
            package.build_artifacts(here)
            cloud = ministack.start_emulator(here.cloud_folder(name))
            at_first = inventory(cloud, alarms)
            for environment in environments:
                cloud = cloud.with_environment(environment)
            applied = _apply_all(here, cloud, environments)
            cloud.save_state()
            yield Landscape(
                here,
                cloud,
                alarms,
                at_first,
                second_plans={environment: planned for environment, (planned, _) in applied.items()},
                outputs={environment: found for environment, (_, found) in applied.items()},
            )
    finally:
        up_down.stop_local_cloud(name)
        server.stop()


Applied = tuple[dict[str, Any], dict[str, Any]]
"""An environment's second plan and its outputs."""


def eventually(read: Callable[[], Value], wanted: Value, seconds: float = 60, every: float = 0.2) -> Value:
    """Return what ``read`` gives once that is what is wanted, or what it gives when the time is up.

    ``every`` is how many seconds pass between two reads.
    """
    deadline = time.monotonic() + seconds
    while (found := read()) != wanted and time.monotonic() < deadline:
        time.sleep(every)
    return found


def put_up_page(target: Target, outputs: Mapping[str, Any]) -> page.EnvironmentPage:
    """Upload the page of an environment, given its root outputs."""
    found = page.find_page(target.environment, outputs)
    assert found is not None
    page.upload_page(target, found)
    return found


def _apply_all(here: Project, cloud: Cloud, environments: tuple[str, ...]) -> dict[str, Applied]:
    """Make the bucket of the states and apply the environments, side by side."""
    targets = [Target(here, environment, cloud) for environment in environments]
    with ThreadPoolExecutor(len(targets) + 1) as pool:
        try:
            bucket = pool.submit(environments_state.apply_bootstrap, targets[0], ci_roles.REPOSITORY)
            # With CI's roles there is a boundary that all others carry: it has to be there before them.
            eventually(
                lambda: bucket.done() or (targets[0].has_state_bucket() and ci_roles.all_are_there(cloud)),
                wanted=True,
                seconds=180,
            )
            if bucket.done():
                bucket.result()  # else its failure would be hidden behind those of the environments
            applied = dict(zip(environments, pool.map(_apply, targets), strict=True))
            bucket.result()
        except BaseException:
            processes.end_cloud_processes(cloud.home)  # else the pool would wait for Terraform's other runs
            raise
    return applied


def _apply(target: Target) -> Applied:
    assert target.cloud
    workspace = environments_state.initialise_workspace(target)
    title = f"Applying {target.environment}"
    terraform.run_with_progress(workspace, title, "apply", "-auto-approve", *workspace.arguments)
    planned = plan(workspace)
    found = {name: each["value"] for name, each in planned["prior_state"]["values"]["outputs"].items()}
    return planned, {**found, "api_url": outputs.resolve_api_url(found["api_url"], target.cloud)}


def plan(workspace: terraform.Workspace) -> dict[str, Any]:
    """Return what Terraform would change, as `show -json` writes a plan."""
    file = workspace.data / "e2e.tfplan"
    terraform.run_with_progress(workspace, "Planning", "plan", f"-out={file}", *workspace.arguments)
    planned: dict[str, Any] = json.loads(terraform.read_command_output(workspace, "show", "-json", str(file)))
    return planned


def _managed(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (each for each in module.get("resources", []) if each["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from _managed(child)


def changes(planned: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return type and attribute of everything that a plan would update in place.

    What it would create, destroy or replace is there with that word in the attribute's stead, and so are outputs.
    """
    found = set()
    for resource in planned.get("resource_changes", []):
        actions, change = resource["change"]["actions"], resource["change"]
        if actions == ["update"]:
            before, after, unknown = change["before"], change["after"], change["after_unknown"]
            found |= {
                (resource["type"], name)
                for name in {*before, *after, *unknown}
                if before.get(name) != after.get(name) or unknown.get(name)
            }
        elif actions not in (["no-op"], ["read"]):
            found.add((resource["type"], "/".join(actions)))
    for name, change in planned.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            found.add(("output", name))
    return found


def destroy_bootstrap(workspace: terraform.Workspace) -> None:
    """Destroy the bucket of the states in the steps that the root names for who means it."""
    state = [argument for argument in workspace.arguments if argument.startswith("-state=")]
    terraform.read_command_output(workspace, "state", "rm", *state, "terraform_data.keep[0]")
    meant = (*workspace.arguments, "-var=force_destroy=true")
    terraform.run_with_progress(
        workspace, "Unlocking the bucket of the states", "apply", "-auto-approve", *meant
    )
    terraform.run_with_progress(
        workspace, "Destroying the bucket of the states", "destroy", "-auto-approve", *meant
    )


def inventory(cloud: Cloud, alarms: str) -> Inventory:
    """Return all that there is in the account, but for keys, which AWS keeps for a while."""
    found = {
        kind: _listed(cloud.client(service), operation, field)
        for kind, (service, operation, field) in INVENTORIED.items()
    }
    for where, address in {"": alarms, " in the emulator": cloud.endpoint}.items():
        client = boto3.client(
            "cloudwatch",
            endpoint_url=address,
            region_name=cloud.region,
            aws_access_key_id=cloud.access_key_id,
            aws_secret_access_key=cloud.secret_access_key,
            config=Config(proxies={}),
        )
        found[f"alarms{where}"] = _listed(client, "describe_alarms", "AlarmName")
        found[f"dashboards{where}"] = _listed(client, "list_dashboards", "DashboardName")
    return found


def _listed(client: Any, operation: str, field: str | None) -> list[str]:
    required = REQUIRED.get(operation, {})
    if client.can_paginate(operation):
        paginator = client.get_paginator(operation)
        pages = paginator.paginate(**required)
        found = [each for page in pages for each in paginator.result_keys[0].search(page) or []]
    else:
        found = getattr(client, operation)(**required)[UNPAGED[operation]]
    return sorted(each[field] if field else each for each in found)
