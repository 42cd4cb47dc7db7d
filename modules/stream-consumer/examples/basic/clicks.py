"""Counts the records of each batch, and fails none."""


def handler(event, context):
    """Print how many records came, and report no failure: all of them are done."""
    print(f"{len(event['Records'])} clicks")
    return {"batchItemFailures": []}
