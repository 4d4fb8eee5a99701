"""Which views of an image a map is fused from: scales and the mirror image. Needs no torch; `views` computes."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.errors import InputError

__all__ = ["MIRROR", "MULTI_SCALE", "PRESETS", "SINGLE", "Views"]

_MIRROR = "+mirror"


@dataclass(frozen=True)
class Views:
    """Which views are seen, and how their maps become one.

    Attributes:
        scales: of the image's sides.
        flip: whether each scale is seen mirrored too.
        rectify: ReLU each view's map before the views are averaged, as IRN does; without it the result stays signed.
        cell: side in pixels of the result's grid cells, ceil(H / cell) x ceil(W / cell); None: the grid of scale 1.
    """

    scales: tuple[float, ...] = (1.0,)
    flip: bool = False
    rectify: bool = False
    cell: int | None = None

    def __post_init__(self) -> None:
        if not self.scales or any(not 0.1 <= scale <= 4 for scale in self.scales):
            raise ValueError(f"`scales` wants one or more numbers from 0.1 to 4, got {self.scales}")

    @property
    def count(self) -> int:
        """How many views there are."""
        return len(self.scales) * (1 + self.flip)

    @property
    def text(self) -> str:
        """Scales and mirror image as `from_text` reads them: "1,1.5,2+mirror"."""
        return ",".join(f"{scale:g}" for scale in self.scales) + (_MIRROR if self.flip else "")

    @classmethod
    def from_text(cls, text: str) -> Views:
        """Reads the name of a preset, or scales with or without the mirror image.

        >>> Views.from_text("1,1.5,2+mirror").scales
        (1.0, 1.5, 2.0)
        >>> Views.from_text("mirror") == MIRROR
        True

        Raises:
            InputError: neither.
        """
        if text in PRESETS:
            return PRESETS[text]
        try:
            return cls(tuple(float(scale) for scale in text.removesuffix(_MIRROR).split(",")), text.endswith(_MIRROR))
        except ValueError:
            raise InputError(
                f"views are {', '.join(PRESETS)}, or scales from 0.1 to 4 such as 1,1.5,2+mirror, got {text!r}"
            ) from None


SINGLE = Views()
MIRROR = Views(flip=True)
MULTI_SCALE = Views(scales=(1.0, 0.5, 1.5, 2.0), flip=True, rectify=True, cell=4)

PRESETS = {"single": SINGLE, "mirror": MIRROR, "multi-scale": MULTI_SCALE}
