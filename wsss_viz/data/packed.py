"""Samples that are kept for long: packed without loss, a fifth of their size."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.sample import Sample

__all__ = ["Packed"]

_NOTHING = np.zeros((1, 1, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class Packed:
    """A sample as bytes.

    >>> sample = Sample(np.arange(36, dtype=np.uint8).reshape(3, 4, 3), ("cow",), (), "x", np.eye(3, 4, dtype=np.uint8))
    >>> again = Packed.of(sample).unpacked()
    >>> bool((again.image == sample.image).all()), bool((again.mask == sample.mask).all()), again.parts
    (True, True, None)
    """

    about: Sample
    image: bytes
    mask: bytes | None
    parts: bytes | None
    size: tuple[int, int]

    @classmethod
    def of(cls, sample: Sample) -> Packed:
        """The sample packed."""
        buffer = io.BytesIO()
        Image.fromarray(sample.image).save(buffer, "WEBP", lossless=True, quality=0, method=0)
        about = replace(sample, image=_NOTHING, mask=None, parts=None)
        return cls(about, buffer.getvalue(), _deflated(sample.mask), _deflated(sample.parts), sample.size)

    def unpacked(self) -> Sample:
        """The sample as it was."""
        with Image.open(io.BytesIO(self.image)) as opened:
            image = np.asarray(opened)
        return replace(self.about, image=image, mask=self._plane(self.mask), parts=self._plane(self.parts))

    def _plane(self, packed: bytes | None) -> NDArray[np.uint8] | None:
        return None if packed is None else np.frombuffer(zlib.decompress(packed), np.uint8).reshape(self.size)


def _deflated(plane: NDArray[np.uint8] | None) -> bytes | None:
    return None if plane is None else zlib.compress(np.ascontiguousarray(plane).data, 1)
