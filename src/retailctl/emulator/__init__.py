"""The processes of a local cloud: MiniStack with IAM enforced, and the page server."""
