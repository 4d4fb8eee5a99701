"""Image-level labels as PSA, IRN and what follows them ship them: `cls_labels.npy`, a dictionary of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.pickled import read_pickled_dict
from wsss_viz.errors import InputError
from wsss_viz.wording import quantity

__all__ = ["NAME", "read_label_vectors"]

NAME = "cls_labels.npy"


def read_label_vectors(file: Path, classes: Sequence[str], *, of_voc: bool = False) -> dict[str, tuple[str, ...]]:
    """The labels by image name.

    Args:
        file: a dictionary of (C,) vectors, 1 where the class is there. Its keys are names, or whole numbers: IRN's
            2007000032 is `2007_000032` (its lists are read as integers), any other number is its digits.
        classes: the class set, in the vectors' order.
        of_voc: the set's names are VOC's, and vectors of 20 numbers have VOC's own order.

    Raises:
        InputError: no such dictionary, or a vector of another length or with other values than 0 and 1.

    Examples:
        >>> import numpy as np
        >>> np.save("labels.npy", {"a": np.array([0.0, 1.0, 1.0]), 2007000032: np.array([1.0, 0.0, 0.0])})
        >>> read_label_vectors(Path("labels.npy"), ("cat", "cow", "dog"))
        {'a': ('cow', 'dog'), '2007_000032': ('cat',)}
    """
    labels = {}
    for key, vector in read_pickled_dict(file).items():
        name = str(key)
        if isinstance(key, int) and len(name) == 10:
            name = f"{name[:4]}_{name[4:]}"
        order = VOC_CLASSES if of_voc and len(vector.reshape(-1)) == len(VOC_CLASSES) else tuple(classes)
        if vector.shape != (len(order),):
            raise InputError(
                f"{file}: {name[:40]} has a vector of shape {vector.shape}, the data set "
                f"{quantity(len(order), 'class')}; give the labels of this data set, or list its classes in classes.txt"
            )
        if not ((vector == 0) | (vector == 1)).all():
            raise InputError(f"{file}: {name[:40]} has labels other than 0 and 1; write 1 where the class is there")
        present = {label for label, there in zip(order, vector.tolist(), strict=True) if there}
        labels[name] = tuple(label for label in classes if label in present)
    return labels
