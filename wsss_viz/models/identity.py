"""Which weights a name means: by a digest, so that the same file under another path is the same, or by a path."""

from __future__ import annotations

from pathlib import Path

from wsss_viz.data.files import expanded
from wsss_viz.models.manifest import file_digest, read_manifest
from wsss_viz.models.suffixes import weight_suffix

__all__ = ["absolute_network", "digest_of"]


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


def absolute_network(text: str, base: Path) -> str:
    """A checkpoint's path from the root of the disk; another name as it is.

    >>> absolute_network("res50_cam.pth", Path("/data")), absolute_network("resnet50", Path("/data"))
    ('/data/res50_cam.pth', 'resnet50')
    """
    plain = text.partition("#")[0]
    is_file = bool(weight_suffix(plain)) or "/" in text or "\\" in text or (base / plain).is_file()
    return str(base / expanded(text)) if is_file and text not in read_manifest() else text
