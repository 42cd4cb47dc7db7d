"""The identity of a record: stream, shard, sequence number (rule 17)."""

from __future__ import annotations


def format_record_identity(stream: str, shard_id: str, sequence_number: str | int) -> str:
    """Return ``<stream name>/<shard id>/<sequence number>``, the number without leading zeros.

    Raises:
        ValueError: where the number is none.

    """
    return f"{stream}/{shard_id}/{int(sequence_number)}"
