"""Small data sets as people have them, written by code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from wsss_viz.data.palette import VOC_CLASSES, voc_palette

SIZE = (24, 36)


def picture(path: Path, seed: int = 0, size=SIZE, orientation: int = 1) -> Path:
    """A noisy picture, JPEG or PNG by its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, **({"quality": 95} if path.suffix.lower() in (".jpg", ".jpeg", ".jfif") else {}))
    return path


def boxes(*numbers: int, background: int = 0, size=SIZE) -> np.ndarray:
    """A mask with a box of each number, side by side in the upper half."""
    mask = np.full(size, background, np.uint8)
    wide = size[1] // max(len(numbers), 1)
    for place, number in enumerate(numbers):
        mask[2 : size[0] // 2, place * wide + 1 : (place + 1) * wide - 1] = number
    return mask


def mask_file(path: Path, values: np.ndarray, palette: np.ndarray | None = None) -> None:
    """Numbers (grey, or with a palette) or (H, W, 3) colours, as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if palette is not None:
        image.putpalette(palette.astype(np.uint8).tobytes())
    image.save(path)


def voc_mask(path: Path, values: np.ndarray) -> None:
    mask_file(path, values, voc_palette())


def folder(root: Path, masks: dict[str, np.ndarray] | None = None, **texts: str) -> Path:
    """A folder with a picture per mask (a.png alone where there is none) and files of text (`classes`, `labels`)."""
    for seed, name in enumerate(masks or {"a": None}):
        picture(root / f"{name}.png", seed)
    for name, values in (masks or {}).items():
        mask_file(root / "masks" / f"{name}.png", values)
    for name, text in texts.items():
        (root / f"{name}.txt").write_text(text)
    return root


def voc(root: Path, values: np.ndarray, name: str = "2007_000032", orientation: int = 1) -> Path:
    """One image in VOC's layout, split train."""
    picture(root / "JPEGImages" / f"{name}.jpg", 3, orientation=orientation)
    voc_mask(root / "SegmentationClass" / f"{name}.png", values)
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True, exist_ok=True)
    (lists / "train.txt").write_text(f"{name}\n")
    return root


def index(name: str) -> int:
    """VOC's number of a class."""
    return VOC_CLASSES.index(name) + 1
