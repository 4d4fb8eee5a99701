"""The canvas: picture and masks painted by the same strokes, at twice the size asked for.

Every stroke goes into the picture and, with the class and part it belongs to, into a plane of codes; so masks cannot
disagree with the picture. Code 0 is the background, 2c + 1 the discriminative and 2c + 2 the other part of class c.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from wsss_viz.data.sample import DISCRIMINATIVE
from wsss_viz.data.scenes.palette import WHITE, Colour, darker
from wsss_viz.data.scenes.shapes import Points

SUPERSAMPLING = 2

Texture = Callable[[ImageDraw.ImageDraw, Callable[[Points], list[float]]], None]


def code_of(class_index: int, part: int) -> int:
    """The code of one part of a class in the plane of codes."""
    return 2 * class_index + (1 if part == DISCRIMINATIVE else 2)


def decode(codes: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(mask, parts) of a plane of codes: class index + 1, and 1 or 2; 0 where the code is 0."""
    mask = ((codes + 1) // 2).astype(np.uint8)
    parts = np.where(codes == 0, 0, 2 - codes % 2).astype(np.uint8)
    return mask, parts


def vote(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Half the size by majority in each block of 2 x 2: (2H, 2W) to (H, W), and never a label that is not there."""
    a, b, c, d = codes[::2, ::2], codes[::2, 1::2], codes[1::2, ::2], codes[1::2, 1::2]
    return np.where((a == b) | (a == c) | (a == d), a, np.where((b == c) | (b == d), b, np.where(c == d, c, a)))


@dataclass(frozen=True)
class Frame:
    """Where an object's own coordinates lie in the picture: pixels = matrix (x, y) + origin."""

    a: float
    b: float
    c: float
    d: float
    x: float
    y: float

    @property
    def unit(self) -> float:
        """Pixels that one own unit takes, the geometric mean of the two axes."""
        return math.sqrt(abs(self.a * self.d - self.b * self.c))

    @cached_property
    def _arrays(self) -> tuple[Points, Points]:
        return np.array(((self.a, self.c), (self.b, self.d))), np.array((self.x, self.y))

    def apply(self, points: Points) -> Points:
        """(N, 2) own coordinates to (N, 2) pixels."""
        matrix, origin = self._arrays
        return points @ matrix + origin

    def at(
        self, x: float, y: float, scale: float = 1.0, angle: float = 0.0, mirrored: bool = False, stretch: float = 1.0
    ) -> Frame:
        """A frame about (x, y) of this one: stretched along x, mirrored, then turned by `angle`, and scaled."""
        c, s = math.cos(angle) * scale, math.sin(angle) * scale
        sx = -stretch if mirrored else stretch
        return Frame(
            self.a * c * sx + self.b * s * sx,
            -self.a * s + self.b * c,
            self.c * c * sx + self.d * s * sx,
            -self.c * s + self.d * c,
            self.a * x + self.b * y + self.x,
            self.c * x + self.d * y + self.y,
        )


class Canvas:
    """A picture and its plane of codes; `width` and `height` are the size asked for, `light` points to the light."""

    def __init__(self, width: int, height: int, light: float = -1.0) -> None:
        self.size = (width * SUPERSAMPLING, height * SUPERSAMPLING)
        self.image = Image.new("RGB", self.size)
        self.codes = Image.new("L", self.size)
        self.draw = ImageDraw.Draw(self.image)
        self.draw_codes = ImageDraw.Draw(self.codes)
        self.light = light
        # The outline is 1 pixel at 128 x 128 and grows with the picture, so a larger drawing is the same drawing.
        self.line_width = max(2.0, SUPERSAMPLING * math.sqrt(width * height) / 128)

    def scene(self) -> Brush:
        """A brush for the background, in units of the picture's height: x from 0 to aspect, y from 0 to 1.

        It leaves the codes alone; what stands before an object and hides it is painted with `coded(0)`.
        """
        h = float(self.size[1])
        return Brush(self, Frame(h, 0.0, 0.0, h, 0.0, 0.0), None)

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.size[0] / self.size[1]

    def finished(self) -> tuple[Image.Image, NDArray[np.uint8]]:
        """The picture (box filter) and the codes (majority), reduced to the size asked for."""
        return self.image.reduce(SUPERSAMPLING), vote(np.asarray(self.codes))


def _flat(points: Points, closed: int = 0) -> list[float]:
    """x0, y0, x1, y1, ... as Pillow takes it; the first `closed` points once more at the end."""
    path: list[float] = points.ravel().tolist()
    return path + path[: 2 * closed]


@dataclass(frozen=True)
class Brush:
    """Paints shapes given in a frame's own coordinates, all as the same part of the same class."""

    canvas: Canvas
    frame: Frame
    code: int | None

    def at(
        self, x: float, y: float, scale: float = 1.0, angle: float = 0.0, mirrored: bool = False, stretch: float = 1.0
    ) -> Brush:
        """A brush in a frame of its own (see `Frame.at`)."""
        return replace(self, frame=self.frame.at(x, y, scale, angle, mirrored, stretch))

    def coded(self, code: int | None) -> Brush:
        """The same brush for another part."""
        return replace(self, code=code)

    def flat(self, shape: Points, colour: Colour, outline: Colour | None = None) -> None:
        """One shape in one colour."""
        placed = self.frame.apply(shape)
        points = _flat(placed)
        canvas = self.canvas
        if outline is not None:
            width = round(canvas.line_width)
            closed = _flat(placed, 1)
            canvas.draw.line(closed, outline, width)
            if self.code is not None:
                canvas.draw_codes.line(closed, self.code, width)
        canvas.draw.polygon(points, colour)
        if self.code is not None:
            canvas.draw_codes.polygon(points, self.code)

    def line(self, points: Points, colour: Colour, width: float = 1.0) -> None:
        """A line; `width` counts outlines."""
        path = _flat(self.frame.apply(points))
        pixels = max(1, round(self.canvas.line_width * width))
        self.canvas.draw.line(path, colour, pixels, joint="curve" if pixels > 4 else None)
        if self.code is not None:
            self.canvas.draw_codes.line(path, self.code, pixels)

    def solid(
        self,
        shapes: Sequence[Points],
        colour: Colour,
        texture: Texture | None = None,
        depth: float = 0.13,
        outline: Colour | None = None,
    ) -> None:
        """Shapes melted into one, textured, with a light and a shaded side and a common outline.

        `depth` is the width of the shaded rim in own units.
        """
        canvas = self.canvas
        polygons = [self.frame.apply(shape) for shape in shapes]
        width = round(canvas.line_width * 1.15)
        edge = darker(colour, 0.5) if outline is None else outline
        for placed in polygons:
            closed = _flat(placed, 2)
            canvas.draw.line(closed, edge, width)
            if self.code is not None:
                canvas.draw_codes.line(closed, self.code, width)
                canvas.draw_codes.polygon(_flat(placed), self.code)
        self._fill(polygons, colour, texture, depth * self.frame.unit)

    def _fill(self, polygons: list[Points], colour: Colour, texture: Texture | None, depth: float) -> None:
        margin = math.ceil(depth * 2) + 2
        low = np.min([p.min(0) for p in polygons], axis=0)
        high = np.max([p.max(0) for p in polygons], axis=0)
        # Only the part of the tile inside the picture is painted.
        x0, y0 = (max(-margin, math.floor(v) - margin) for v in low.tolist())
        x1, y1 = (
            min(limit + margin, math.ceil(v) + margin) for v, limit in zip(high.tolist(), self.canvas.size, strict=True)
        )
        if x1 <= x0 or y1 <= y0:
            return
        size = (int(x1 - x0), int(y1 - y0))
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        for p in polygons:
            pen.polygon(_flat(p - (x0, y0)), 255)
        tile = Image.new("RGB", size, colour)
        if texture is not None:
            frame = self.frame
            texture(ImageDraw.Draw(tile), lambda points: _flat(frame.apply(points) - (x0, y0)))
        _shade(tile, mask, depth, self.canvas.light)
        self.canvas.image.paste(tile, (int(x0), int(y0)), mask)

    def shadow(self, shape: Points, strength: float = 0.35, blur: float = 0.05, colour: Colour = (24, 22, 50)) -> None:
        """A soft shadow on the picture; it belongs to the background and leaves the codes alone."""
        self.glow(shape, colour, strength, blur)

    def glow(self, shape: Points, colour: Colour, strength: float, blur: float) -> None:
        """A soft-edged translucent patch that leaves the codes alone; `blur` in own units."""
        points = self.frame.apply(shape)
        radius = blur * self.frame.unit
        margin = math.ceil(radius * 2) + 1
        x0, y0 = (max(-margin, math.floor(v) - margin) for v in points.min(0).tolist())
        high = points.max(0).tolist()
        x1 = min(self.canvas.size[0] + margin, math.ceil(high[0]) + margin)
        y1 = min(self.canvas.size[1] + margin, math.ceil(high[1]) + margin)
        if x1 <= x0 or y1 <= y0:
            return
        mask = Image.new("L", (x1 - x0, y1 - y0))
        ImageDraw.Draw(mask).polygon(_flat(points - (x0, y0)), round(255 * strength))
        self.canvas.image.paste(colour, (x0, y0, x1, y1), mask.filter(ImageFilter.BoxBlur(radius)))


def _shade(tile: Image.Image, mask: Image.Image, depth: float, light: float) -> None:
    """A shaded rim away from the light and a bright one towards it, in place."""
    blur = ImageFilter.BoxBlur(depth * 0.7)
    soft = mask.filter(blur)
    white = Image.new("L", mask.size, 255)
    dx, dy = round(light * depth * 0.6), -round(depth)
    for sign, colour, strength in ((1, (38, 22, 56), 0.42), (-1, WHITE, 0.30)):
        x, y = -sign * dx, -sign * dy
        shifted = soft.crop((x, y, x + mask.width, y + mask.height))
        tile.paste(colour, (0, 0), ImageChops.subtract(white, shifted, 1 / strength))
