"""Every module with all its inputs given, and every way in which a caller can change them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2

ROOT = Path(__file__).parents[2]
ACCOUNT = "000000000000"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/22222222-2222-3333-4444-555555555555"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/fixture-boundary"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
ENTERPRISE_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/github.example.com/_services/token"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
LAYER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:fixture-tools"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fixture"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:fixture-failures"
OTHER_CERTIFICATE = CERTIFICATE.replace("1111-2222", "9999-2222")
FIREWALL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/shop/11111111-2222-3333-4444-555555555555"
WATCHED = {"alarm_actions": [TOPIC], "runbooks_url": "docs/runbooks", "tags": {"team": "one"}}
WATCHED_OTHERWISE = {"alarm_actions": [f"{TOPIC}-2"], "runbooks_url": "docs/other", "tags": {"team": "two"}}
Inputs = dict[str, Any]


def statement(*actions: str) -> Inputs:
    return {"actions": list(actions), "resources": ["*"], "conditions": []}


def further(*actions: str) -> Inputs:
    """Return a statement of a policy that a bucket or a key has."""
    return {
        "principals": {"type": "AWS", "identifiers": [f"arn:aws:iam::{ACCOUNT}:root"]},
        "actions": list(actions),
        "conditions": [],
    }


def function_behind(name: str) -> Inputs:
    alias = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:live"
    invoke = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{alias}/invocations"
    return {"function_name": name, "alias_name": "live", "alias_invoke_arn": invoke}


def alias_of(name: str) -> Inputs:
    """Return the alias of the function ``name``, as what calls it asynchronously takes it."""
    alias = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:live"
    return {"function_name": name, "alias_name": "live", "alias_arn": alias}


def definition_of(name: str) -> str:
    """Return a state machine that invokes the function ``name``."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": alias_of(name)["alias_arn"], "Payload": "{% $states.input %}"},
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "End": True,
    }
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Work", "States": {"Work": task}})


def reading(name: str, stream: str) -> Inputs:
    """Return what a consumer takes that names the function ``name`` and the stream ``stream``."""
    return {
        "function": {
            "name": name,
            "alias_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:live",
            "role_name": "fixture",
        },
        "stream": {
            "arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream}",
            "name": stream,
            "retention_hours": 24,
        },
    }


def environment(name: str) -> Inputs:
    return {
        "plan_subjects": ["repo:ada/weather:pull_request"],
        "apply_subjects": [f"repo:ada/weather:environment:{name}"],
        "plan_policies": {"look": {"tables": statement("dynamodb:DescribeTable")}},
        "apply_policies": {"make": {"tables": statement("dynamodb:CreateTable")}},
        "boundary_statements": {"use": statement("dynamodb:GetItem")},
    }


@dataclass(frozen=True)
class Module:
    """A module with all its inputs.

    Attributes:
        given: a value of every input.
        other: another value of every input.
        also: further changes by their names, of several inputs at once.
        refused: words with which a plan refuses the change of that name.
        usual: the name of the change that `make test` tries.

    """

    given: Inputs
    other: Inputs
    usual: str
    also: dict[str, Inputs] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


MODULES = {
    "bucket": Module(
        given={
            "name": "changes-files",
            "kms_key_arn": KEY,
            "versioning": True,
            "lifecycle_days": {"cold": 30, "expire": 90, "expire_noncurrent": 7, "abort_multipart": 3},
            "cors": {
                "allowed_origins": ["https://shop.example.com"],
                "allowed_methods": ["POST"],
                "allowed_headers": ["x-amz-meta-*"],
                "expose_headers": ["etag"],
                "max_age_seconds": 60,
            },
            "expiring_prefixes": {
                "logs": {"prefix": "logs/", "days": 7},
                "drafts": {"prefix": "drafts/", "days": 3},
            },
            "further_statements": {
                "Reports": further("s3:GetObject"),
                "Backup": further("s3:ListBucket"),
            },
            "force_destroy": True,
            "notify": {
                "records": {"function": alias_of("fixture-one"), "prefix": "records/"},
                "links": {"function": alias_of("fixture-two"), "prefix": "links/"},
            },
            "prefixes": {"records": "records/", "links": "links/"},
            "readers": {
                "site": {
                    "service": "cloudfront",
                    "source_arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1",
                    "prefix": "site/",
                },
                "logs": {"service": "logs", "source_arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:a"},
            },
            "tags": {"team": "one"},
        },
        other={
            "name": "changes-other-files",
            "kms_key_arn": OTHER_KEY,
            "versioning": False,
            "lifecycle_days": {"cold": None, "expire": 30, "expire_noncurrent": 3, "abort_multipart": 2},
            "cors": {"allowed_origins": ["https://shop.example.org"], "allowed_methods": ["GET"]},
            "expiring_prefixes": {"logs": {"prefix": "logs/", "days": 14}},
            "further_statements": {"Reports": {**further("s3:GetObject", "s3:PutObject"), "effect": "Deny"}},
            "force_destroy": False,
            "notify": {"records": {"function": alias_of("fixture-two"), "prefix": "other/"}},
            "prefixes": {"records": "other/"},
            "readers": {
                "site": {
                    "service": "cloudfront",
                    "source_arn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/E2",
                }
            },
            "tags": {"team": "two"},
        },
        usual="remove readers.logs",
    ),
    "ci-roles": Module(
        given={
            "audience": "sts.amazonaws.com",
            "ceiling_services": ["dynamodb", "s3"],
            "environments": {"dev": environment("dev"), "prod": environment("prod")},
            "issuer": "https://token.actions.githubusercontent.com",
            "name_prefix": "weather",
            "oidc_provider_arn": PROVIDER,
            "session_seconds": 7200,
            "tags": {"team": "one"},
        },
        other={
            "audience": "sts.amazonaws.com.cn",
            "ceiling_services": ["dynamodb"],
            "environments": {
                "dev": {
                    **environment("dev"),
                    "plan_policies": {"see": {"tables": statement("dynamodb:DescribeTable")}},
                },
                "prod": environment("prod"),
            },
            "issuer": "https://github.example.com/_services/token",
            "name_prefix": "climate",
            "oidc_provider_arn": ENTERPRISE_PROVIDER,
            "session_seconds": 3600,
            "tags": {"team": "two"},
        },
        also={
            "another issuer": {
                "issuer": "https://github.example.com/_services/token",
                "oidc_provider_arn": ENTERPRISE_PROVIDER,
            }
        },
        refused={
            "change issuer": "belong together",
            "change oidc_provider_arn": "belong together",
        },
        usual="change environments",
    ),
    "encryption-key": Module(
        given={
            "name": "changes",
            "description": "Encrypts what changes.",
            "existing_key": None,
            "further_statements": {
                "Reports": further("kms:Decrypt"),
                "Backup": further("kms:DescribeKey"),
            },
            "log_delivery": True,
            "log_group_patterns": ["/aws/lambda/changes-*"],
            "services": ["cloudwatch", "sns"],
            "readers": {
                "cloudfront": [f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"],
                "logs": [f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:*"],
            },
            "deletion_window_days": 7,
            "rotation_period_days": 90,
            "tags": {"team": "one"},
        },
        other={
            "name": "changes/other",
            "description": "Encrypts other things.",
            "existing_key": {"arn": OTHER_KEY},
            "further_statements": {
                "Reports": {**further("kms:Decrypt", "kms:DescribeKey"), "effect": "Deny"}
            },
            "log_delivery": False,
            "log_group_patterns": [],
            "services": ["s3"],
            "readers": {"cloudfront": [f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"]},
            "deletion_window_days": 8,
            "rotation_period_days": 91,
            "tags": {"team": "two"},
        },
        usual="change name",
    ),
    "event-stream": Module(
        given={
            "name": "changes-clicks",
            "shard_count": 2,
            "retention_hours": 48,
            "kms_key_arn": KEY,
            "shard_level_metrics": ["IncomingBytes", "IncomingRecords"],
            "enforce_consumer_deletion": True,
            "writer_account_ids": ["444455556666"],
            "permissions_boundary_arn": BOUNDARY,
            "alarms_enabled": True,
            "alarms": {"write_throttles": 3, "breaching_minutes": 2, "evaluation_minutes": 3},
            **WATCHED,
        },
        other={
            "name": "changes-sales",
            "shard_count": 4,
            "retention_hours": 24,
            "kms_key_arn": OTHER_KEY,
            "shard_level_metrics": ["OutgoingBytes"],
            "enforce_consumer_deletion": False,
            "writer_account_ids": ["777788889999"],
            "permissions_boundary_arn": f"{BOUNDARY}-2",
            "alarms_enabled": False,
            "alarms": {"write_throttles": 4, "breaching_minutes": 1, "evaluation_minutes": 1},
            **WATCHED_OTHERWISE,
        },
        also={"on demand": {"shard_count": None}},
        refused={"leave out alarms.evaluation_minutes": "An alarm cannot ring"},
        usual="leave out writer_account_ids",
    ),
    "function": Module(
        given={
            "alarms_enabled": True,
            "alarms": {"errors": 1, "throttles": 1, "duration_share": 0.5, "period_seconds": 60},
            "architecture": "arm64",
            "artifact": {"path": "one.zip"},
            "canary": None,
            "description": "Changes.",
            "environment": {"ONE": "1", "TWO": "2"},
            "ephemeral_storage_mb": 1024,
            "existing_role": None,
            "handler": "f.handler",
            "kms_key_arn": KEY,
            "layers": [f"{LAYER}:1", f"{LAYER}:2"],
            "log": {"retention_days": 7, "level": "WARN"},
            "managed_policy_arns": {"one": f"{BOUNDARY}", "two": f"{BOUNDARY}-2"},
            "memory_mb": 512,
            "name": "changes-orders",
            "on_failure": {"bucket_arn": "arn:aws:s3:::fixture-failures", "kms_key_arn": OTHER_KEY},
            "permissions_boundary_arn": BOUNDARY,
            "policy_statements": {
                "read": statement("dynamodb:GetItem"),
                "write": statement("dynamodb:PutItem"),
            },
            "reserved_concurrency": 5,
            "role_path": "/teams/",
            "runtime": "python3.13",
            "timeout_seconds": 20,
            "tracing_mode": "Active",
            "vpc": {"subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"]},
            **WATCHED,
        },
        other={
            "alarms_enabled": False,
            "alarms": {"errors": 2, "throttles": 2, "duration_share": 0.6, "period_seconds": 120},
            "architecture": "x86_64",
            "artifact": {"path": "two.zip"},
            "canary": {"version": "1", "weight": 0.1},
            "description": "Changes otherwise.",
            "environment": {"ONE": "2"},
            "ephemeral_storage_mb": 512,
            "existing_role": {"arn": ROLE},
            "handler": "f.other",
            "kms_key_arn": OTHER_KEY,
            "layers": [f"{LAYER}:2"],
            "log": {"retention_days": 14, "level": "INFO"},
            "managed_policy_arns": {"one": f"{BOUNDARY}-2"},
            "memory_mb": 256,
            "name": "changes-sales",
            "on_failure": {"bucket_arn": "arn:aws:s3:::fixture-other-failures"},
            "permissions_boundary_arn": f"{BOUNDARY}-2",
            "policy_statements": {"read": statement("dynamodb:Query")},
            "reserved_concurrency": 0,
            "role_path": "/others/",
            "runtime": "python3.12",
            "timeout_seconds": 30,
            "tracing_mode": "PassThrough",
            "vpc": {"subnet_ids": ["subnet-3"], "security_group_ids": ["sg-1", "sg-2"]},
            **WATCHED_OTHERWISE,
        },
        also={
            "another's role": {
                "existing_role": {"arn": ROLE},
                "managed_policy_arns": {},
                "permissions_boundary_arn": None,
                "policy_statements": {},
                "role_path": "/",
            },
            "code from a bucket": {
                "artifact": {"s3": {"bucket": "fixture-failures", "key": "one.zip", "version": "null"}}
            },
        },
        usual="change name",
        refused={
            "change existing_role": "which this module does not change",
            "leave out artifact.path": "give exactly one of them",
            "leave out handler": "a zip needs one",
        },
    ),
    "http-api": Module(
        given={
            "alarms_enabled": True,
            "alarms": {"server_errors": 1, "latency_ms": 500, "period_seconds": 60},
            "authorizers": {
                "staff": {
                    "issuer": "https://staff.example.com",
                    "audience": ["shop"],
                    "identity_source": "$request.header.Authorization",
                },
                "guests": {"issuer": "https://guests.example.com", "audience": ["shop"]},
            },
            "cors": {
                "allow_origins": ["https://shop.example.com"],
                "allow_methods": ["GET", "POST"],
                "allow_headers": ["authorization", "x-amz-date", "x-amz-security-token"],
                "expose_headers": ["etag"],
                "allow_credentials": True,
                "max_age_seconds": 60,
            },
            "description": "Changes.",
            "domain": {
                "name": "api.example.com",
                "certificate_arn": CERTIFICATE,
                "keep_default_endpoint": True,
            },
            "function_authorizers": {
                "gate": {
                    **function_behind("fixture-one"),
                    "identity_sources": ["$request.header.authorization", "$context.routeKey"],
                    "cache_seconds": 60,
                },
                "hatch": function_behind("fixture-two"),
            },
            "functions": {"books": function_behind("fixture-one"), "loans": function_behind("fixture-two")},
            "kms_key_arn": KEY,
            "log": {"retention_days": 7},
            "name": "changes-shop",
            "routes": {
                "GET /books": {"function": "books"},
                "POST /books": {
                    "function": "books",
                    "authorizer": "staff",
                    "scopes": ["books/write"],
                    "throttle": {"burst": 5, "rate_per_second": 2},
                },
                "GET /loans": {"function": "loans", "authorizer": "guests"},
                "PUT /loans": {"function": "loans", "authorizer": "gate"},
                "GET /stock": {"function": "loans", "authorizer": "hatch"},
                "PUT /stock": {"function": "loans", "authorizer": "AWS_IAM"},
            },
            "throttle": {"burst": 10, "rate_per_second": 5},
            **WATCHED,
        },
        other={
            "alarms_enabled": False,
            "alarms": {"server_errors": 2, "latency_ms": 600, "period_seconds": 120},
            "authorizers": {
                "staff": {"issuer": "https://staff.example.org", "audience": ["till"]},
                "guests": {"issuer": "https://guests.example.org", "audience": ["shop"]},
            },
            "cors": {
                "allow_origins": ["https://shop.example.org"],
                "allow_headers": ["authorization", "accept", "x-key"],
            },
            "description": "Changes otherwise.",
            "domain": {"name": "api.example.org", "certificate_arn": OTHER_CERTIFICATE},
            "function_authorizers": {
                "gate": {**function_behind("fixture-two"), "identity_sources": ["$request.header.x-key"]},
                "hatch": function_behind("fixture-two"),
            },
            "functions": {"books": function_behind("fixture-two"), "loans": function_behind("fixture-one")},
            "kms_key_arn": OTHER_KEY,
            "log": {"retention_days": 14},
            "name": "changes-library",
            "routes": {
                "GET /books/{id}": {"function": "books", "throttle": {"burst": 5, "rate_per_second": 2}},
                "POST /books": {"function": "loans", "authorizer": "guests"},
            },
            "throttle": {"burst": 11, "rate_per_second": 6},
            **WATCHED_OTHERWISE,
        },
        also={
            "300 routes to one function": {
                "routes": {f"GET /books/{number}": {"function": "books"} for number in range(300)}
            },
            "authorizers of another kind": {
                "authorizers": {"hatch": {"issuer": "https://guests.example.com", "audience": ["shop"]}},
                "function_authorizers": {
                    "staff": function_behind("fixture-one"),
                    "guests": function_behind("fixture-two"),
                },
                "routes": {
                    "POST /books": {"function": "books", "authorizer": "staff"},
                    "GET /loans": {"function": "loans", "authorizer": "guests"},
                    "GET /stock": {"function": "loans", "authorizer": "hatch"},
                },
            },
        },
        usual="remove authorizers.staff",
        refused={
            "change cors": "cors.allow_headers",
            "change function_authorizers": "cors.allow_headers",
            "leave out cors.allow_headers": "cors.allow_headers",
        },
    ),
    "queue-worker": Module(
        given={
            "function": {
                **reading("fixture-one", "")["function"],
                "timeout_seconds": 3,
                "attach_policy": True,
            },
            "alarms_enabled": True,
            "alarms": {"age_seconds": 60, "evaluation_periods": 2},
            "batch_size": 20,
            "batching_window_seconds": 2,
            "enabled": True,
            "filter_patterns": ['{"body":{"kind":["sale"]}}'],
            "kms_key_arn": KEY,
            "maximum_concurrency": 3,
            "maximum_receives": 6,
            "name": "changes-letters",
            "policy_statements": {
                "decrypt": statement("kms:Decrypt"),
                "describe": statement("kms:DescribeKey"),
            },
            "retention_seconds": 86400,
            "senders": {
                "letters": {"service": "sns", "source_arn": TOPIC},
                "clock": {
                    "service": "events",
                    "source_arn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/clock",
                },
            },
            **WATCHED,
        },
        other={
            "function": {**reading("fixture-two", "")["function"], "timeout_seconds": 4},
            "alarms_enabled": False,
            "alarms": {"age_seconds": 61, "evaluation_periods": 3},
            "batch_size": 10,
            "batching_window_seconds": 3,
            "enabled": False,
            "filter_patterns": ['{"body":{"kind":["view"]}}'],
            "kms_key_arn": OTHER_KEY,
            "maximum_concurrency": 4,
            "maximum_receives": 7,
            "name": "changes-parcels",
            "policy_statements": {"decrypt": statement("kms:Decrypt", "kms:DescribeKey")},
            "retention_seconds": 172800,
            "senders": {"letters": {"service": "sns", "source_arn": f"{TOPIC}-2"}},
            **WATCHED_OTHERWISE,
        },
        usual="change name",
        refused={
            "leave out batching_window_seconds": "give 10 messages at most",
            "remove policy_statements.decrypt": "No statement allows kms:Decrypt",
        },
    ),
    "state-machine": Module(
        given={
            "alarms_enabled": True,
            "alarms": {"failed": 1, "timed_out": 1, "aborted": 1, "throttled": 1, "period_seconds": 60},
            "definition": definition_of("fixture-one"),
            "ended": {"function": alias_of("fixture-one")},
            "functions": {
                "one": alias_of("fixture-one")["alias_arn"],
                "two": alias_of("fixture-two")["alias_arn"],
            },
            "kms_key_arn": KEY,
            "log_retention_days": 7,
            "name": "changes-greetings",
            "permissions_boundary_arn": BOUNDARY,
            "role_path": "/teams/",
            **WATCHED,
        },
        other={
            "alarms_enabled": False,
            "alarms": {"failed": 2, "timed_out": 2, "aborted": 2, "throttled": 2, "period_seconds": 120},
            "definition": definition_of("fixture-two"),
            "ended": {"function": alias_of("fixture-two")},
            "functions": {"one": alias_of("fixture-one")["alias_arn"]},
            "kms_key_arn": OTHER_KEY,
            "log_retention_days": 14,
            "name": "changes-farewells",
            "permissions_boundary_arn": f"{BOUNDARY}-2",
            "role_path": "/others/",
            **WATCHED_OTHERWISE,
        },
        usual="change name",
        refused={"remove functions.one": "its role may not invoke"},
    ),
    "static-site": Module(
        given={
            "allowed_sources": {
                "connect": ["https://api.example.com"],
                "script": ["https://cdn.example.com"],
                "style": ["https://cdn.example.com"],
                "image": ["data:"],
                "font": ["'self'"],
            },
            "backends": {
                "api": {
                    "url": "https://api.example.com/v1",
                    "cached_paths": ["/boards/*"],
                    "uncached_paths": ["/events"],
                },
                "maps": {"url": "https://maps.example.com", "uncached_paths": ["/maps/*"]},
            },
            "backends_max_age_seconds": 2,
            "bucket_name": "changes-site",
            "denied_features": ["camera"],
            "domain": {"names": ["shop.example.com"], "certificate_arn": CERTIFICATE},
            "force_destroy": True,
            "keep_replaced_files_days": 7,
            "kms_key_arn": KEY,
            "name": "changes-board",
            "pictures": {
                "bucket_domain_name": "changes-pictures.s3.us-east-1.amazonaws.com",
                "path": "/pictures/*",
            },
            "price_class": "PriceClass_200",
            "tags": {"team": "one"},
            "trusted_types": ["page"],
            "wait_for_deployment": False,
            "web_acl_arn": FIREWALL,
        },
        other={
            "allowed_sources": {"connect": ["https://api.example.org"]},
            "backends": {"api": {"url": "https://api.example.org", "cached_paths": ["/events"]}},
            "backends_max_age_seconds": 3,
            "bucket_name": "changes-other-site",
            "denied_features": ["usb"],
            "domain": {"names": ["shop.example.org", "*.shop.example.org"], "certificate_arn": CERTIFICATE},
            "force_destroy": False,
            "keep_replaced_files_days": 14,
            "kms_key_arn": OTHER_KEY,
            "name": "changes-shelf",
            "pictures": {
                "bucket_domain_name": "changes-others.s3.us-east-1.amazonaws.com",
                "path": "/images/*",
            },
            "price_class": "PriceClass_All",
            "tags": {"team": "two"},
            "trusted_types": ["other"],
            "wait_for_deployment": True,
            "web_acl_arn": FIREWALL.replace("/shop/", "/till/"),
        },
        usual="leave out backends.api.cached_paths",
    ),
    "stream-consumer": Module(
        given={
            **reading("fixture-one", "fixture-clicks"),
            "alarms_enabled": True,
            "alarms": {"iterator_age_seconds": 60, "evaluation_periods": 2},
            "batch_size": 200,
            "batching_window_seconds": 2,
            "enabled": False,
            "failure_destination": {"bucket_arn": "arn:aws:s3:::fixture-failures"},
            "fan_out": True,
            "filter_patterns": ['{"data":{"kind":["sale"]}}'],
            "maximum_record_age_seconds": 3600,
            "order_free": True,
            "parallelization_factor": 2,
            "policy_statements": {
                "read": statement("kinesis:GetRecords"),
                "decrypt": statement("kms:Decrypt"),
            },
            "starting_position": "LATEST",
            **WATCHED,
        },
        other={
            "function": reading("fixture-two", "fixture-clicks")["function"],
            "stream": reading("fixture-one", "fixture-sales")["stream"],
            "alarms_enabled": False,
            "alarms": {"iterator_age_seconds": 61, "evaluation_periods": 3},
            "batch_size": 100,
            "batching_window_seconds": 3,
            "enabled": True,
            "failure_destination": {"queue_arn": QUEUE},
            "fan_out": False,
            "filter_patterns": ['{"data":{"kind":["view"]}}'],
            "maximum_record_age_seconds": 7200,
            "order_free": False,
            "parallelization_factor": 1,
            "policy_statements": {"read": statement("kinesis:GetRecords", "kinesis:GetShardIterator")},
            "starting_position": "TRIM_HORIZON",
            **WATCHED_OTHERWISE,
        },
        also={
            "a topic": {"failure_destination": {"topic_arn": TOPIC}},
            "another bucket": {"failure_destination": {"bucket_arn": "arn:aws:s3:::fixture-other-failures"}},
        },
        usual="change function",
        refused={
            "leave out failure_destination.bucket_arn": "give exactly one of them",
            "change order_free": "order_free = true",
            "leave out order_free": "order_free = true",
            "remove policy_statements.read": "kinesis:GetRecords",
        },
    ),
    "table": Module(
        given={
            "name": "changes-orders",
            "hash_key": {"name": "id", "type": "S"},
            "range_key": {"name": "placedAt", "type": "N"},
            "kms_key_arn": KEY,
            "point_in_time_recovery": True,
            "deletion_protection": False,
            "ttl_attribute": "expiresAt",
            "indexes": {
                "byStatus": {
                    "hash_key": {"name": "status", "type": "S"},
                    "range_key": {"name": "placedAt", "type": "N"},
                    "projection_type": "INCLUDE",
                    "non_key_attributes": ["total"],
                },
                "byCity": {"hash_key": {"name": "city"}, "projection_type": "KEYS_ONLY"},
            },
            "stream_view_type": "NEW_IMAGE",
            "maximum_request_units": {"read": 10, "write": 20},
            "alarms_enabled": True,
            "alarms": {
                "read_throttles": 1,
                "write_throttles": 1,
                "system_errors": 1,
                "operations": ["GetItem"],
                "breaching_minutes": 2,
                "evaluation_minutes": 3,
            },
            **WATCHED,
        },
        other={
            "name": "changes-sales",
            "hash_key": {"name": "key", "type": "S"},
            "range_key": {"name": "soldAt", "type": "N"},
            "kms_key_arn": OTHER_KEY,
            "point_in_time_recovery": False,
            "deletion_protection": True,
            "ttl_attribute": "endsAt",
            "indexes": {"byCity": {"hash_key": {"name": "city"}, "projection_type": "ALL"}},
            "stream_view_type": "KEYS_ONLY",
            "maximum_request_units": {"write": 30},
            "alarms_enabled": False,
            "alarms": {"operations": ["PutItem", "Query"]},
            **WATCHED_OTHERWISE,
        },
        usual="change name",
        also={"another table": {"name": "changes-sales", "hash_key": {"name": "key"}, "range_key": None}},
        refused={
            "change hash_key": "another name",
            "change range_key": "another name",
            "leave out range_key": "another name",
            "leave out range_key.type": "another name",
            "change ttl_attribute": "Apply ttl_attribute = null first",
            "change indexes": "DynamoDB changes no index",
            "leave out indexes.byCity.projection_type": "DynamoDB changes no index",
            "leave out indexes.byStatus.non_key_attributes": "these indexes name none: byStatus",
            "leave out indexes.byStatus.projection_type": "Only INCLUDE takes non_key_attributes",
            "leave out indexes.byStatus.range_key": "DynamoDB changes no index",
            "leave out alarms.evaluation_minutes": "An alarm cannot ring",
        },
    ),
    "user-pool": Module(
        given={
            "alarms_enabled": True,
            "alarms": {"sign_in_throttles": 1, "failed_sign_ins": 20, "period_seconds": 60},
            "alias_attributes": ["email"],
            "app_client": {
                "auth_flows": ["USER_PASSWORD_AUTH"],
                "read_attributes": ["name", "nickname"],
                "write_attributes": ["name", "nickname"],
            },
            "deletion_protection": False,
            "groups": {"staff": "Run the shop.", "guests": "Look at it."},
            "name": "changes-players",
            "password_policy": {
                "minimum_length": 14,
                "require_lowercase": False,
                "require_numbers": False,
                "require_symbols": False,
                "require_uppercase": False,
                "temporary_password_validity_days": 3,
            },
            "required_attributes": ["name"],
            "tier": "ESSENTIALS",
            "token_lifetimes": {
                "id_minutes": 30,
                "access_minutes": 30,
                "refresh_hours": 8,
                "challenge_minutes": 4,
            },
            "totp": "required",
            **WATCHED,
        },
        other={
            "alarms_enabled": False,
            "alarms": {"sign_in_throttles": 2, "failed_sign_ins": 30, "period_seconds": 120},
            "alias_attributes": ["phone_number"],
            "app_client": {"auth_flows": ["USER_SRP_AUTH", "CUSTOM_AUTH"]},
            "deletion_protection": True,
            "groups": {"staff": "Keep the shop."},
            "name": "changes-members",
            "password_policy": {"minimum_length": 15},
            "required_attributes": ["name", "nickname"],
            "tier": "PLUS",
            "token_lifetimes": {"id_minutes": 20},
            "totp": "off",
            **WATCHED_OTHERWISE,
        },
        usual="rename groups.guests",
        refused={
            "change alias_attributes": "Cognito changes none",
            "leave out alias_attributes": "Cognito changes none",
            "change required_attributes": "Cognito changes none",
            "leave out required_attributes": "Cognito changes none",
        },
    ),
}


def variables(module: str) -> dict[str, dict[str, Any]]:
    """Return what a module says of each of its inputs."""
    blocks = hcl2.loads((ROOT / "modules" / module / "variables.tf").read_text())["variable"]
    return {label.strip('"'): body for block in blocks for label, body in block.items()}


def _optional(kind: str, attribute: str) -> bool:
    return bool(re.search(rf"\b{attribute}\W{{1,6}}optional\(", kind))


def _without(inputs: Inputs, *path: str) -> Inputs:
    found = copy.deepcopy(inputs)
    inner = found
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return found


def _following(inputs: Inputs) -> Inputs:
    """Return ``inputs`` with routes that name what there still is."""
    found = copy.deepcopy(inputs)
    for route in found.get("routes", {}).values():
        if route["function"] not in found["functions"]:
            route["function"] = next(iter(found["functions"]))
        if route.get("authorizer") not in {
            "AWS_IAM",
            *found.get("authorizers", {}),
            *found.get("function_authorizers", {}),
        }:
            route.pop("authorizer", None)
        if route.get("authorizer") not in found.get("authorizers", {}):
            route.pop("scopes", None)
    return found


def _renamed(inputs: Inputs, key: str) -> Inputs:
    """Return ``inputs`` with another key in the place of ``key``, wherever it is named."""
    text = json.dumps(inputs)
    found: Inputs = json.loads(text.replace(json.dumps(key), json.dumps(f"{key}2")))
    return found


def _of_attributes(given: Inputs, path: tuple[str, ...], kind: str) -> Iterator[tuple[str, Inputs]]:
    """Yield ``given`` without each optional attribute of the object at ``path``."""
    inner = given
    for step in path:
        inner = inner[step]
    for attribute in inner if isinstance(inner, dict) else ():
        if _optional(kind, attribute):
            yield f"leave out {'.'.join((*path, attribute))}", _without(given, *path, attribute)


def _of_entries(given: Inputs, name: str, kind: str) -> Iterator[tuple[str, Inputs]]:
    """Yield ``given`` with each entry of a map under another key, without it, and without each of its parts."""
    for key in given[name]:
        yield f"rename {name}.{key}", _renamed(given, key)
        if len(given[name]) > 1:
            yield f"remove {name}.{key}", _without(given, name, key)
        yield from _of_attributes(given, (name, key), kind)


def _changes(module: str) -> Iterator[tuple[str, Inputs]]:
    given, said = MODULES[module].given, variables(module)
    for name, value in MODULES[module].other.items():
        yield f"change {name}", {**given, name: value}
    for name, inputs in MODULES[module].also.items():
        yield name, {**given, **inputs}
    for name, value in given.items():
        kind = str(said[name]["type"]).removeprefix("${")
        if "default" in said[name]:
            yield f"leave out {name}", _without(given, name)
        if isinstance(value, dict):
            in_it = _of_entries(given, name, kind) if kind.startswith("map(") else None
            yield from in_it or _of_attributes(given, (name,), kind)


def changes(module: str) -> dict[str, Inputs]:
    """Return every change of the inputs of ``module`` by its name: the inputs as they are after it."""
    return {name: _following(inputs) for name, inputs in _changes(module)}
