"""Answers one order from its table."""

import os

import boto3

orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event, context):
    """Return the order whose id the event names, or nothing."""
    return orders.get_item(Key={"id": event["id"]}).get("Item")
