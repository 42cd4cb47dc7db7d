"""Which metrics there are: those that our functions write, and those that AWS counts by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_EMITTED = re.compile(r"\b(?:add_metric|single_metric|count_failure)\(\s*\"([A-Z]\w+)\"")

COUNTED_BY_AWS = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
    "AWS/ApiGateway": {"4xx", "5xx", "Count", "DataProcessed", "IntegrationLatency", "Latency"},
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/viewing-cloudfront-metrics.html
    "AWS/CloudFront": {"4xxErrorRate", "5xxErrorRate", "Requests"},
    # https://docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
    "AWS/Cognito": {"SignInSuccesses", "SignInThrottles"},
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "ReturnedItemCount",
        "SuccessfulRequestLatency", "SystemErrors", "WriteThrottleEvents",
    },
    # The stream's own, not the shards', which are paid for:
    # https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
    "AWS/Kinesis": {
        "IncomingBytes", "IncomingRecords", "PutRecord.Latency", "PutRecord.Success",
        "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded",
    },
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    "AWS/Lambda": {
        "ConcurrentExecutions", "DroppedEventCount", "Duration", "Errors", "Invocations", "IteratorAge",
        "OnFailureDestinationDeliveredEventCount", "Throttles",
    },
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    "AWS/States": {
        "ExecutionThrottled", "ExecutionTime", "ExecutionsAborted", "ExecutionsFailed", "ExecutionsStarted",
        "ExecutionsSucceeded", "ExecutionsTimedOut",
    },
}  # fmt: skip
"""Of each namespace, the metrics that are asked for somewhere, as the service's page has them."""


def emitted_metrics(files: Iterable[Path]) -> set[str]:
    """Return the names of the metrics that the code in the files writes."""
    return {name for file in files for name in _EMITTED.findall(file.read_text())}
