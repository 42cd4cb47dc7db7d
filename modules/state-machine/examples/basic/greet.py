"""Greet who is named; the machine tries again what fails."""


def handler(event, context):
    """Answer one state of the machine, or hear of an execution that ended otherwise."""
    if event.get("source") == "aws.states":
        print("ended", event["detail"]["executionArn"], event["detail"]["status"])
        return {}
    return {"greeting": f"Hello, {event['name']}!"}
