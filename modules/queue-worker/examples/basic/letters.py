"""Send letters: one that fails comes again, the others do not."""


def handler(event, context):
    """Process one batch of the queue."""
    failed = []
    for record in event["Records"]:
        try:
            print("sending", record["messageId"], len(record["body"]))
        except OSError:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
