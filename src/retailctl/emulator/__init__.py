"""The local cloud's processes: MiniStack, held to IAM, and the page's server."""
