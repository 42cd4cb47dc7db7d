"""Tell whether `terraform init` would change anything.

It takes a second even then. What it makes depends on the root, the modules, the lock file and its options. A digest
of those is kept beside what it made.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from retailctl.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STAMP = "initialised.sha256"
_MADE = ("providers/*/*/*/*/*/terraform-provider-*", "modules/modules.json")
"""What init makes of every root of ours, below TF_DATA_DIR."""


def compute_digest(root: Path, modules: Path, options: Sequence[str]) -> str:
    """Return a digest, as hexadecimal digits, of all that the outcome of an init depends on."""
    digest = sha256(repr((str(root), *options)).encode())
    for file in sorted([*root.glob("*.tf"), *root.glob(".terraform.lock.hcl"), *modules.glob("*/*.tf")]):
        content = file.read_bytes()
        digest.update(f"{file} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def is_initialised(data: Path, digest: str) -> bool:
    """Say whether the last init was of ``digest`` and what it made is there."""
    try:
        found = (data / _STAMP).read_text()
    except OSError:
        return False
    return found == digest and all(any(data.glob(pattern)) for pattern in _MADE)


def note_initialisation(data: Path, digest: str) -> None:
    """Note that an init of ``digest`` has run to its end."""
    write_atomically(data / _STAMP, digest)


def forget_initialisation(data: Path) -> None:
    """Note that what init made may be half done."""
    (data / _STAMP).unlink(missing_ok=True)
