"""Make MiniStack's state machines ask what AWS asks of their roles, and keep what AWS keeps secret.

Sources, where a function names no other:
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html (it assumes the role),
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html (what the delivery of its log takes) and
https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html (which calls need the key, and what the
events of an encrypted machine leave out).
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from retailctl.emulator.execution_roles import is_allowed
from retailctl.emulator.invocations import lets_service_call

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT_TOKENS = 100_000
"""How many task tokens are remembered, including those of executions that ended."""
PRINCIPAL = "states.amazonaws.com"
_EXECUTION_NAME = re.compile(
    r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]{1,80}"""
)
"""Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html ("name")."""
_DELIVER_LOGS = (
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)
_machines_of_tokens: OrderedDict[str, str] = OrderedDict()
"""Task token to the ARN of the machine whose execution waits for it, or waited."""
_execution: ContextVar[Mapping[str, Any] | None] = ContextVar("retailctl_execution", default=None)
"""The execution whose state the current thread runs."""
_token: ContextVar[str] = ContextVar("retailctl_token", default="")
"""The task token of that state; "" for a state without one."""


def remember_token(token: str, machine_arn: str) -> None:
    """Note the machine of a task token."""
    _machines_of_tokens[token] = machine_arn
    while len(_machines_of_tokens) > KEPT_TOKENS:
        _machines_of_tokens.popitem(last=False)


def find_machine_of_token(token: str) -> str:
    """Return the ARN of the machine of a task token; "" if no machine here made it."""
    return _machines_of_tokens.get(token, "")


def hide_data(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of a status event without what the key of its machine protects."""
    details = {f"{name}Details": {"included": False} for name in ("input", "output")}
    return {**detail, **dict.fromkeys(("input", "output", "error", "cause")), **details}


def is_execution_name(name: str) -> bool:
    """Say whether an execution can have a name."""
    return _EXECUTION_NAME.fullmatch(name) is not None


def find_key(resource: Mapping[str, Any] | None) -> str:
    """Return the customer's key of a machine or an execution; "" if it has none."""
    configuration = (resource or {}).get("encryptionConfiguration") or {}
    return str(configuration.get("kmsKeyId") or "")


def find_key_of_arn(arn: str) -> str:
    """Return the customer's key of a machine or an execution by its ARN, or ""."""
    from ministack.services import stepfunctions  # noqa: PLC0415 - importing it starts half of it

    return find_key(stepfunctions._state_machines.get(arn) or stepfunctions._executions.get(arn))  # noqa: SLF001


def lets_step_functions_in(trust_policy: str, machine_arn: str) -> bool:
    """Say whether a role's trust policy lets Step Functions assume it for a machine."""
    document = json.loads(trust_policy or "{}")
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, dict) else statements
    # As the policy of a resource it would name one.
    policy = {**document, "Statement": [{**each, "Resource": "*"} for each in listed]}
    return lets_service_call(policy, PRINCIPAL, "sts:AssumeRole", machine_arn, machine_arn)


def find_role_fault(role_arn: str, machine_arn: str, logging: Mapping[str, Any]) -> str:
    """Return in AWS's words why a machine cannot have a role, or "".

    The words: https://github.com/hashicorp/terraform-provider-aws/issues/7893 and
    https://github.com/aws/aws-cdk/issues/26432.
    """
    from ministack.services import iam  # noqa: PLC0415 - importing it starts half of it

    role = iam._roles.get(role_arn.rpartition("/")[2]) or {}  # noqa: SLF001
    if not lets_step_functions_in(role.get("AssumeRolePolicyDocument") or "", machine_arn):
        return (
            f"Neither the global service principal {PRINCIPAL}, nor the regional one is authorized to assume "
            "the provided role."
        )
    region = machine_arn.split(":")[3]
    logs = logging.get("level", "OFF") != "OFF"
    if logs and not all(is_allowed(role_arn, f"logs:{each}", "*", region) for each in _DELIVER_LOGS):
        return "The state machine IAM Role is not authorized to access the Log Destination"
    return ""


def patch_emulator() -> None:
    """Make machines of the emulator in this process ask what AWS asks."""
    from ministack.core.responses import (  # noqa: PLC0415
        error_response_json,
        get_account_id,
        get_region,
        json_response,
    )
    from ministack.services import eventbridge, stepfunctions  # noqa: PLC0415

    create, update = stepfunctions._create_state_machine, stepfunctions._update_state_machine  # noqa: SLF001
    execute, wait = stepfunctions._execute_task, stepfunctions._invoke_with_callback  # noqa: SLF001
    start = stepfunctions._start_execution  # noqa: SLF001
    call, put = stepfunctions._call_lambda, eventbridge._put_events  # noqa: SLF001

    def check_role(machine_arn: str, machine: Mapping[str, Any]) -> Any:  # noqa: ANN401
        logging = machine.get("loggingConfiguration") or {}
        fault = find_role_fault(str(machine.get("roleArn", "")), machine_arn, logging)
        return error_response_json("AccessDeniedException", fault, 400) if fault else None

    def create_machine(data: dict[str, Any]) -> Any:  # noqa: ANN401
        arn = f"arn:aws:states:{get_region()}:{get_account_id()}:stateMachine:{data.get('name')}"
        return check_role(arn, data) or create(data)

    def update_machine(data: dict[str, Any]) -> Any:  # noqa: ANN401
        arn = data.get("stateMachineArn", "")
        known = stepfunctions._state_machines.get(arn)  # noqa: SLF001
        return (check_role(arn, {**known, **data}) if known else None) or update(data)

    def start_execution(data: dict[str, Any]) -> Any:  # noqa: ANN401
        name = data.get("name")
        if name is not None and not is_execution_name(name):
            return error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
        same = _find_running_execution(data)
        if same:
            return json_response({field: same[field] for field in ("executionArn", "startDate")})
        return start(data)

    def execute_task(state: Any, given: Any, execution: Any, ctx: Any) -> Any:  # noqa: ANN401
        _execution.set(execution)
        _token.set("")
        return execute(state, given, execution, ctx)

    def invoke_with_callback(resource: str, given: Any, token: str, state: Any) -> Any:  # noqa: ANN401
        remember_token(token, str((_execution.get() or {}).get("stateMachineArn", "")))
        _token.set(token)
        return wait(resource, given, token, state)

    def call_lambda(function: str, event: Any) -> Any:  # noqa: ANN401
        try:
            _check_invocation(function)
            return call(function, event)
        except stepfunctions._ExecutionError as error:  # noqa: SLF001
            _fail_waiting_task(_token.get(), error)
            raise

    def put_events(data: dict[str, Any], **named: Any) -> Any:  # noqa: ANN401
        return put({**data, "Entries": [_hide_entry(each) for each in data.get("Entries", [])]}, **named)

    stepfunctions._create_state_machine = create_machine  # noqa: SLF001
    stepfunctions._update_state_machine = update_machine  # noqa: SLF001
    stepfunctions._start_execution = start_execution  # noqa: SLF001
    stepfunctions._execute_task = execute_task  # noqa: SLF001
    stepfunctions._invoke_with_callback = invoke_with_callback  # noqa: SLF001
    stepfunctions._call_lambda = call_lambda  # noqa: SLF001
    eventbridge._put_events = put_events  # noqa: SLF001


def _find_running_execution(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the execution that StartExecution started before, if it runs and was given the same input.

    Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html ("idempotent").
    """
    from ministack.services import stepfunctions  # noqa: PLC0415

    machine = stepfunctions._resolve_state_machine_arn(request.get("stateMachineArn", ""))  # noqa: SLF001
    if machine is None or not request.get("name"):
        return None
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{request['name']}"
    found: Mapping[str, Any] = stepfunctions._executions.get(arn) or {}  # noqa: SLF001
    is_same = found.get("status") == "RUNNING" and found.get("input") == request.get("input", "{}")
    return found if is_same else None


def _check_invocation(function: str) -> None:
    """Raise as AWS does if the machine's role may not invoke a function.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html ("IAM permissions").
    """
    from ministack.core.responses import get_account_id, get_region  # noqa: PLC0415
    from ministack.services import stepfunctions  # noqa: PLC0415

    machine = stepfunctions._state_machines.get((_execution.get() or {}).get("stateMachineArn", "")) or {}  # noqa: SLF001
    role = machine.get("roleArn", "")
    here = f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:"
    arn = function if function.startswith("arn:") else f"{here}{function}"
    if role and not is_allowed(role, "lambda:InvokeFunction", arn, get_region()):
        cause = f"{role} is not authorized to perform: lambda:InvokeFunction on resource: {arn}"
        raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", cause)  # noqa: SLF001


def _fail_waiting_task(token: str, error: Any) -> None:  # noqa: ANN401
    """End the wait for a token that the function failed to take.

    The emulator would wait until the state's time-out. A function that answered before it failed has answered.
    """
    from ministack.services import stepfunctions  # noqa: PLC0415

    waiting = stepfunctions._task_tokens.get(token)  # noqa: SLF001
    if waiting and not waiting["event"].is_set():
        waiting["error"] = {"Error": error.error, "Cause": error.cause}
        waiting["event"].set()


def _hide_entry(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the data of an encrypted machine's execution."""
    if entry.get("Source") != "aws.states":
        return entry
    detail = json.loads(entry["Detail"])
    hidden = hide_data(detail) if find_key_of_arn(detail.get("executionArn", "")) else detail
    return {**entry, "Detail": json.dumps(hidden)}
