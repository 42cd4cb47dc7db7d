"""How the Scores table spreads a role's contributors over partitions.

A partition of DynamoDB takes 1,000 write units a second, so the scores of one role live under several hash
keys (``role#bucket``). A changed number of buckets needs a new generation of the table (counting rule 10).
"""

from __future__ import annotations

from hashlib import blake2b

CREATOR = "creator"
PHOTOGRAPHER = "photographer"
ROLES = (CREATOR, PHOTOGRAPHER)


def compute_bucket(user_id: str, buckets: int) -> int:
    """Return a user's bucket, 0 to ``buckets`` - 1, always the same."""
    return int.from_bytes(blake2b(user_id.encode(), digest_size=8).digest()) % buckets


def format_board_key(role: str, user_id: str, buckets: int) -> str:
    """Return the hash key of the user's Scores item in the role."""
    return f"{role}#{compute_bucket(user_id, buckets)}"


def list_board_keys(role: str, buckets: int) -> list[str]:
    """Return the hash keys that hold all scores of the role."""
    return [f"{role}#{bucket}" for bucket in range(buckets)]
