"""What a classifier still says of an object whose head, body, or whole is erased: by the true outlines, one step each.

    x_R = x (1 - R),  R = nothing, the discriminative part, the rest of the object, the object, and the discriminative
                      part's area at a random place
    s_R, A_R          logits and class maps of x_R

The claim that CS-AE rests on (Kweon et al., ICCV 2021) is that with the discriminative part erased the class is still
seen and its map lies on the rest of the object. Regions by outlines instead of by the map are our own
(`docs/sources.md#oc-cse`): what is erased is then the same whatever the classifier, and nothing of the part is left.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.sample import DISCRIMINATIVE, NON_DISCRIMINATIVE, Sample
from wsss_viz.errors import InputError
from wsss_viz.methods.masking import enlarge, erase
from wsss_viz.models.classifier import Classifier
from wsss_viz.traces.step import Step

__all__ = ["ERASED", "part_erasing", "part_masks"]

ERASED = ("nothing", "head", "body", "object", "elsewhere")
"""What each step erases; "elsewhere": the head's area at a random place, around the borders."""


def part_masks(sample: Sample, name: str, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(5, H, W), what each of `ERASED` erases of the class, at another size than the sample's.

    Raises:
        InputError: the sample has no parts.

    Examples:
        >>> import wsss_viz
        >>> koala = wsss_viz.data.open("photos:koala")[0]
        >>> part_masks(koala, "koala", (30, 40)).any(axis=(1, 2)).tolist()
        [False, True, True, True, True]
    """
    if sample.mask is None or sample.parts is None:
        raise InputError(f"{sample.name} has no outlines of an object and its parts: take photos or scenes")

    def resized(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        picture = Image.fromarray(mask.astype(np.uint8)).resize((size[1], size[0]), Image.Resampling.NEAREST)
        return np.asarray(picture) > 0

    there = sample.class_mask(name)
    head, body = (resized(there & (sample.parts == part)) for part in (DISCRIMINATIVE, NON_DISCRIMINATIVE))
    rng = np.random.default_rng([zlib.crc32(sample.name.encode()), zlib.crc32(name.encode())])
    moved = np.roll(head, (int(rng.integers(size[0])), int(rng.integers(size[1]))), axis=(0, 1))
    return np.stack([np.zeros(size, dtype=bool), head, body, head | body, moved])


def part_erasing(classifier: Classifier, sample: Sample, name: str) -> Iterator[Step]:
    """Erases each of `ERASED` from the image and computes scores and maps anew.

    Args:
        classifier: in evaluation mode; left as it is.
        name: the class, a label of the sample.

    Yields:
        Step k: `maps` (C, h, w) and `scores` (C,) of the image without ERASED[k]; in `terms` `area`, the share of the
        image that is erased, `probability`, the class's softmax over all classes of the classifier, and `head` and
        `body`, the mean of its raw map over these parts, in the unit of the logits.

    Raises:
        InputError: the sample has no parts, or the class is not a label of it that the classifier knows.

    Examples:
        >>> import wsss_viz
        >>> classifier = wsss_viz.load("imagenet-efficientnet-lite0", device="cpu")
        >>> koala = wsss_viz.data.open("photos:koala")[0]
        >>> logits = [step.scores[step.targets[0]] for step in part_erasing(classifier, koala, "koala")]
        >>> [round(float(logit)) for logit in logits[:3]]
        [4, 4, 4]
    """
    if name not in classifier.classes or name not in (sample.labels or ()):
        raise InputError(f"{name!r} is not a label of {sample.name} that the classifier knows: give one of its labels")
    index = classifier.classes.index(name)
    x = classifier.preprocess(sample.image)
    size = (x.shape[2], x.shape[3])
    masks = part_masks(sample, name, size)
    for k, mask in enumerate(masks):
        with torch.no_grad():
            maps = classifier.maps(erase(x, torch.from_numpy(mask.astype(np.float32)).to(x)))
            scores = classifier.pool(maps)[0]
            large = enlarge(maps[:, [index]], size)[0, 0].cpu().numpy()
        terms = {
            "area": float(mask.mean()),
            "probability": float(scores.double().softmax(dim=0)[index]),
            "head": float(large[masks[1]].mean()) if masks[1].any() else float("nan"),
            "body": float(large[masks[2]].mean()) if masks[2].any() else float("nan"),
        }
        yield Step(k, maps[0].float().cpu().numpy(), scores.float().cpu().numpy(), (index,), terms=terms)
