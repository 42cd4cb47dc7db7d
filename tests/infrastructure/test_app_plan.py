"""What each environment would be: its wiring, its permissions to the letter, and what sets it apart."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hello_retail.order_tasks.work import OPEN_SECONDS
from retailctl.artifacts import page
from support.names import PROJECT
from support.planned_app import ENVIRONMENTS, PlannedApp, several

ROOT = Path(__file__).parents[2]
REASONS = tomllib.loads((Path(__file__).parent / "policy_wildcards.toml").read_text())["wildcard"]
KEY = "arn:aws:kms:us-east-1:111122223333:key/key"
CONSUMER = "module.winner_view_consumer.aws_lambda_event_source_mapping.this"
CONSUMERS = ("winner_view_consumer", "trending_consumer", "shop_view_consumer", "studio_intake_consumer")
FUNCTIONS = (
    "catalog_api",
    "event_writer",
    "order_tasks",
    "photo_desk",
    "shop_api",
    "shop_view",
    "studio_api",
    "studio_intake",
    "studio_tasks",
    "trending_api",
    "trending_view",
    "winner_api",
    "winner_view",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environments(as_planned: Callable[[str], PlannedApp]) -> dict[str, PlannedApp]:
    return {name: as_planned(name) for name in ENVIRONMENTS}


@pytest.fixture(params=ENVIRONMENTS)
def planned(request: pytest.FixtureRequest, environments: dict[str, PlannedApp]) -> PlannedApp:
    return environments[request.param]


def archive(planned: PlannedApp, *parts: str) -> tuple[str, ...]:
    """Return ``parts`` where the environment has an archive, else none."""
    return parts if planned.outputs.get("archive_bucket") else ()


def allowed(statements: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return every pair of an action and a resource that the statements allow, whatever their conditions."""
    return {
        (action, resource)
        for statement in statements
        for action in several(statement["Action"])
        for resource in several(statement["Resource"])
    }


# The consumer


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_shard_is_read_in_order_from_its_oldest_record_and_failures_are_reported(
    planned: PlannedApp, consumer: str
) -> None:
    mapping = planned.one(f"module.{consumer}.aws_lambda_event_source_mapping.this")

    assert mapping["parallelization_factor"] == 1
    assert mapping["function_response_types"] == ["ReportBatchItemFailures"]
    assert mapping["starting_position"] == "TRIM_HORIZON"
    assert mapping["bisect_batch_on_function_error"] is True


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_a_batch_is_retried_until_its_records_are_about_to_expire(planned: PlannedApp, consumer: str) -> None:
    mapping = planned.one(f"module.{consumer}.aws_lambda_event_source_mapping.this")
    retention = planned.one("module.stream.aws_kinesis_stream.this")["retention_period"] * 3600

    assert mapping["maximum_retry_attempts"] == -1
    assert retention - 3600 == mapping["maximum_record_age_in_seconds"]


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_what_is_given_up_goes_to_the_quarantine(planned: PlannedApp, consumer: str) -> None:
    mapping = planned.one(f"module.{consumer}.aws_lambda_event_source_mapping.this")
    (destination,) = mapping["destination_config"]

    assert destination["on_failure"] == [{"destination_arn": "arn:aws:s3:::quarantine"}]


def test_at_most_four_consumers_share_the_reads_of_a_shard(planned: PlannedApp) -> None:
    """A generation that folds beside the live one is the fifth: docs/decisions/0020-consumers-a-shard.md."""
    stream = planned.one("module.stream.aws_kinesis_stream.this")["arn"]
    sources = {
        each.values["function_name"].split(":")[6]: each.values["event_source_arn"]
        for each in planned.of("aws_lambda_event_source_mapping")
    }
    sharing = {function for function, source in sources.items() if source == stream}
    listed = re.search(
        r"live_consumers = concat\(\n\s*\[(.*?)\]", (ROOT / "terraform/app/consumers.tf").read_text()
    )
    assert listed is not None

    assert sharing == {name.replace("_", "-") for name in re.findall(r'"(\w+)"', listed[1])}
    assert len(sharing) <= 4
    for name in archive(planned, "archive"):
        assert sources[name] == f"{stream}/consumer/archive-consumer:1700000000"


# Triggers


def test_every_trigger_calls_the_alias_live(planned: PlannedApp) -> None:
    assert {each.values["function_name"] for each in planned.of("aws_lambda_event_source_mapping")} == {
        f"arn:aws:lambda:us-east-1:111122223333:function:{name}:live"
        for name in (
            "shop-view",
            "studio-intake",
            "trending-view",
            "winner-view",
            *archive(planned, "archive"),
        )
    }
    (picture,) = planned.one("module.pictures.aws_s3_bucket_notification.this[0]")["lambda_function"]
    assert picture["lambda_function_arn"].endswith(":function:photo-desk:live")
    targets = {
        target.address: target.values["arn"].partition(":function:")[2]
        for target in planned.of("aws_cloudwatch_event_target")
    }
    assert targets == {
        "aws_cloudwatch_event_target.reconcile": "studio-tasks:live",
        "aws_cloudwatch_event_target.reconcile_orders": "order-tasks:live",
        "module.order_machine.aws_cloudwatch_event_target.ended[0]": "order-tasks:live",
        "module.photos.aws_cloudwatch_event_target.ended[0]": "studio-tasks:live",
    }
    for integration in planned.of("aws_apigatewayv2_integration"):
        assert integration.values["integration_uri"].endswith(":live/invocations")
        assert integration.values["payload_format_version"] == "2.0"
    for permission in planned.of("aws_lambda_permission"):
        assert permission.values["qualifier"] == "live"


def test_every_function_publishes_its_versions(planned: PlannedApp) -> None:
    functions = planned.of("aws_lambda_function")

    assert len(functions) == len(FUNCTIONS + archive(planned, "archive"))
    assert all(each.values["publish"] for each in functions)


def test_a_function_is_called_by_what_it_is_for_and_by_nothing_else(planned: PlannedApp) -> None:
    events = "arn:aws:events:us-east-1:111122223333:rule"
    permissions = {
        (
            each.values["function_name"].removeprefix(f"{PROJECT}-{planned.environment}-"),
            each.values["principal"].removesuffix(".amazonaws.com"),
            each.values["source_arn"],
        )
        for each in planned.of("aws_lambda_permission")
    }

    assert permissions == {
        *(
            (name, "apigateway", "arn:aws:execute-api:us-east-1:111122223333:api/*")
            for name in (
                "catalog-api",
                "event-writer",
                "shop-api",
                "studio-api",
                "trending-api",
                "winner-api",
            )
        ),
        ("order-tasks", "events", f"{events}/order-machine"),
        ("order-tasks", "events", f"{events}/reconcile-orders"),
        ("photo-desk", "s3", "arn:aws:s3:::pictures"),
        ("studio-tasks", "events", f"{events}/photos"),
        ("studio-tasks", "events", f"{events}/reconcile"),
    }


def test_what_is_ones_own_takes_a_token_of_the_players_and_nothing_else_does(planned: PlannedApp) -> None:
    routes = {each.values["route_key"]: each.values for each in planned.of("aws_apigatewayv2_route")}
    authorizer = planned.one('module.api.aws_apigatewayv2_authorizer.this["players"]')

    assert {
        key: route["authorization_type"]
        for key, route in routes.items()
        if route["authorization_type"] != "NONE"
    } == {
        "GET /assignments": "JWT",
        "GET /cart": "JWT",
        "GET /orders": "JWT",
        "GET /orders/{orderId}": "JWT",
        "POST /assignments/{productId}/uploads": "JWT",
        "POST /events": "JWT",
        "PUT /orders/{orderId}": "JWT",
    }
    assert authorizer["identity_sources"] == ["$request.header.Authorization"]
    assert authorizer["jwt_configuration"] == [
        {
            "issuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_players",
            "audience": ["client-of-players"],
        }
    ]


def test_events_have_a_throttle_of_their_own(planned: PlannedApp) -> None:
    (stage,) = planned.of("aws_apigatewayv2_stage")
    limits = {each["route_key"]: each["throttling_rate_limit"] for each in stage.values["route_settings"]}
    (default,) = stage.values["default_route_settings"]

    assert set(limits) == {"POST /events", "ANY /events"}
    assert default["throttling_rate_limit"] > 0
    assert all(limit > 0 for limit in limits.values())


def test_the_api_sends_cors_headers_to_the_origins_named_and_never_to_all(planned: PlannedApp) -> None:
    (api,) = planned.of("aws_apigatewayv2_api")

    assert all("*" not in each["allow_origins"] for each in api.values["cors_configuration"])


# Sign-in and the page


def test_players_are_made_by_hand_and_keep_strong_passwords(planned: PlannedApp) -> None:
    pool = planned.one("module.players.aws_cognito_user_pool.this")
    (passwords,), (creation,) = pool["password_policy"], pool["admin_create_user_config"]

    assert creation["allow_admin_create_user_only"] is True
    assert passwords["minimum_length"] >= 12
    assert all(passwords[f"require_{what}"] for what in ("lowercase", "numbers", "symbols", "uppercase"))
    assert pool["mfa_configuration"] == "OPTIONAL"
    assert {each.values["name"] for each in planned.of("aws_cognito_user_group")} == {
        "customer",
        "merchant",
        "photographer",
    }


def test_the_page_signs_in_without_a_secret(planned: PlannedApp) -> None:
    client = planned.one("module.players.aws_cognito_user_pool_client.this")

    assert client["generate_secret"] is False
    assert set(client["explicit_auth_flows"]) == {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["prevent_user_existence_errors"] == "ENABLED"
    assert client["enable_token_revocation"] is True


def test_the_page_is_served_with_the_headers_that_it_was_tested_with(planned: PlannedApp) -> None:
    policy = planned.one("module.site.aws_cloudfront_response_headers_policy.this")
    (security,), (further,) = policy["security_headers_config"], policy["custom_headers_config"]
    (transport,) = security["strict_transport_security"]
    sent = {each["header"].lower(): each["value"] for each in further["items"]} | {
        "content-security-policy": security["content_security_policy"][0]["content_security_policy"],
        "referrer-policy": security["referrer_policy"][0]["referrer_policy"],
        "strict-transport-security": f"max-age={transport['access_control_max_age_sec']}; includeSubDomains",
        "x-content-type-options": "nosniff" if security["content_type_options"][0]["override"] else "",
        "x-frame-options": security["frame_options"][0]["frame_option"],
    }

    assert transport["include_subdomains"] is True
    urls = planned.outputs["cognito_url"], planned.outputs["uploads_url"]
    assert sent == page.build_security_headers("/", *urls)
    assert urls[1] == "https://pictures.s3.us-east-1.amazonaws.com/"


def test_the_api_answers_under_the_pages_own_address(planned: PlannedApp) -> None:
    distribution = planned.one("module.site.aws_cloudfront_distribution.this")
    methods = {
        each["path_pattern"]: {"GET", "HEAD"} ^ set(each["allowed_methods"])
        for each in distribution["ordered_cache_behavior"]
    }
    origins = {each["origin_id"]: each["domain_name"] for each in distribution["origin"]}

    assert {path for path, others in methods.items() if "POST" in others} == {
        "/assignments",
        "/assignments/*/uploads",
        "/cart",
        "/events",
        "/orders",
        "/orders/*",
    }
    assert {path for path, others in methods.items() if not others} == {
        "/categories",
        "/contributions",
        "/contributions/*",
        "/openapi.json",
        "/pictures/*",
        "/products",
        "/products/*",
        "/scores",
        "/trending",
        "/winners",
    }
    assert origins == {
        "backend-api": "api.execute-api.us-east-1.amazonaws.com",
        "files": "site-files.s3.us-east-1.amazonaws.com",
        "pictures": "pictures.s3.us-east-1.amazonaws.com",
    }


def test_uploads_come_from_the_page_and_are_gone_within_days(planned: PlannedApp) -> None:
    (rule,) = planned.one("module.pictures.aws_s3_bucket_cors_configuration.this[0]")["cors_rule"]
    _, uploads = planned.one("module.pictures.aws_s3_bucket_lifecycle_configuration.this")["rule"]

    assert (rule["allowed_origins"], rule["allowed_methods"]) == (["https://site.cloudfront.net"], ["POST"])
    assert uploads["filter"][0]["prefix"] == "incoming/"
    assert uploads["expiration"][0]["days"] == 1
    assert uploads["noncurrent_version_expiration"][0]["noncurrent_days"] == 1
    (versions,) = planned.one("module.pictures.aws_s3_bucket_versioning.this")["versioning_configuration"]
    assert versions["status"] == "Enabled"


def test_a_browser_is_shown_pictures_and_never_what_is_coming_in(planned: PlannedApp) -> None:
    documents = dict(planned.policies())
    (allow,) = (
        statement
        for statement in documents["module.pictures.data.aws_iam_policy_document.this"]
        if statement["Effect"] == "Allow"
    )

    assert (allow["Action"], allow["Resource"]) == ("s3:GetObject", "arn:aws:s3:::pictures/pictures/*")
    assert allow["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/site"}
    }


def test_only_the_distribution_reads_the_pages_files(planned: PlannedApp) -> None:
    documents = dict(planned.policies())
    allows = [
        statement
        for statement in documents["module.site.module.files.data.aws_iam_policy_document.this"]
        if statement["Effect"] == "Allow"
    ]

    assert allows == [
        {
            "Sid": "ReadDistribution",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::site-files/*",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Condition": {
                "StringEquals": {"aws:SourceArn": "arn:aws:cloudfront::111122223333:distribution/site"}
            },
        }
    ]
    (block,) = [
        each.values
        for each in planned.of("aws_s3_bucket_public_access_block")
        if each.address.startswith("module.site.")
    ]
    assert block["block_public_policy"] is True
    assert block["restrict_public_buckets"] is True


def settings_of(function: str) -> set[str]:
    """Return the variables that a function reads: by name, and as fields of what it gives ``read_settings``."""
    code = "".join(file.read_text() for file in (ROOT / "src/hello_retail" / function).glob("*.py"))
    fields = {
        field.target.id.upper()
        for kind in ast.walk(ast.parse((ROOT / "src/hello_retail" / function / "handler.py").read_text()))
        if isinstance(kind, ast.ClassDef) and f"read_settings({kind.name})" in code
        for field in kind.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    return fields | set(re.findall(r"\brequire\w*\(\s*\"([A-Z_]+)\"", code))


def test_the_settings_of_a_function_are_found_in_its_code() -> None:
    assert settings_of("archive") == {"ARCHIVE_BUCKET"}
    assert {"STREAM_NAME", "POWERTOOLS_METRICS_NAMESPACE"} < settings_of("event_writer")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_every_setting_that_it_reads(planned: PlannedApp, function: str) -> None:
    read = settings_of(function)
    (environment,) = planned.one(f"module.{function}.aws_lambda_function.this")["environment"]

    assert read
    assert read <= set(environment["variables"])


# Permissions


def test_every_wildcard_in_a_policy_has_its_reason(planned: PlannedApp) -> None:
    names = f"{PROJECT}-{planned.environment}-", f"{PROJECT}-prod-"
    found = {
        (address, statement.get("Sid", ""), value.replace(*names))
        for address, statements in planned.policies()
        for statement in statements
        for value in [*several(statement["Action"]), *several(statement.get("Resource", []))]
        if "*" in value
    }
    given = {(each["document"], each["statement"], each["value"]) for each in REASONS if each["reason"]}

    assert found - given == set(), "these have no reason in policy_wildcards.toml"
    if planned.environment == "prod":
        assert given - found == set(), "these reasons in policy_wildcards.toml are for nothing"


def test_everyone_is_only_ever_denied(planned: PlannedApp) -> None:
    for address, statements in planned.policies():
        for statement in statements:
            if statement.get("Principal") in ("*", {"AWS": "*"}):
                assert statement["Effect"] == "Deny", address


def test_the_view_may_do_what_it_does_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table"
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/stream"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:winner-view:log-stream:*"

    assert allowed(planned.role_statements("winner_view")) == {
        ("dynamodb:BatchGetItem", f"{table}/contributions"),
        ("dynamodb:GetItem", f"{table}/contributions"),
        ("dynamodb:Scan", f"{table}/redrives"),
        ("dynamodb:UpdateItem", f"{table}/contributions"),
        ("dynamodb:UpdateItem", f"{table}/scores"),
        ("kinesis:DescribeStream", stream),
        ("kinesis:DescribeStreamSummary", stream),
        ("kinesis:GetRecords", stream),
        ("kinesis:GetShardIterator", stream),
        ("kinesis:ListShards", stream),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("kms:Encrypt", KEY),
        ("kms:GenerateDataKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("s3:ListBucket", "arn:aws:s3:::quarantine"),
        ("s3:PutObject", "arn:aws:s3:::quarantine/aws/lambda/*"),
        ("s3:PutObject", "arn:aws:s3:::quarantine/records/*"),
    }


def test_the_archive_may_read_the_stream_and_write_its_bucket_and_nothing_else(
    environments: dict[str, PlannedApp],
) -> None:
    bucket = "arn:aws:s3:::archive-bucket"
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/stream"
    consumer = f"{stream}/consumer/archive-consumer:1700000000"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:archive:log-stream:*"

    for name in ("staging", "prod"):
        assert allowed(environments[name].role_statements("archive")) == {
            ("kinesis:DescribeStream", stream),
            ("kinesis:DescribeStreamConsumer", consumer),
            ("kinesis:DescribeStreamSummary", stream),
            ("kinesis:GetRecords", stream),
            ("kinesis:GetShardIterator", stream),
            ("kinesis:ListShards", stream),
            ("kinesis:SubscribeToShard", consumer),
            ("kms:Decrypt", KEY),
            ("kms:DescribeKey", KEY),
            ("kms:Encrypt", KEY),
            ("kms:GenerateDataKey", KEY),
            ("logs:CreateLogStream", log),
            ("logs:PutLogEvents", log),
            ("s3:GetObject", f"{bucket}/tips/*"),
            ("s3:ListBucket", bucket),
            ("s3:ListBucket", "arn:aws:s3:::quarantine"),
            ("s3:PutObject", f"{bucket}/lineage/*"),
            ("s3:PutObject", f"{bucket}/links/*"),
            ("s3:PutObject", f"{bucket}/records/*"),
            ("s3:PutObject", f"{bucket}/tips/*"),
            ("s3:PutObject", "arn:aws:s3:::quarantine/aws/lambda/*"),
        }


def test_the_archive_keeps_whole_batches_of_a_shard_in_order_from_its_oldest_record(
    environments: dict[str, PlannedApp],
) -> None:
    mapping = environments["prod"].one("module.archive_consumer.aws_lambda_event_source_mapping.this")

    assert mapping["starting_position"] == "TRIM_HORIZON"
    assert mapping["parallelization_factor"] == 1
    assert mapping["maximum_retry_attempts"] == -1
    assert not mapping["filter_criteria"]


def test_the_archive_moves_to_cold_storage_that_can_still_be_read(
    environments: dict[str, PlannedApp],
) -> None:
    lifecycle = "module.archive_bucket.aws_s3_bucket_lifecycle_configuration.this"
    for name, kept in (("staging", 180), ("prod", 0)):
        (rule,) = environments[name].one(lifecycle)["rule"]
        assert [(each["days"], each["storage_class"]) for each in rule["transition"]] == [(30, "GLACIER_IR")]
        assert (rule["expiration"][0]["days"] or 0) == kept
    assert "archive_bucket" not in environments["dev"].outputs


def test_the_trending_view_may_fold_its_table_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/trending"
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/stream"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:trending-view:log-stream:*"

    assert allowed(planned.role_statements("trending_view")) == {
        ("dynamodb:BatchGetItem", table),
        ("dynamodb:UpdateItem", table),
        ("kinesis:DescribeStream", stream),
        ("kinesis:DescribeStreamSummary", stream),
        ("kinesis:GetRecords", stream),
        ("kinesis:GetShardIterator", stream),
        ("kinesis:ListShards", stream),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("kms:Encrypt", KEY),
        ("kms:GenerateDataKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("s3:ListBucket", "arn:aws:s3:::quarantine"),
        ("s3:PutObject", "arn:aws:s3:::quarantine/aws/lambda/*"),
    }


def test_the_trending_api_may_read_its_table_and_nothing_else(planned: PlannedApp) -> None:
    log = "arn:aws:logs:us-east-1:111122223333:log-group:trending-api:log-stream:*"

    assert allowed(planned.role_statements("trending_api")) == {
        ("dynamodb:Scan", "arn:aws:dynamodb:us-east-1:111122223333:table/trending"),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_the_shop_view_may_fold_its_tables_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table"
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/stream"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:shop-view:log-stream:*"

    assert allowed(planned.role_statements("shop_view")) == {
        ("dynamodb:BatchGetItem", f"{table}/catalog"),
        ("dynamodb:UpdateItem", f"{table}/carts"),
        ("dynamodb:UpdateItem", f"{table}/catalog"),
        ("dynamodb:UpdateItem", f"{table}/categories"),
        ("dynamodb:UpdateItem", f"{table}/stock"),
        ("kinesis:DescribeStream", stream),
        ("kinesis:DescribeStreamSummary", stream),
        ("kinesis:GetRecords", stream),
        ("kinesis:GetShardIterator", stream),
        ("kinesis:ListShards", stream),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("kms:Encrypt", KEY),
        ("kms:GenerateDataKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("s3:ListBucket", "arn:aws:s3:::quarantine"),
        ("s3:PutObject", "arn:aws:s3:::quarantine/aws/lambda/*"),
    }


def test_the_catalog_api_may_read_the_shop_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:catalog-api:log-stream:*"

    assert allowed(planned.role_statements("catalog_api")) == {
        ("dynamodb:GetItem", f"{table}/catalog"),
        ("dynamodb:GetItem", f"{table}/stock"),
        ("dynamodb:Query", f"{table}/catalog/index/byCategory"),
        ("dynamodb:Query", f"{table}/categories"),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_the_writer_may_put_an_event_and_remember_a_key_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/idempotency"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:event-writer:log-stream:*"

    assert allowed(planned.role_statements("event_writer")) == {
        ("dynamodb:DeleteItem", table),
        ("dynamodb:PutItem", table),
        ("dynamodb:UpdateItem", table),
        ("kinesis:PutRecord", "arn:aws:kinesis:us-east-1:111122223333:stream/stream"),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("kms:Encrypt", KEY),
        ("kms:GenerateDataKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_what_became_of_a_request_is_forgotten_in_time(planned: PlannedApp) -> None:
    table = planned.one("module.idempotency.aws_dynamodb_table.this")

    assert (table["hash_key"], table["range_key"]) == ("id", None)
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [("expiration", True)]


def test_the_api_may_read_the_views_and_nothing_else(planned: PlannedApp) -> None:
    table = "arn:aws:dynamodb:us-east-1:111122223333:table"
    log = "arn:aws:logs:us-east-1:111122223333:log-group:winner-api:log-stream:*"

    assert allowed(planned.role_statements("winner_api")) == {
        ("dynamodb:GetItem", f"{table}/contributions"),
        ("dynamodb:Query", f"{table}/scores"),
        ("dynamodb:Scan", f"{table}/contributions"),
        ("kms:Decrypt", KEY),
        ("kms:DescribeKey", KEY),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


# The studio: section 5 of its specification, to the letter

TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table"
STATES = "arn:aws:states:us-east-1:111122223333"
STUDIO = f"{TABLE}/studio"
MACHINE = f"{STATES}:stateMachine:photos"
PICTURES = "arn:aws:s3:::pictures"
KEPT = {("kms:Decrypt", KEY), ("kms:DescribeKey", KEY), ("kms:Encrypt", KEY), ("kms:GenerateDataKey", KEY)}


def own_log(function: str) -> set[tuple[str, str]]:
    log = f"arn:aws:logs:us-east-1:111122223333:log-group:{function}:log-stream:*"
    return {("logs:CreateLogStream", log), ("logs:PutLogEvents", log)}


def failed_events(planned: PlannedApp, function: str) -> set[tuple[str, str]]:
    """Return what keeping asynchronous events takes that failed to the end."""
    folder = f"aws/lambda/async/{PROJECT}-{planned.environment}-{function}"
    return {
        ("s3:ListBucket", "arn:aws:s3:::quarantine"),
        ("s3:PutObject", f"arn:aws:s3:::quarantine/{folder}/*"),
    }


def test_the_intake_may_keep_the_studio_and_start_its_machine_and_nothing_else(planned: PlannedApp) -> None:
    stream = "arn:aws:kinesis:us-east-1:111122223333:stream/stream"

    assert allowed(planned.role_statements("studio_intake")) == {
        *(
            (f"dynamodb:{call}", STUDIO)
            for call in ("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
        ),
        *(
            (f"kinesis:{call}", stream)
            for call in (
                "DescribeStream",
                "DescribeStreamSummary",
                "GetRecords",
                "GetShardIterator",
                "ListShards",
            )
        ),
        *((f"states:{call}", MACHINE) for call in ("SendTaskFailure", "SendTaskSuccess", "StartExecution")),
        ("s3:ListBucket", "arn:aws:s3:::quarantine"),
        ("s3:PutObject", "arn:aws:s3:::quarantine/aws/lambda/*"),
        *KEPT,
        *own_log("studio-intake"),
    }


def test_the_machines_steps_may_keep_the_studio_report_pictures_and_nothing_else(planned: PlannedApp) -> None:
    assert allowed(planned.role_statements("studio_tasks")) == {
        *(
            (f"dynamodb:{call}", STUDIO)
            for call in ("DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
        ),
        *((f"states:{call}", MACHINE) for call in ("SendTaskFailure", "SendTaskSuccess")),
        ("states:DescribeExecution", "arn:aws:states:us-east-1:111122223333:execution:photos:*"),
        ("kinesis:PutRecord", "arn:aws:kinesis:us-east-1:111122223333:stream/stream"),
        *failed_events(planned, "studio-tasks"),
        *KEPT,
        *own_log("studio-tasks"),
    }


def test_who_reads_what_strangers_send_reaches_neither_the_stream_nor_a_phone(planned: PlannedApp) -> None:
    assert allowed(planned.role_statements("photo_desk")) == {
        *((f"dynamodb:{call}", STUDIO) for call in ("GetItem", "UpdateItem")),
        *(
            (f"s3:{call}", f"{PICTURES}/incoming/*")
            for call in ("DeleteObject", "DeleteObjectVersion", "GetObject", "GetObjectVersion")
        ),
        *((f"s3:{call}", PICTURES) for call in ("ListBucket", "ListBucketVersions")),
        ("s3:PutObject", f"{PICTURES}/pictures/*"),
        ("states:SendTaskSuccess", MACHINE),
        *failed_events(planned, "photo-desk"),
        *KEPT,
        *own_log("photo-desk"),
    }


def test_the_studios_api_may_read_the_studio_and_sign_uploads_and_nothing_else(planned: PlannedApp) -> None:
    assert allowed(planned.role_statements("studio_api")) == {
        ("dynamodb:GetItem", STUDIO),
        ("s3:PutObject", f"{PICTURES}/incoming/*"),
        *KEPT,
        *own_log("studio-api"),
    }


@pytest.mark.parametrize(("machine", "tasks"), [("photos", "studio_tasks"), ("order_machine", "order_tasks")])
def test_a_machine_may_call_its_steps_and_nothing_else(planned: PlannedApp, machine: str, tasks: str) -> None:
    documents = dict(planned.policies())
    (invoke,) = (
        statement
        for statement in documents[f"module.{machine}.data.aws_iam_policy_document.this"]
        if "lambda:InvokeFunction" in several(statement["Action"])
    )
    name = f"{PROJECT}-{planned.environment}-{tasks.replace('_', '-')}"

    assert invoke["Resource"] == f"arn:aws:lambda:us-east-1:111122223333:function:{name}:live"
    assert planned.one(f"module.{tasks}.aws_lambda_function.this")["function_name"] == name


def test_nobody_is_sent_a_text_unless_messages_are_on(planned: PlannedApp) -> None:
    texts = [
        (address, statement["Sid"])
        for address, statements in planned.policies()
        for statement in statements
        if "sns:Publish" in several(statement["Action"]) and "Principal" not in statement
    ]

    assert planned.outputs["photos"]["messages"] == "none"
    assert texts == []


def test_an_event_that_s3_or_eventbridge_sent_in_vain_is_kept(planned: PlannedApp) -> None:
    kept = {
        each.address.split(".")[1]: each.values["destination_config"][0]["on_failure"][0]["destination"]
        for each in planned.of("aws_lambda_function_event_invoke_config")
    }

    assert kept == dict.fromkeys(("order_tasks", "photo_desk", "studio_tasks"), "arn:aws:s3:::quarantine")


@pytest.mark.parametrize("rule", ["reconcile", "reconcile_orders"])
def test_whatever_was_not_told_is_looked_for(planned: PlannedApp, rule: str) -> None:
    target = planned.one(f"aws_cloudwatch_event_target.{rule}")

    assert planned.one(f"aws_cloudwatch_event_rule.{rule}")["schedule_expression"] == "rate(15 minutes)"
    assert json.loads(target["input"]) == {"action": "reconcile"}


# Carts and orders: section 5 of their specification, to the letter


def test_the_shops_api_may_read_carts_take_orders_and_start_their_machine_and_nothing_else(
    planned: PlannedApp,
) -> None:
    """No order is changed by who takes it, and no stock or payment is seen."""
    assert allowed(planned.role_statements("shop_api")) == {
        ("dynamodb:BatchGetItem", f"{TABLE}/catalog"),
        ("dynamodb:GetItem", f"{TABLE}/orders"),
        ("dynamodb:PutItem", f"{TABLE}/orders"),
        ("dynamodb:Query", f"{TABLE}/carts"),
        ("dynamodb:Query", f"{TABLE}/orders"),
        ("states:StartExecution", f"{STATES}:stateMachine:order-machine"),
        *KEPT,
        *own_log("shop-api"),
    }
    (start,) = (
        each
        for each in planned.role_statements("shop_api")
        if "states:StartExecution" in several(each["Action"])
    )
    assert start["Condition"] == {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": "live"}}


def test_the_steps_of_an_order_may_change_it_its_stock_and_its_payment_and_nothing_else(
    planned: PlannedApp,
) -> None:
    """A transaction is asked for its single actions; there is no condition check, so none is allowed."""
    assert allowed(planned.role_statements("order_tasks")) == {
        ("dynamodb:BatchGetItem", f"{TABLE}/catalog"),
        ("dynamodb:GetItem", f"{TABLE}/orders"),
        ("dynamodb:GetItem", f"{TABLE}/payments"),
        ("dynamodb:Query", f"{TABLE}/orders/index/byOpen"),
        ("dynamodb:UpdateItem", f"{TABLE}/orders"),
        ("dynamodb:UpdateItem", f"{TABLE}/payments"),
        ("dynamodb:UpdateItem", f"{TABLE}/stock"),
        ("kinesis:PutRecords", "arn:aws:kinesis:us-east-1:111122223333:stream/stream"),
        ("states:DescribeExecution", f"{STATES}:execution:order-machine:*"),
        *failed_events(planned, "order-tasks"),
        *KEPT,
        *own_log("order-tasks"),
    }


def test_what_is_under_way_is_found_without_reading_every_order(planned: PlannedApp) -> None:
    table = planned.one("module.orders.aws_dynamodb_table.this")
    (index,) = table["global_secondary_index"]

    assert (table["hash_key"], table["range_key"]) == ("userId", "orderId")
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [("expiresAt", True)]
    assert (index["name"], index["hash_key"], index["range_key"], index["projection_type"]) == (
        "byOpen",
        "open",
        "placedAt",
        "KEYS_ONLY",
    )


def test_a_payment_is_never_forgotten(planned: PlannedApp) -> None:
    """A void bars later authorisations for ever."""
    table = planned.one("module.payments.aws_dynamodb_table.this")

    assert (table["hash_key"], table["range_key"]) == ("orderId", None)
    assert not [each for each in table["ttl"] if each["enabled"]]


def test_an_emptied_line_of_a_cart_is_forgotten_in_time(planned: PlannedApp) -> None:
    table = planned.one("module.carts.aws_dynamodb_table.this")

    assert (table["hash_key"], table["range_key"]) == ("userId", "productId")
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [("expiresAt", True)]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_uses_the_key_through_a_service_or_for_its_own_environment_only(
    planned: PlannedApp, function: str
) -> None:
    ways = set()
    for statement in planned.role_statements(function):
        if any(action.startswith("kms:") for action in several(statement["Action"])):
            ((_, condition),) = statement["Condition"].items()
            ways |= set(condition)

    # Who looks at executions decrypts those of the one machine, and through Step Functions only.
    looks = function in {"order_tasks", "studio_tasks"}
    executions = {"kms:EncryptionContext:aws:states:stateMachineArn"} if looks else set()
    assert ways == {"kms:ViaService", "kms:EncryptionContext:aws:lambda:FunctionArn"} | executions


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_lambda_assumes_a_functions_role(planned: PlannedApp, function: str) -> None:
    documents = dict(planned.policies())

    assert documents[f"module.{function}.data.aws_iam_policy_document.assume_role"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_no_browser_gets_credentials_of_aws(planned: PlannedApp) -> None:
    """Pages have tokens of the API and forms of one upload (defects B1 and B2 of the original)."""
    assert planned.of("aws_cognito_identity_pool") == []
    for address, statements in planned.policies():
        for statement in statements:
            assert "sts:AssumeRoleWithWebIdentity" not in several(statement["Action"]), address
            assert "Federated" not in statement.get("Principal", ()), address


def test_no_function_is_given_a_secret(planned: PlannedApp) -> None:
    """There is none: roles are all that a function has (I2)."""
    names = {
        name
        for function in planned.of("aws_lambda_function")
        for environment in function.values["environment"]
        for name in environment["variables"]
    }
    assert names
    assert [name for name in names if re.search("SECRET|PASSWORD|TOKEN|CREDENTIAL|_KEY$", name)] == []


# Data at rest


def test_everything_at_rest_is_encrypted_with_the_environments_key(planned: PlannedApp) -> None:
    stores = {
        "aws_cloudwatch_log_group": lambda values: values["kms_key_id"],
        "aws_dynamodb_table": lambda values: values["server_side_encryption"][0]["kms_key_arn"],
        "aws_kinesis_stream": lambda values: values["kms_key_id"],
        "aws_lambda_function": lambda values: values["kms_key_arn"],
        "aws_s3_bucket_server_side_encryption_configuration": lambda values: values["rule"][0][
            "apply_server_side_encryption_by_default"
        ][0]["kms_master_key_id"],
        "aws_sfn_state_machine": lambda values: values["encryption_configuration"][0]["kms_key_id"],
        "aws_sns_topic": lambda values: values["kms_master_key_id"],
    }
    keys = {each.address: key(each.values) for kind, key in stores.items() for each in planned.of(kind)}

    assert set(keys.values()) == {KEY}
    assert len(planned.of("aws_kms_key")) == 1


def test_every_function_logs_into_a_group_that_is_there_before_it(planned: PlannedApp) -> None:
    groups = {each.values["name"] for each in planned.of("aws_cloudwatch_log_group")}

    for function in planned.of("aws_lambda_function"):
        (logging,) = function.values["logging_config"]
        assert logging["log_group"] in groups
        assert logging["log_format"] == "JSON"
        assert logging["system_log_level"] == "WARN"


# Names and alarms


def test_every_name_says_project_and_environment(planned: PlannedApp) -> None:
    prefix = f"{PROJECT}-{planned.environment}-"
    attributes = {
        "aws_cloudfront_cache_policy": "name",
        "aws_cloudfront_distribution": "comment",
        "aws_cloudfront_origin_access_control": "name",
        "aws_cloudfront_response_headers_policy": "name",
        "aws_cloudwatch_dashboard": "dashboard_name",
        "aws_cloudwatch_event_rule": "name",
        "aws_cloudwatch_metric_alarm": "alarm_name",
        "aws_cognito_user_pool": "name",
        "aws_cognito_user_pool_client": "name",
        "aws_dynamodb_table": "name",
        "aws_iam_role": "name",
        "aws_kinesis_stream": "name",
        "aws_lambda_function": "function_name",
        "aws_s3_bucket": "bucket",
        "aws_sfn_state_machine": "name",
        "aws_sns_topic": "name",
    }
    names = [(kind, each.values[name]) for kind, name in attributes.items() for each in planned.of(kind)]

    assert [name for _, name in names if not f"{name}-".startswith(prefix)] == []
    assert len(names) == len(set(names))


def test_a_budget_counts_one_environment_alone(environments: dict[str, PlannedApp]) -> None:
    """A filter counts what has any of its values: one that names two tags would count every environment."""
    for name, app in environments.items():
        (counted,) = app.one("aws_budgets_budget.month")["cost_filter"]

        assert counted == {"name": "TagKeyValue", "values": [f"user:Stack${PROJECT}-{name}"]}


def test_a_views_tables_are_named_by_their_generation(planned: PlannedApp) -> None:
    assert planned.outputs["scores_table"] == f"{PROJECT}-{planned.environment}-scores-g1"
    assert planned.outputs["contributions_table"] == f"{PROJECT}-{planned.environment}-contributions-g1"


def test_the_shops_generations_share_the_stock_and_nothing_else(planned: PlannedApp) -> None:
    prefix = f"{PROJECT}-{planned.environment}"
    (index,) = planned.one("module.catalog.aws_dynamodb_table.this")["global_secondary_index"]

    assert planned.outputs["live_shop_generation"] == 1
    assert planned.outputs["shop_generations"]["1"].keys() == {
        "build", "catalog_table", "categories_table", "enabled", "function", "mapping",
    }  # fmt: skip
    assert planned.outputs["catalog_table"] == f"{prefix}-catalog-g1"
    assert planned.outputs["categories_table"] == f"{prefix}-categories-g1"
    assert planned.outputs["stock_table"] == f"{prefix}-stock"
    assert (index["name"], index["hash_key"], index["range_key"]) == ("byCategory", "category", "sortName")
    assert set(index["non_key_attributes"]) == {"brand", "cents", "description", "image", "name"}


def test_weights_of_another_half_life_cannot_meet(planned: PlannedApp) -> None:
    table = f"{PROJECT}-{planned.environment}-trending-h60-g1"
    view, api = (
        planned.one(f"module.{function}.aws_lambda_function.this")["environment"][0]["variables"]
        for function in ("trending_view", "trending_api")
    )

    assert planned.outputs["trending_table"] == table
    assert planned.outputs["functions"]["trending_view"].endswith("-trending-view-h60-g1")
    assert view["HALF_LIFE_MINUTES"] == api["HALF_LIFE_MINUTES"] == "60"
    assert view["TRENDING_TABLE"] == api["TRENDING_TABLE"] == table


def test_what_sells_no_more_is_forgotten_in_time(planned: PlannedApp) -> None:
    table = planned.one("module.trending.aws_dynamodb_table.this")

    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [("expiresAt", True)]


def test_who_is_photographed_and_by_whom_is_forgotten_in_time(planned: PlannedApp) -> None:
    table = planned.one("module.studio.aws_dynamodb_table.this")

    assert (table["hash_key"], table["range_key"]) == ("line", "place")
    assert [(each["attribute_name"], each["enabled"]) for each in table["ttl"]] == [("expiresAt", True)]


def test_the_outputs_that_people_rely_on_are_there(planned: PlannedApp) -> None:
    assert set(planned.outputs) >= {
        "api_url",
        "carts_table",
        "catalog_table",
        "categories_table",
        "contributions_table",
        "currency",
        "functions",
        "idempotency_table",
        "orders_machine_arn",
        "orders_table",
        "payments_table",
        "photos",
        "photos_machine_arn",
        "pictures_bucket",
        "quarantine_bucket",
        "redrives_table",
        "scores_table",
        "site_bucket",
        "site_url",
        "stock_table",
        "stream_name",
        "studio_table",
        "trending_table",
        "uploads_url",
        "user_pool_client_id",
        "user_pool_id",
        "workshop",
    }
    assert planned.outputs["site_url"] == "https://site.cloudfront.net"
    assert planned.outputs["functions"] == {
        **dict.fromkeys(archive(planned, "archive"), f"{PROJECT}-{planned.environment}-archive"),
        "catalog_api": f"{PROJECT}-{planned.environment}-catalog-api",
        "shop_view": f"{PROJECT}-{planned.environment}-shop-view",
        "event_writer": f"{PROJECT}-{planned.environment}-event-writer",
        "order_tasks": f"{PROJECT}-{planned.environment}-order-tasks",
        "photo_desk": f"{PROJECT}-{planned.environment}-photo-desk",
        "shop_api": f"{PROJECT}-{planned.environment}-shop-api",
        "studio_api": f"{PROJECT}-{planned.environment}-studio-api",
        "studio_intake": f"{PROJECT}-{planned.environment}-studio-intake",
        "studio_tasks": f"{PROJECT}-{planned.environment}-studio-tasks",
        "trending_api": f"{PROJECT}-{planned.environment}-trending-api",
        "trending_view": f"{PROJECT}-{planned.environment}-trending-view-h60-g1",
        "winner_api": f"{PROJECT}-{planned.environment}-winner-api",
        "winner_view": f"{PROJECT}-{planned.environment}-winner-view",
    }


def test_every_alarm_says_what_it_means_and_is_silent_without_data(planned: PlannedApp) -> None:
    for alarm in planned.of("aws_cloudwatch_metric_alarm"):
        assert ". Runbook: docs/runbooks/" in alarm.values["alarm_description"], alarm.address
        assert alarm.values["treat_missing_data"] == "notBreaching", alarm.address


def test_every_part_of_the_way_of_a_sale_has_its_alarms(planned: PlannedApp) -> None:
    assert {part: set(alarms) for part, alarms in planned.outputs["alarm_arns"].items()} == {
        "api": {"server_errors", "latency"},
        "carts": {"read_throttles", "write_throttles", "system_errors"},
        "catalog": {
            "byCategory.read_throttles",
            "byCategory.write_throttles",
            "read_throttles",
            "write_throttles",
            "system_errors",
        },
        "catalog_api": {"errors", "throttles", "duration"},
        "categories": {"read_throttles", "write_throttles", "system_errors"},
        "contributions": {"read_throttles", "write_throttles", "system_errors"},
        "event_writer": {"errors", "throttles", "duration"},
        "idempotency": {"read_throttles", "write_throttles", "system_errors"},
        "order_machine": {"failed", "timed_out", "aborted", "throttled"},
        "order_tasks": {"errors", "throttles", "duration"},
        "orders": {
            "byOpen.read_throttles",
            "byOpen.write_throttles",
            "read_throttles",
            "write_throttles",
            "system_errors",
        },
        "orders_waiting": {"oldest_open"},
        "payments": {"read_throttles", "write_throttles", "system_errors"},
        "photo_desk": {"errors", "throttles", "duration"},
        "photos": {"failed", "timed_out", "aborted", "throttled"},
        "players": {"sign_in_throttles", "failed_sign_ins"},
        "products_waiting": {"longest_wait"},
        "quarantine": {"records_quarantined"},
        "redrives": {"read_throttles", "write_throttles", "system_errors"},
        "scores": {"read_throttles", "write_throttles", "system_errors"},
        "shop_api": {"errors", "throttles", "duration"},
        "shop_view": {"errors", "throttles", "duration"},
        "shop_view_consumer": {"iterator_age", "given_up", "dropped"},
        "stock": {"read_throttles", "write_throttles", "system_errors"},
        "stream": {"write_throttles"},
        "studio": {"read_throttles", "write_throttles", "system_errors"},
        "studio_api": {"errors", "throttles", "duration"},
        "studio_intake": {"errors", "throttles", "duration"},
        "studio_intake_consumer": {"iterator_age", "given_up", "dropped"},
        "studio_tasks": {"errors", "throttles", "duration"},
        "trending": {"read_throttles", "write_throttles", "system_errors"},
        "trending_api": {"errors", "throttles", "duration"},
        "trending_consumer": {"iterator_age", "given_up", "dropped"},
        "trending_view": {"errors", "throttles", "duration"},
        "winner_api": {"errors", "throttles", "duration"},
        "winner_view": {"errors", "throttles", "duration"},
        "winner_view_consumer": {"iterator_age", "given_up", "dropped"},
        **{part: {"errors", "throttles", "duration"} for part in archive(planned, "archive")},
        **{part: {"iterator_age", "given_up", "dropped"} for part in archive(planned, "archive_consumer")},
    }


def test_the_quarantines_alarm_watches_the_metric_that_the_view_emits(planned: PlannedApp) -> None:
    alarm = planned.one("aws_cloudwatch_metric_alarm.records_quarantined")
    (environment,) = planned.one("module.winner_view.aws_lambda_function.this")["environment"]
    code = (ROOT / "src/hello_retail/winner_view/handler.py").read_text()

    assert f'"{alarm["metric_name"]}"' in code
    assert alarm["namespace"] == environment["variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["dimensions"] == {
        "service": environment["variables"]["POWERTOOLS_SERVICE_NAME"],
        "Environment": environment["variables"]["ENVIRONMENT"],
        "Generation": environment["variables"]["GENERATION"],
    }


@pytest.mark.parametrize(
    ("waiting", "tasks"), [("products_waiting", "studio_tasks"), ("orders_waiting", "order_tasks")]
)
def test_the_wait_that_is_watched_is_the_one_that_is_measured(
    planned: PlannedApp, waiting: str, tasks: str
) -> None:
    alarm = planned.one(f"aws_cloudwatch_metric_alarm.{waiting}")
    (environment,) = planned.one(f"module.{tasks}.aws_lambda_function.this")["environment"]
    code = (ROOT / f"src/hello_retail/{tasks}/handler.py").read_text()

    assert f'"{alarm["metric_name"]}"' in code
    assert alarm["namespace"] == environment["variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    assert alarm["dimensions"] == {
        "service": environment["variables"]["POWERTOOLS_SERVICE_NAME"],
        "Environment": environment["variables"]["ENVIRONMENT"],
    }


def test_who_is_woken_has_time_before_anything_is_given_up(planned: PlannedApp) -> None:
    """A product waits for `photos.patience_days`, and a step of an order is tried for two hours."""
    products, orders = (
        planned.one(f"aws_cloudwatch_metric_alarm.{kind}_waiting")["threshold"]
        for kind in ("products", "orders")
    )

    assert products < planned.outputs["photos"]["patience_days"] * 86400
    assert OPEN_SECONDS < orders < 2 * 3600


# What sets the environments apart


def test_only_dev_is_a_workshop_and_in_a_hurry(environments: dict[str, PlannedApp]) -> None:
    for name, planned in environments.items():
        (writer,) = planned.one("module.event_writer.aws_lambda_function.this")["environment"]
        workshop, minutes = ("true", 2) if name == "dev" else ("false", 15)

        assert writer["variables"]["WORKSHOP"] == workshop
        assert planned.outputs["workshop"] is (workshop == "true")
        assert planned.outputs["photos"]["minutes"] == minutes


def test_dev_is_cheap_and_disposable(environments: dict[str, PlannedApp]) -> None:
    dev = environments["dev"]
    stream = dev.one("module.stream.aws_kinesis_stream.this")

    assert (stream["shard_count"], stream["retention_period"]) == (1, 24)
    assert dev.one(CONSUMER)["maximum_batching_window_in_seconds"] == 1
    assert not any(each.values["deletion_protection_enabled"] for each in dev.of("aws_dynamodb_table"))
    assert all(each.values["force_destroy"] for each in dev.of("aws_s3_bucket"))


def test_staging_is_prod_in_small(environments: dict[str, PlannedApp]) -> None:
    staging, prod = environments["staging"], environments["prod"]
    stream = "module.stream.aws_kinesis_stream.this"

    assert 1 < staging.one(stream)["shard_count"] <= prod.one(stream)["shard_count"]
    for table in staging.of("aws_dynamodb_table"):
        twin = prod.one(table.address)
        assert table.values["deletion_protection_enabled"] == twin["deletion_protection_enabled"]
        assert table.values["point_in_time_recovery"] == twin["point_in_time_recovery"]
    for name in ("batch_size", "maximum_batching_window_in_seconds"):
        assert staging.one(CONSUMER)[name] == prod.one(CONSUMER)[name]


def test_prod_keeps_what_must_not_be_lost(environments: dict[str, PlannedApp]) -> None:
    prod = environments["prod"]

    for table in prod.of("aws_dynamodb_table"):
        assert table.values["deletion_protection_enabled"] is True
        assert [each["enabled"] for each in table.values["point_in_time_recovery"]] == [True]
    assert prod.one("module.stream.aws_kinesis_stream.this")["retention_period"] == 168
    assert prod.one("module.players.aws_cognito_user_pool.this")["deletion_protection"] == "ACTIVE"
    kept = {
        each.values["name"]: each.values["retention_in_days"] for each in prod.of("aws_cloudwatch_log_group")
    }
    assert kept.pop(f"/aws/vendedlogs/apigateway/{PROJECT}-prod-api-requests") == 90
    assert set(kept.values()) == {365}
    assert not any(each.values["force_destroy"] for each in prod.of("aws_s3_bucket"))


def test_prods_window_is_five_seconds_and_its_alarms_reach_a_topic(
    environments: dict[str, PlannedApp],
) -> None:
    prod = environments["prod"]
    topic = ["arn:aws:sns:us-east-1:111122223333:alarms"]

    assert prod.one(CONSUMER)["maximum_batching_window_in_seconds"] == 5
    for alarm in prod.of("aws_cloudwatch_metric_alarm"):
        assert alarm.values["alarm_actions"] == topic, alarm.address
        assert alarm.values["ok_actions"] == topic, alarm.address
    assert len(prod.of("aws_sns_topic_subscription")) >= 1
