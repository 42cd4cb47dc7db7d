"""The watermark of an item: the last sequence number it counted.

Sequence numbers have 56 digits today and may grow; a DynamoDB number holds 38. One length byte and the minimal
big-endian integer sort as bytes the way the numbers sort (counting rule 8), so a condition can compare them.
"""

from __future__ import annotations

LONGEST = 255
"""Bytes of a number that the length byte can tell of: more than 600 decimal digits."""


def encode_watermark(sequence: int) -> bytes:
    """Return the bytes of a sequence number: 25 for one of 56 digits.

    Raises:
        OverflowError: for a negative number or one of more than 255 bytes.

    """
    length = (sequence.bit_length() + 7) // 8
    if length > LONGEST:
        raise OverflowError(f"A sequence number of {length} bytes does not fit a watermark.")
    return bytes((length,)) + sequence.to_bytes(length)


def decode_watermark(value: bytes) -> int:
    """Return the sequence number of a watermark that :func:`encode` made."""
    return int.from_bytes(value[1:])


def format_watermark_attribute(shard_id: str) -> str:
    """Return the name of a shard's watermark attribute: ``w12`` for ``shardId-000000000012``."""
    return f"w{int(shard_id.rpartition('-')[2])}"
