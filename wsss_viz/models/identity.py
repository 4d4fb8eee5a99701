"""Which weights a name means, in a digest: the same file under another path is the same."""

from __future__ import annotations

from pathlib import Path

from wsss_viz.models.manifest import file_digest, read_manifest

__all__ = ["digest_of"]


def digest_of(name: str) -> str:
    """SHA-256, hexadecimal, of a checkpoint's file, the register's for a shipped one; the name of any other network.

    >>> digest_of("resnet50")
    'resnet50'
    """
    entries = read_manifest()
    if name in entries:
        return entries[name].sha256
    path = Path(name)
    return file_digest(path) if path.is_file() else name
