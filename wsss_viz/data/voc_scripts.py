"""What the field's own scripts want of a data set beside VOC's layout: VOC's kind of names, their lists and labels.

| file | read by |
|---|---|
| `ImageSets/Segmentation/SPLIT.txt` | IRN, RIB, as whole numbers; every evaluation |
| `voc12/SPLIT.txt` | PSA, SEAM, OC-CSE: two paths a line, of which the last eleven letters before `.jpg` are the name |
| `cls_labels.npy` | all of them: vectors of VOC's 20 classes by name (PSA and its kin) and by number (IRN, RIB) |

Read in `voc12/data.py` of PSA, SEAM and OC-CSE and `voc12/dataloader.py` of IRN and RIB (`docs/sources.md#psa`,
`docs/sources.md#irn`). They look for the two latter in their own folder `voc12`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wsss_viz.data.files import explained, write_whole
from wsss_viz.data.label_vectors import NAME, read_label_vectors
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError

__all__ = ["YEARS", "with_voc_names", "write_script_files"]

YEARS = {"train": 2001, "val": 2002, "test": 2003}
"""What stands in the place of VOC's year, by split: splits in one folder keep apart."""


def with_voc_names(samples: Iterable[Sample], split: str, start: int = 0) -> Iterator[Sample]:
    """The samples by names such as 2001_000017, which are numbers to IRN's lists.

    Args:
        split: one of `YEARS`.
        start: the number of the first.

    >>> from wsss_viz.data.sources import open
    >>> [sample.name for sample in with_voc_names(open("scenes:val")[17:19], "val", 17)]
    ['2002_000017', '2002_000018']
    """
    for number, sample in enumerate(samples, start):
        yield replace(sample, name=f"{YEARS[split]}_{number:06d}")


def write_script_files(out: Path, split: str, labels: Mapping[str, Sequence[str]]) -> None:
    """Writes `voc12/SPLIT.txt`, and `cls_labels.npy` with the labels of splits that stand there already.

    Args:
        labels: of VOC's classes, by names of VOC's kind.

    Raises:
        InputError: a name of another kind, a class that is not VOC's, or files that cannot be written.

    >>> write_script_files(Path("."), "val", {"2002_000017": ("dog",)})
    >>> content = np.load("cls_labels.npy", allow_pickle=True).item()
    >>> list(content), content[2002000017].argmax().item()
    (['2002_000017', 2002000017], 11)
    >>> print(Path("voc12/val.txt").read_text())
    /JPEGImages/2002_000017.jpg /SegmentationClass/2002_000017.png
    <BLANKLINE>
    """
    for name, present in labels.items():
        if len(name) != 11 or name[4] != "_" or not (name[:4] + name[5:]).isdecimal():
            raise InputError(f"{name!r:.40} is no name of VOC's kind (2007_000032): the field's scripts cannot read it")
        foreign = next((label for label in present if label not in VOC_CLASSES), None)
        if foreign is not None:
            raise InputError(f"{name}: {foreign!r} is no class of PASCAL VOC, of which the scripts know none other")
    file = out / NAME
    known = read_label_vectors(file, VOC_CLASSES, of_voc=True) if file.is_file() else {}
    vectors: dict[str | int, np.ndarray] = {}
    for name, present in {**known, **labels}.items():
        vector = np.array([label in present for label in VOC_CLASSES], dtype=np.float32)
        vectors[name] = vectors[int(name.replace("_", ""))] = vector
    buffer = io.BytesIO()
    np.save(buffer, np.array(vectors, dtype=object), allow_pickle=True)
    lines = [f"/JPEGImages/{name}.jpg /SegmentationClass/{name}.png\n" for name in labels]
    with explained(out):
        (out / "voc12").mkdir(exist_ok=True)
        write_whole(out / "voc12" / f"{split}.txt", "".join(lines).encode())
        write_whole(file, buffer.getvalue())
