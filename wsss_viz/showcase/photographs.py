"""The photographs' traces, computed beforehand with the network that knows them, and small: read without torch.

Each is of a photograph's own class and of the `OTHERS` of the photographs' classes that score highest on it. What can
be made again from the rest is left out of the file: the pictures that were looked at, CS-AE's masks, and RIB's sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.photographs import Photographs
from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest
from wsss_viz.showcase.reading import FORMAT, Showcase, read_showcase
from wsss_viz.showcase.scenes import VIEWS, trace_name
from wsss_viz.traces import Step, Trace, normalise, upsample
from wsss_viz.traces.trace_file import write_traces
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

__all__ = [
    "CLASSIFIER",
    "GUESSES",
    "LARGEST_BYTES",
    "METHODS",
    "OTHERS",
    "PhotographTraces",
    "Progress",
    "build_photographs",
    "canonical",
    "few_classes",
    "first_guesses",
    "packed",
    "photograph_source",
    "photographs_path",
    "read_about",
    "read_photographs",
    "unpacked",
    "with_classes",
]

CLASSIFIER = "imagenet-efficientnet-lite0"
METHODS = ("cam", "ae", "cs-ae-single", "rib", "rib-bce", "layercam")
OTHERS = 4
GUESSES = 3
"""Of the network's first classes of its thousand, how many are kept by name."""
LARGEST_BYTES = 5_000_000
Progress = Callable[[Iterable[Any], str], Iterable[Any]]


def photographs_path() -> Path:
    """Where the traces are: beside the showcase's.

    Examples:
        >>> photographs_path().parts[-3:]
        ('checkpoints', 'showcase', 'photographs.zip')
    """
    return checkpoints_folder() / "showcase" / "photographs.zip"


def photograph_source(name: str) -> str:
    """The data string of a photograph by its name.

    Examples:
        >>> photograph_source("dog")
        'photos:dog'
    """
    return f"photos:{name}"


def canonical(source: str) -> str:
    """The data string by name of one that names a photograph by its index; any other as it is.

    >>> canonical("photos:0"), canonical("photos:koala"), canonical("scenes:test:3")
    ('photos:dog', 'photos:koala', 'scenes:test:3')
    """
    kind, _, rest = source.partition(":")
    names = _names()
    indexed = kind == "photos" and rest.isdigit() and int(rest) < len(names)
    return photograph_source(names[int(rest)]) if indexed else source


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(Photographs().names)


def few_classes(classifier: Classifier, sample: Sample) -> tuple[str, ...]:
    """The sample's labels, then the `OTHERS` of its classes that score highest on it.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> few_classes(colour_network(), replace(flag(), labels=("red",)))
        ('red', 'blue', 'green')
    """
    import torch

    labels = sample.labels or ()
    with torch.no_grad():
        logits = classifier.logits(classifier.preprocess(sample.image))[0]
    score = {name: float(logits[classifier.classes.index(name)]) for name in sample.classes if name not in labels}
    return (*labels, *sorted(score, key=lambda name: -score[name])[:OTHERS])


def with_classes(sample: Sample, classes: tuple[str, ...]) -> Sample:
    """The sample with these classes alone, its labels among them, its mask numbered anew.

    Examples:
        >>> from wsss_viz.models.colour_network import flag
        >>> with_classes(flag(), ("blue", "red")).mask.tolist()
        [[2, 1, 1], [2, 1, 1]]
    """
    if sample.mask is None:
        return replace(sample, classes=classes)
    mask = np.where(sample.mask == 255, 255, 0).astype(np.uint8)
    for number, name in enumerate(classes):
        if name in sample.classes:
            mask[sample.class_mask(name)] = number + 1
    return replace(sample, classes=classes, mask=mask)


@dataclass(frozen=True, eq=False)
class PhotographTraces:
    """The stored traces of the photographs.

    Attributes:
        classes: by data string, the few classes of its traces.
        guesses: by data string, the network's first `GUESSES` of its thousand classes and their softmax probabilities.
    """

    classes: dict[str, tuple[str, ...]]
    guesses: dict[str, tuple[tuple[str, float], ...]]
    _stored: Showcase

    def has(self, method: str, source: str, views: str = VIEWS) -> bool:
        """Whether the trace is in it."""
        return self._stored.has(method, canonical(source), views)

    def trace(self, method: str, sample: Sample) -> Trace:
        """The trace of a method's settings on a photograph, with its pictures.

        Raises:
            InputError: it is not in the file, or the file is damaged.
        """
        trace = self._stored.trace(method, canonical(sample.source))
        mean = read_manifest()[CLASSIFIER].preprocessing["mean"]
        return unpacked(trace, sample.image, np.asarray(mean, dtype=np.float32) * 255)


def read_photographs(path: Path | None = None) -> PhotographTraces:
    """The traces that ship, or those at `path`.

    Raises:
        InputError: as `read_showcase`.

    Examples:
        >>> traces = read_photographs()
        >>> traces.classes["photos:dog"][0], traces.guesses["photos:dog"][0][0]
        ('German shepherd', 'German shepherd')
    """
    path = path or photographs_path()
    stored, about = read_showcase(path), read_about(path)
    return PhotographTraces(
        {source: tuple(names) for source, names in about["classes"].items()},
        {source: tuple((name, float(p)) for name, p in rows) for source, rows in about["guesses"].items()},
        stored,
    )


def read_about(path: Path) -> dict[str, Any]:
    """What is written beside the traces.

    Examples:
        >>> list(read_about(photographs_path())["checkpoints"])
        ['imagenet-efficientnet-lite0']
    """
    from wsss_viz.traces.trace_file import TraceFile

    return TraceFile(path).about


def build_photographs(
    path: Path,
    *,
    photographs: str = "photos",
    methods: Sequence[str] = METHODS,
    device: str = "cpu",
    progress: Progress = lambda items, title: items,
) -> int:
    """Computes the traces of photographs, named by a data string, and writes them to `path`, whole or not at all.

    Returns:
        How many photographs.

    Raises:
        InputError: the network is missing, or the file would exceed `LARGEST_BYTES`.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "photographs.zip"
        ...     build_photographs(path, photographs="photos:dog", methods=["cam"])
        ...     read_photographs(path).classes["photos:dog"][0]
        1
        'German shepherd'
    """
    from wsss_viz.data.files import whole_file
    from wsss_viz.data.sources import open as open_data
    from wsss_viz.methods.few_rows import run_with_few_rows
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models.loading import load

    classifier = load(CLASSIFIER, device)
    traces, classes, guesses = {}, {}, {}
    for sample in progress(list(open_data(photographs)), "photographs"):
        source = canonical(sample.source)
        classes[source], guesses[source] = few_classes(classifier, sample), first_guesses(classifier, sample)
        few = with_classes(sample, classes[source])
        for method in methods:
            steps = run_with_few_rows(method, classifier, few, PRESETS[VIEWS])
            traces[trace_name(method, source)] = packed(Trace.collect(steps, method, few.classes))
    about = {
        "format": FORMAT,
        "version": __version__,
        "checkpoints": {CLASSIFIER: read_manifest()[CLASSIFIER].sha256},
        "experiment": {},
        "classes": classes,
        "guesses": guesses,
    }
    with whole_file(path) as file:
        write_traces(file, traces, about)
        if file.tell() > LARGEST_BYTES:
            raise InputError(f"the photographs' traces would have {file.tell()} bytes, more than {LARGEST_BYTES}")
    return len(classes)


def first_guesses(classifier: Classifier, sample: Sample, count: int = GUESSES) -> tuple[tuple[str, float], ...]:
    """The classes with the highest logits on a sample and their softmax probabilities over all of the classifier's.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> first_guesses(colour_network(), flag(), 2)  # softmax of 2/3, 1/3 and 0
        (('blue', 0.4484), ('red', 0.3213))
    """
    import torch

    with torch.no_grad():
        shares = classifier.logits(classifier.preprocess(sample.image))[0].softmax(dim=0)
    top = shares.topk(min(count, len(shares)))
    return tuple(
        (classifier.classes[i], round(p, 4)) for i, p in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    )


def packed(trace: Trace) -> Trace:
    """The trace without what `unpacked` makes again.

    Examples:
        >>> from wsss_viz.methods import ae
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> trace = Trace.collect(ae(colour_network(), flag(), ["blue"]), "ae")
        >>> trace.steps[1].image is None, packed(trace).steps[1].image is None
        (False, True)
    """
    return replace(trace, steps=tuple(_packed(step) for step in trace))


def _packed(step: Step) -> Step:
    arrays = {name: values for name, values in step.arrays.items() if name != "all_images"}
    if "region" in arrays:  # RIB: `maps` is the sum of `current`
        return replace(step, maps=arrays.pop("current"), arrays=arrays)
    if "before" in arrays:  # CS-AE: the mask is the sampled class's map
        return replace(step, image=None, mask=None, arrays=arrays)
    return replace(step, image=None, arrays=arrays)


def unpacked(trace: Trace, image: NDArray[np.uint8], fill: NDArray[np.float32]) -> Trace:
    """The trace as the method gave it, but for rounding; pictures and masks of CS-AE at the image's own size.

    Args:
        image: (H, W, 3), the sample's.
        fill: (3,) the colour of what is erased, 0 to 255.

    Examples:
        >>> from wsss_viz.methods import ae
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> trace = Trace.collect(ae(colour_network(), flag(), ["blue"]), "ae")
        >>> again = unpacked(packed(trace), flag().image, np.zeros(3, np.float32))
        >>> again.steps[1].image[0].tolist()  # blue was erased
        [[255, 0, 0], [0, 0, 0], [0, 0, 0]]
    """
    steps: list[Step] = []
    total = np.zeros_like(trace.steps[0].maps)
    for step in trace:
        if "region" in step.arrays:
            if step.stop not in ("explode", "diverged"):
                total = total + step.maps
            steps.append(replace(step, maps=total, arrays={**step.arrays, "current": step.maps}))
        elif "before" in step.arrays and step.sampled is not None:
            plane = upsample(step.maps[step.sampled][None], image.shape[:2])
            mask = normalise(plane, "relu_max")[0]
            steps.append(replace(step, mask=mask, image=_without(image, mask, fill)))
        elif "all_erased" in step.arrays:
            pictures = np.stack([_without(image, erased, fill) for erased in step.arrays["all_erased"]])
            steps.append(replace(step, image=pictures[0], arrays={**step.arrays, "all_images": pictures}))
        else:
            steps.append(step)
    return replace(trace, steps=tuple(steps))


def _without(image: NDArray[np.uint8], erased: NDArray, fill: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(H, W, 3) the image where what is erased, (h, w) in [0, 1], has the colour `fill`."""
    share = upsample(erased[None], image.shape[:2])[0][..., None]
    return np.round(image * (1 - share) + fill * share).astype(np.uint8)
