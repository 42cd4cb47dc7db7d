"""Say what came."""


def handler(event, context):
    """Answer one call."""
    return {"came": sorted(event)}
