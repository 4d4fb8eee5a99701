"""Data sets of random oddities whose truth is known: what `audit` and `evaluate` are fuzzed with.

The truth of each picture is an array of class names. Each data set writes it in one of the ways that people do
(numberings, palettes, colours, class lists, labels with another spelling or wrong, EXIF, missing and broken files), and
`judge` says whether what is read back is right, asked about, refused, or wrong with or without a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.data.inputs import mask_file, picture
from wsss_viz.data import open as open_data
from wsss_viz.data.audit import audit
from wsss_viz.data.coco_classes import COCO_CATEGORIES, COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES, voc_palette
from wsss_viz.errors import InputError

OWN = ("lung", "heart", "liver", "traffic light", "tree", "rib", "dog", "cat")
SPELLINGS = {"tvmonitor": "tv/monitor", "sofa": "couch", "pottedplant": "Potted Plant", "dog": "Dog",
             "person": "PERSON", "aeroplane": "airplane", "motorbike": "motorcycle"}  # fmt: skip
IGNORED = ""
ABOUT_MASKS = {
    "mask-label-conflict",
    "label-not-in-mask",
    "mask-0-255",
    "mask-no-background",
    "mask-mostly-ignored",
    "mask-ignored-frame",
    "mask-outside-set",
    "numbering-inferred",
    "mask-palette-conflict",
    "mask-upright-unclear",
    "mask-empty",
}


@dataclass
class DataSet:
    """One generated data set.

    Attributes:
        data: its data string.
        truth: by sample name the class name of each pixel ("background", "" for ignore), or None without a mask.
        oddities: what was done to it.
    """

    data: str
    truth: dict[str, np.ndarray | None]
    oddities: list[str]


def generate(root: Path, seed: int) -> DataSet:
    """The data set of a seed, written to `root`."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["folder-voc", "folder-voc-list", "folder-own", "coco", "voc"]))
    names, oddities = _classes(kind, rng), [kind]
    truth = {f"p{i}": _truth(names, rng) for i in range(int(rng.integers(1, 6)))}
    table, ground, note = _numbers(kind, names, rng)
    oddities.append(note)
    if ground == 255:  # masks that number so have no number left for ignore
        for values in truth.values():
            values[values == IGNORED] = "background"
    if kind == "coco":
        truth = {f"COCO_train2014_{i:012d}": values for i, values in enumerate(truth.values(), 1)}
    places = {
        "coco": ("train2014", "masks"),
        "voc": ("JPEGImages", "SegmentationClass"),
    }.get(kind, (".", "masks"))
    form = str(
        rng.choice(["grey", "palette", "rgb-grey", "voc-colours", "moved-palette"], p=[0.4, 0.25, 0.1, 0.15, 0.1])
    )
    if form in ("voc-colours", "moved-palette") and not (set(names) <= set(VOC_CLASSES)):
        form = "grey"
    oddities.append(form)
    for place, (name, values) in enumerate(truth.items()):
        orientation = int(rng.choice([1, 1, 1, 1, 3, 6]))
        file = picture(root / places[0] / f"{name}.jpg", place + 1000 * seed, values.shape, orientation)
        drawn_in_file = orientation != 1 and rng.random() < 0.5
        if orientation != 1:
            oddities.append(f"exif {orientation}{' mask in file pixels' if drawn_in_file else ''}")
            upright = np.rot90(values, {3: 2, 6: -1}[orientation])
            on_disk, truth[name] = (values, upright) if drawn_in_file else (upright, upright)
        else:
            on_disk = values
        chance = rng.random()
        if chance < 0.06:
            oddities.append("no mask")
            truth[name] = None
            continue
        if chance < 0.1 and len(truth) > 1:
            file.write_bytes(file.read_bytes()[:200])
            oddities.append("broken picture")
        _write_mask(root / places[1] / f"{name}.png", on_disk, table, ground, form)
    _write_lists(root, kind, names, table, truth, rng, oddities)
    if rng.random() < 0.1:
        mask_file(root / places[1] / "stranger.png", np.zeros((9, 9), np.uint8))
        oddities.append("mask of no picture")
    data = {"coco": f"coco:{root}:train2014", "voc": f"voc:{root}:train"}.get(kind, f"folder:{root}")
    return DataSet(data, truth, oddities)


def _classes(kind: str, rng: np.random.Generator) -> tuple[str, ...]:
    if kind == "coco":
        return COCO_CLASSES
    if kind == "folder-own":
        return tuple(rng.permutation(OWN)[: int(rng.integers(1, 7))].tolist())
    if kind == "folder-voc-list" or (kind == "voc" and rng.random() < 0.5):
        return tuple(rng.permutation(VOC_CLASSES)[: int(rng.integers(1, 21))].tolist())
    return VOC_CLASSES


def _truth(names: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    """Boxes of one to three classes on background, with a thin ignored border at times."""
    height, width = (int(side) for side in rng.integers(18, 34, 2))
    values = np.full((height, width), "background", dtype=object)
    for name in rng.permutation(names)[: int(rng.integers(1, 4))].tolist():
        top, left = int(rng.integers(0, height // 2)), int(rng.integers(0, width // 2))
        values[top : top + int(rng.integers(3, height // 2)), left : left + int(rng.integers(3, width // 2))] = name
    if rng.random() < 0.4:
        values[:1] = IGNORED
    return values


def _numbers(kind: str, names: tuple[str, ...], rng: np.random.Generator) -> tuple[dict[str, int], int, str]:
    """Each class's number on disk, the background's, and what it is called."""
    lines = {name: place for place, name in enumerate(names, 1)}
    if kind == "coco":
        ways = {
            "ids": ({name: number for number, name in COCO_CATEGORIES.items()}, 0),
            "contiguous": (lines, 0),
            "zero": ({name: place - 1 for name, place in lines.items()}, 255),
            "ids - 1": ({name: number - 1 for number, name in COCO_CATEGORIES.items()}, 255),
        }
    elif set(names) <= set(VOC_CLASSES):
        ways = {"voc": ({name: VOC_CLASSES.index(name) + 1 for name in names}, 0), "lines": (lines, 0)}
        if len(names) == len(VOC_CLASSES) and names == VOC_CLASSES:
            ways.pop("lines")
    else:
        ways = {"lines": (lines, 0)}
        if rng.random() < 0.15:
            ways = {"zero": ({name: place - 1 for name, place in lines.items()}, 255)}
        elif len(names) == 1 and rng.random() < 0.3:
            ways = {"0 and 255": ({names[0]: 255}, 0)}
    way = str(rng.choice(list(ways)))
    table, ground = ways[way]
    return table, ground, f"numbers: {way}"


def _write_mask(path: Path, values: np.ndarray, table: dict[str, int], ground: int, form: str) -> None:
    numbers = {"background": ground, IGNORED: 255, **table}
    on_disk = np.vectorize(numbers.__getitem__, otypes=[np.uint8])(values)
    if form == "rgb-grey":
        mask_file(path, np.repeat(on_disk[..., None], 3, axis=2))
    elif form in ("voc-colours", "moved-palette"):
        of_voc = {"background": 0, IGNORED: 255, **{name: place for place, name in enumerate(VOC_CLASSES, 1)}}
        colours = np.vectorize(of_voc.__getitem__, otypes=[np.uint8])(values)
        if form == "voc-colours":
            mask_file(path, voc_palette()[colours])
            return
        used = np.unique(colours)
        palette = np.zeros((256, 3), np.uint8)
        palette[: len(used)] = voc_palette()[used]
        mask_file(path, np.searchsorted(used, colours).astype(np.uint8), palette)
    else:
        mask_file(path, on_disk, voc_palette() if form == "palette" else None)


def _write_lists(root, kind, names, table, truth, rng, oddities) -> None:
    if kind == "voc":
        lists = root / "ImageSets" / "Segmentation"
        lists.mkdir(parents=True)
        (lists / "train.txt").write_text("".join(f"{name}\n" for name in truth))
    if kind != "coco" and names != VOC_CLASSES:
        form = str(rng.choice(["plain", "background", "labelme", "numbered", "crlf"]))
        if form == "numbered" and set(table.values()) == {255}:
            form = "plain"
        oddities.append(f"classes.txt: {form}")
        text = {
            "plain": "".join(f"{name}\n" for name in names),
            "background": "_background_\n" + "".join(f"{name}\n" for name in names),
            "labelme": "__ignore__\n_background_\n" + "".join(f"{name}\n" for name in names),
            "numbered": "".join(f"{table[name]}: {name}\n" for name in names),
            "crlf": "﻿" + "".join(f"{name}\r\n" for name in names),
        }[form]
        (root / "classes.txt").write_bytes(text.encode())
    if kind.startswith("folder") and rng.random() < 0.4:
        lines = []
        for name, values in truth.items():
            labels = [] if values is None else sorted(set(values.ravel().tolist()) - {"background", IGNORED})
            if labels and rng.random() < 0.15:
                labels = [str(rng.choice(names))]
                oddities.append("wrong label")
            spelled = [SPELLINGS.get(label, label) if rng.random() < 0.3 else label for label in labels]
            lines.append(",".join([name, *spelled]))
        (root / "labels.txt").write_text("\n".join(lines))


def judge(made: DataSet) -> str:
    """ "right", "asked", "refused", "warned" (something is wrong and a warning says so), or "silently wrong"."""
    try:
        samples = open_data(made.data)
        seen = audit(samples)
    except InputError:
        return "refused"
    if seen.question:
        return "asked"
    wrong = [name for name, _ in _wrong(samples, made)]
    if not wrong:
        return "right"
    # A warning about something else (a mask of no picture, a broken file) does not count.
    return "warned" if {finding.kind for finding in seen.findings} & ABOUT_MASKS else f"silently wrong: {wrong[0]}"


def _wrong(samples, made: DataSet) -> Iterator[tuple[str, str]]:
    for index in range(len(samples)):
        try:
            sample = samples[index]
        except InputError:
            continue  # listed by the audit
        truth = made.truth[sample.name]
        if truth is None or sample.mask is None:
            if (truth is None) != (sample.mask is None):
                yield sample.name, "mask"
            continue
        read = np.array(["background", *sample.classes, *[IGNORED] * (255 - len(sample.classes))], dtype=object)
        if truth.shape != sample.size or (read[sample.mask] != truth).any():
            yield sample.name, "pixels"
