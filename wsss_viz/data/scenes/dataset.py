"""The drawn scenes and the single drawings as sequences, each picture made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.indexed import Indexed
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes.coats import COATS
from wsss_viz.data.scenes.composition import CLASSES, Drawing, draw_scene, draw_single
from wsss_viz.errors import InputError

__all__ = ["DEFAULT_SIZE", "SPLITS", "Scenes", "Single", "Singles", "draw", "touching"]

SPLITS = {"train": 4000, "val": 500, "test": 1000}
DEFAULT_SIZE = (128, 128)
_SMALLEST, _LARGEST = 32, 2048
_ENTROPY = 20180910
_SCENES, _SINGLES = 0, 1
T_co = TypeVar("T_co", covariant=True)


class Single(NamedTuple):
    """A drawing of one object: the sample, its class index and its coat's index (independent of the class)."""

    sample: Sample
    class_index: int
    coat_index: int

    @property
    def fine_label(self) -> int:
        """The fine-grained label: class_index * len(COATS) + coat_index."""
        return self.class_index * len(COATS) + self.coat_index


def touching(mask: NDArray[np.uint8]) -> bool:
    """Whether two different classes are 4-adjacent somewhere in `mask` (H, W); background and 255 do not count.

    >>> touching(np.array([[1, 2, 0]], np.uint8)), touching(np.array([[1, 0, 2]], np.uint8))
    (True, False)
    """

    def meet(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
        return bool(np.any((a != b) & (a != 0) & (b != 0) & (a != IGNORE) & (b != IGNORE)))

    return meet(mask[1:], mask[:-1]) or meet(mask[:, 1:], mask[:, :-1])


def draw(seed: int | Sequence[int], size: tuple[int, int] = DEFAULT_SIZE) -> Drawing:
    """The scene of a seed at `size` (H, W).

    The same seed and size give the same bytes; another size of the same aspect gives the same scene, drawn larger or
    smaller. Raises InputError where a side is under 32 or over 2048 pixels.

    >>> drawing = draw(7, (64, 96))
    >>> drawing.image.shape, drawing.mask.shape
    ((64, 96, 3), (64, 96))
    """
    height, width = _checked(size)
    return draw_scene(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))), width, height)


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    try:
        height, width = (int(v) for v in size)
    except (TypeError, ValueError):
        raise InputError(f"a scene's size is (height, width) in pixels, got {size!r}") from None
    if min(height, width) < _SMALLEST or max(height, width) > _LARGEST:
        raise InputError(
            f"a scene of {height} x {width} pixels cannot be drawn: each side must be from {_SMALLEST} to {_LARGEST}"
        )
    return height, width


class _Drawn(Indexed[T_co]):
    """What scenes and singles share: split, count, size, and one seed for each picture."""

    kind: int

    def __init__(self, split: str, count: int | None = None, size: tuple[int, int] = DEFAULT_SIZE) -> None:
        if split not in SPLITS:
            raise InputError(f"there is no split {split!r} of the scenes: take one of {', '.join(SPLITS)}")
        if count is not None and count < 0:
            raise InputError(f"the count of scenes must not be negative, got {count}")
        self.split, self.things = split, f"drawings of split {split}"
        self.size = _checked(size)
        self._count = SPLITS[split] if count is None else count

    def __len__(self) -> int:
        return self._count

    def _generator(self, position: int) -> np.random.Generator:
        key = (self.kind, list(SPLITS).index(self.split), position)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(_ENTROPY, spawn_key=key)))


def _sample(drawing: Drawing, name: str, source: str) -> Sample:
    return Sample(drawing.image, CLASSES, drawing.labels, name, drawing.mask, drawing.parts, source)


class Scenes(_Drawn[Sample]):
    """The scenes of a split, drawn one at a time as they are asked for.

    `count` pictures (default 4000 train, 500 val, 1000 test) of `size` (H, W). Scene i depends on split and i alone.
    Raises InputError for an unknown split, a negative count or a size outside 32 to 2048.
    """

    kind = _SCENES

    def at(self, position: int) -> Sample:
        """Scene `position` as a Sample."""
        return _sample(self.drawing(position), self._name(position), f"scenes:{self.split}:{position}")

    @property
    def names(self) -> list[str]:
        """The samples' names, without drawing any."""
        return [self._name(position) for position in range(len(self))]

    def _name(self, position: int) -> str:
        return f"{self.split}_{position:06d}"

    def drawing(self, position: int) -> Drawing:
        """Scene `position`, from 0, with the setting it plays in."""
        height, width = self.size
        return draw_scene(self._generator(position), width, height)


class Singles(_Drawn[Single]):
    """Drawings of one object each, for pretraining on class x coat; arguments as for `Scenes`, seeds never shared."""

    kind = _SINGLES

    def at(self, position: int) -> Single:
        """Drawing `position` with what is in it."""
        rng = self._generator(position)
        class_index, coat_index = int(rng.integers(len(CLASSES))), int(rng.integers(len(COATS)))
        height, width = self.size
        drawing = draw_single(rng, width, height, CLASSES[class_index], COATS[coat_index])
        return Single(_sample(drawing, f"single_{self.split}_{position:06d}", ""), class_index, coat_index)
