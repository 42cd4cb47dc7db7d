"""A reverse proxy before a local cloud that keeps AWS's rules of what is still in use, and what never changes.

The emulator lets all of this through; AWS answers as here. Each rule names who says so.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from retailctl.emulator.cloud import Cloud

POLICY_BYTES = 20_480
"""Of a function's resource policy: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""


@dataclass(frozen=True)
class Request:
    """A call of an AWS service."""

    method: str
    path: str
    query: dict[str, str]
    target: str
    body: bytes

    def json(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body or b"{}")
        return found

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode("latin-1")).items()}


@dataclass(frozen=True)
class Refusal:
    """How AWS refuses a call."""

    status: int
    code: str
    message: str


Rule = Callable[[Request, Cloud], "Refusal | None"]


def _routed(request: Request, cloud: Cloud) -> Refusal | None:
    """Keep what a route names: hashicorp/terraform-provider-aws#14812."""
    found = re.fullmatch(r"/v2/apis/([^/]+)/(integrations|authorizers)/([^/]+)", request.path)
    if request.method != "DELETE" or not found:
        return None
    api, kind, wanted = found.groups()
    routes = [
        route["RouteId"]
        for route in cloud.client("apigatewayv2").get_routes(ApiId=api)["Items"]
        if wanted in (route.get("Target", "").rpartition("/")[2], route.get("AuthorizerId"))
    ]
    if not routes:
        return None
    what = kind.removesuffix("s").capitalize()
    return Refusal(409, "ConflictException", f"Cannot delete {what}: it is referenced by Routes {routes}")


def _named_twice(request: Request, cloud: Cloud) -> Refusal | None:
    """Make no two authorizers of an API with one name: aws/aws-cdk#13711."""
    found = re.fullmatch(r"/v2/apis/([^/]+)/authorizers", request.path)
    if request.method != "POST" or not found:
        return None
    name = request.json().get("name")
    existing = cloud.client("apigatewayv2").get_authorizers(ApiId=found[1])["Items"]
    if name not in {each["Name"] for each in existing}:
        return None
    message = f"Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
    return Refusal(400, "BadRequestException", message)


def _settings_of_no_route(request: Request, cloud: Cloud) -> Refusal | None:
    """Change no stage that has settings of a route that is gone: aws/serverless-application-model#1939."""
    found = re.fullmatch(r"/v2/apis/([^/]+)/stages(?:/([^/]+))?", request.path)
    if request.method not in {"PATCH", "POST"} or not found:
        return None
    client, settings = cloud.client("apigatewayv2"), dict(request.json().get("routeSettings") or {})  # type: ignore[call-overload]
    if found[2]:
        settings |= client.get_stage(ApiId=found[1], StageName=unquote(found[2])).get("RouteSettings", {})
    routes = {route["RouteKey"] for route in client.get_routes(ApiId=found[1])["Items"]}
    gone = sorted(set(settings) - routes)
    message = f"Unable to find Route by key {gone} within the provided RouteSettings"
    return Refusal(404, "NotFoundException", message) if gone else None


def _full_policy(request: Request, cloud: Cloud) -> Refusal | None:
    """Refuse a statement for which a function's policy has no room, or whose id is too long."""
    found = re.fullmatch(r"/2015-03-31/functions/([^/]+)/policy", request.path)
    if request.method != "POST" or not found:
        return None
    given = request.json()
    if len(str(given["StatementId"])) > 100:
        return Refusal(400, "ValidationException", "statementId has more than 100 characters")
    name = unquote(found[1]).rpartition(":function:")[2]
    qualifier = {"Qualifier": request.query["Qualifier"]} if "Qualifier" in request.query else {}
    client = cloud.client("lambda")
    try:
        policy = client.get_policy(FunctionName=name, **qualifier)["Policy"]
    except client.exceptions.ResourceNotFoundException:
        policy = ""
    arn = f"arn:aws:lambda:{cloud.region}:{cloud.account_id}:function:{name}:{qualifier.get('Qualifier', '')}"
    statement = {
        "Sid": given["StatementId"],
        "Effect": "Allow",
        "Principal": {"Service": given["Principal"]},
        "Action": given["Action"],
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": given.get("SourceArn", "")}},
    }
    size = len(policy) + len(json.dumps(statement, separators=(",", ":")))
    if size <= POLICY_BYTES:
        return None
    message = f"The final policy size ({size}) is bigger than the limit ({POLICY_BYTES})."
    return Refusal(400, "PolicyLengthExceededException", message)


def _distributed(request: Request, cloud: Cloud) -> Refusal | None:
    """Keep what a distribution names: hashicorp/terraform-provider-aws#33047."""
    found = re.fullmatch(
        r"/2020-05-31/(cache-policy|response-headers-policy|origin-access-control)/([^/?]+)", request.path
    )
    if request.method != "DELETE" or not found:
        return None
    client = cloud.client("cloudfront")
    for each in client.list_distributions()["DistributionList"].get("Items", []):
        if found[2] in json.dumps(client.get_distribution_config(Id=each["Id"])["DistributionConfig"]):
            code = "".join(word.capitalize() for word in found[1].split("-")) + "InUse"
            return Refusal(409, code, "Cannot delete what a distribution names.")
    return None


def _expiring(request: Request, cloud: Cloud) -> Refusal | None:
    """Take no other expiry attribute while there is one: go-to-k/cdkd#932, API_UpdateTimeToLive."""
    if request.target != "DynamoDB_20120810.UpdateTimeToLive":
        return None
    given: dict = request.json()  # type: ignore[type-arg]
    wanted = given["TimeToLiveSpecification"]
    client = cloud.client("dynamodb")
    is_there = client.describe_time_to_live(TableName=given["TableName"])["TimeToLiveDescription"]
    named = is_there.get("AttributeName", wanted["AttributeName"])
    if not wanted["Enabled"] or is_there["TimeToLiveStatus"] != "ENABLED" or named == wanted["AttributeName"]:
        return None
    message = f"TimeToLive is active on a different AttributeName: current AttributeName is {named}"
    return Refusal(400, "ValidationException", message)


def _protected(request: Request, cloud: Cloud) -> Refusal | None:
    """Delete nothing that is protected: API_DeleteTable, API_DeleteUserPool (DeletionProtection)."""
    given: dict = request.json() if request.target.endswith((".DeleteTable", ".DeleteUserPool")) else {}  # type: ignore[type-arg]
    if "TableName" in given:
        table = cloud.client("dynamodb").describe_table(TableName=given["TableName"])["Table"]
        if table.get("DeletionProtectionEnabled"):
            return Refusal(400, "ValidationException", "Resource cannot be deleted: it is protected.")
    if "UserPoolId" in given:
        pool = cloud.client("cognito-idp").describe_user_pool(UserPoolId=given["UserPoolId"])["UserPool"]
        if pool.get("DeletionProtection") == "ACTIVE":
            return Refusal(400, "InvalidParameterException", "The user pool is protected from deletion.")
    return None


def _resharded(request: Request, cloud: Cloud) -> Refusal | None:
    """Double or halve a stream's shards at most: API_UpdateShardCount."""
    if request.target != "Kinesis_20131202.UpdateShardCount":
        return None
    given: dict = request.json()  # type: ignore[type-arg]
    stream = (
        {"StreamARN": given["StreamARN"]} if "StreamARN" in given else {"StreamName": given["StreamName"]}
    )
    summary = cloud.client("kinesis").describe_stream_summary(**stream)["StreamDescriptionSummary"]
    now, wanted = summary["OpenShardCount"], given["TargetShardCount"]
    if now / 2 <= wanted <= now * 2:
        return None
    return Refusal(400, "LimitExceededException", f"UpdateShardCount cannot go from {now} to {wanted}.")


def _policies_of(iam: Any, role: str) -> set[str]:
    """Return the ARNs of the policies that are attached to a role, and of the one that bounds it."""
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    bound = iam.get_role(RoleName=role)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {*(each["PolicyArn"] for each in attached), *([bound] if bound else [])}


def _bounding(request: Request, cloud: Cloud) -> Refusal | None:
    """Keep a policy that is attached to a role or bounds one, and a role with policies: API_DeletePolicy."""
    given = request.form() if request.method == "POST" and b"Action=Delete" in request.body else {}
    iam = cloud.client("iam")
    if given.get("Action") == "DeletePolicy":
        for role in (each["RoleName"] for each in iam.list_roles()["Roles"]):
            with suppress(iam.exceptions.NoSuchEntityException):  # deleted meanwhile
                if given["PolicyArn"] in _policies_of(iam, role):
                    return Refusal(409, "DeleteConflict", f"Cannot delete a policy of the role {role}.")
    if given.get("Action") == "DeleteRole":
        name = given["RoleName"]
        has = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        has += iam.list_role_policies(RoleName=name)["PolicyNames"]
        if has:
            return Refusal(409, "DeleteConflict", f"Cannot delete the role {name}: it has policies.")
    return None


RULES: tuple[Rule, ...] = (
    _routed,
    _named_twice,
    _settings_of_no_route,
    _full_policy,
    _distributed,
    _expiring,
    _protected,
    _resharded,
    _bounding,
)


def refuse(request: Request, cloud: Cloud) -> Refusal | None:
    """Return how the first rule that refuses ``request`` does so; a rule that fails refuses too, with its error."""
    for rule in RULES:
        try:
            refusal = rule(request, cloud)
        except Exception as error:  # noqa: BLE001 - a closed connection would be tried again for an hour
            return Refusal(400, "RuleFailed", f"{rule.__name__}: {error!r}")
        if refusal:
            return refusal
    return None


def serve_what_the_emulator_lacks(request: Request, cloud: Cloud) -> bytes | None:
    """Return the answer to a call that AWS knows and the emulator does not, and None to all others."""
    if request.target.endswith((".AssociateKmsKey", ".DisassociateKmsKey", ".UpdateGroup")):
        return b"{}"
    return b"" if _drop_route_settings(request, cloud) else None


def _drop_route_settings(request: Request, cloud: Cloud) -> bool:
    """Serve DeleteRouteSettings, which the emulator takes for DeleteStage; say whether that was asked."""
    found = re.fullmatch(r"/v2/apis/([^/]+)/stages/([^/]+)/routesettings/(.+)", request.path)
    if request.method != "DELETE" or not found:
        return False
    api, stage, route = map(unquote, found.groups())
    client = cloud.client("apigatewayv2")
    settings = client.get_stage(ApiId=api, StageName=stage).get("RouteSettings", {})
    settings.pop(route, None)
    client.update_stage(ApiId=api, StageName=stage, RouteSettings=settings)
    return True


XML = ("/2020-05-31/",)
"""How the paths of services begin that answer in XML, beside those that are asked by form."""


def written(request: Request, refusal: Refusal) -> tuple[str, bytes]:
    """Return content type and body of a refusal, as the service asked writes them."""
    if request.path.startswith(XML) or (request.path == "/" and not request.target):
        error = f"<Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
        return "text/xml", f"<ErrorResponse><Error>{error}</Error></ErrorResponse>".encode()
    return "application/json", json.dumps({"__type": refusal.code, "message": refusal.message}).encode()


def _handler(cloud: Cloud, refused: list[Refusal]) -> type[BaseHTTPRequestHandler]:
    upstream = urlsplit(cloud.endpoint)
    assert upstream.hostname

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            request = Request(self.command, parts.path, query, self.headers.get("x-amz-target", ""), body)
            served = serve_what_the_emulator_lacks(request, cloud)
            if served is not None:
                self.reply(200 if served else 204, [("Content-Type", "application/x-amz-json-1.1")], served)
                return
            if refusal := refuse(request, cloud):
                refused.append(refusal)
                kind, content = written(request, refusal)
                headers = [("Content-Type", kind), ("x-amzn-ErrorType", refusal.code)]
                self.reply(refusal.status, headers, content)
                return
            connection = http.client.HTTPConnection(str(upstream.hostname), upstream.port, timeout=120)
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            content = answer.read()
            dropped = {"transfer-encoding", "content-length", "connection", "date", "server"}
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in dropped]
            self.reply(answer.status, headers, content)
            connection.close()

        def reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.serve)
    return Handler


@contextmanager
def strict(cloud: Cloud) -> Iterator[tuple[str, list[Refusal]]]:
    """Serve ``cloud`` with AWS's rules; give the address, and the refusals that there were as they come."""
    refused: list[Refusal] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cloud, refused))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", refused
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
