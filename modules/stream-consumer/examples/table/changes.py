"""Say which items changed."""


def handler(event, context):
    """Process one batch of a table's stream."""
    for record in event["Records"]:
        print(record["eventName"], sorted(record["dynamodb"]["Keys"]))
    return {"batchItemFailures": []}
