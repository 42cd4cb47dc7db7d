"""Answers the route that was asked for."""

import json


def handler(event, context):
    """Return the route's key, and 404 for what has none."""
    known = event["routeKey"] != "$default"
    return {
        "statusCode": 200 if known else 404,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"route": event["routeKey"]}),
    }
