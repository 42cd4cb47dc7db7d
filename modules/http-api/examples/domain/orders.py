"""Answers for orders, and decides which partners may place them."""

import json


def handler(event, context):
    """Answer one request."""
    return {"statusCode": 200, "body": json.dumps({"route": event["routeKey"]})}


def decide(event, context):
    """Say whether the request's key is a partner's."""
    return {"isAuthorized": event["headers"].get("x-partner-key") == "example"}
