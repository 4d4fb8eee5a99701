"""The zip that torch 1.6 and newer save in, looked at before torch reads it. Needs no torch."""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from wsss_viz.data.files import readable_bytes
from wsss_viz.errors import InputError
from wsss_viz.models.reading.bounds import MOST_TENSORS

__all__ = ["LARGEST_PICKLE", "check_zip"]

LARGEST_PICKLE = 64 * 1024**2
_MORE_MEMBERS = 16  # beside one a tensor: data.pkl, version, byteorder, ...


def check_zip(file: BinaryIO, size: int, name: str) -> None:
    """Members stored, not deflated; as many bytes as the file can have; one pickle; a state_dict, not a program.

    Raises:
        InputError: one of these does not hold, or the zip is damaged.

    Examples:
        >>> import io
        >>> check_zip(io.BytesIO(b"PK"), 2, "x.pth")
        Traceback (most recent call last):
        ...
        wsss_viz.errors.InputError: x.pth is truncated or a damaged zip (File is not a zip file): fetch it again
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, struct.error, IndexError) as error:
        why = " ".join(str(error).split())[:80] or type(error).__name__
        raise InputError(f"{name} is truncated or a damaged zip ({why}): fetch it again") from None
    if len(members) > MOST_TENSORS + _MORE_MEMBERS:
        raise InputError(f"{name} holds {len(members):,} members, more than a network has tensors here: not read")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise InputError(f"{name}: a member stands twice in its zip: the file is damaged, or made to do harm")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise InputError(
                f"{name}: its members are compressed, which torch.save never does (a bomb would be): not read"
            )
        if member.flag_bits & 0x1:
            raise InputError(f"{name} is encrypted: give it as torch.save wrote it")
    total = sum(member.file_size for member in members)
    if total > size:
        raise InputError(f"{name} claims {readable_bytes(total)} in {readable_bytes(size)}: it is damaged, not read")
    _check_members(members, names, name)


def _check_members(members: list[zipfile.ZipInfo], names: list[str], name: str) -> None:
    inner = [member.partition("/")[2] for member in names]
    if any(member.startswith("code/") or member == "constants.pkl" for member in inner):
        raise InputError(f"{name} is a TorchScript program, which is not run here: save the network's state_dict()")
    pickles = [member for member, path in zip(members, inner, strict=True) if path == "data.pkl"]
    if len(pickles) != 1:
        raise InputError(f"{name} is a zip that torch.save did not write (no data.pkl): give a checkpoint")
    if pickles[0].file_size > LARGEST_PICKLE:
        raise InputError(f"{name}: its pickle has {readable_bytes(pickles[0].file_size)}, far too many: not read")
