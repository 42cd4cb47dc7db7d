"""A local cloud's processes: MiniStack with IAM enforced, and the page server."""
