"""What the lecture shows of the photographs beside the methods' own traces, computed beforehand; read without torch.

The traces, each of one photograph by the name in the file, of the few classes that its other traces have:

    class-sum    `lessons.class_sum`, of the photograph's own class; the features as 255ths of `HIGHEST`
    erasing      adversarial erasing, `ERASINGS` times, without its stop rules; in `terms` `probability`, the softmax
                 over all the network's classes
    parts        `evaluation.part_erasing`: the true head, body and object erased
    beside       erasing on a picture of the photograph beside another, each class from an image of its own
    beside-all   the same, all classes from one image
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wsss_viz.data.sample import Sample
from wsss_viz.models.manifest import checkpoints_folder, read_manifest
from wsss_viz.showcase.photographs import (
    CLASSIFIER,
    Progress,
    canonical,
    few_classes,
    packed,
    read_about,
    unpacked,
    with_classes,
)
from wsss_viz.showcase.reading import FORMAT, Showcase, read_showcase
from wsss_viz.showcase.scenes import trace_name
from wsss_viz.traces import Step, Trace
from wsss_viz.traces.trace_file import write_traces
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier

__all__ = [
    "ERASINGS",
    "GUEST",
    "GUEST_OF_ITSELF",
    "HIGHEST",
    "KINDS",
    "PhotographLessons",
    "build_photograph_lessons",
    "fill_colour",
    "guest_of",
    "pair_scores",
    "photograph_lessons",
    "photograph_lessons_path",
    "read_photograph_lessons",
    "side_by_side",
]

KINDS = ("class-sum", "erasing", "parts", "beside", "beside-all")
ERASINGS = 3
HIGHEST = 6.0
"""The largest value of a feature after ReLU6."""
GUEST, GUEST_OF_ITSELF = "scarlet_macaw", "dog"
"""Which photograph is laid beside each, and which beside that one."""


def photograph_lessons_path() -> Path:
    """Where they are: beside the photographs' traces.

    Examples:
        >>> photograph_lessons_path().name
        'photograph-lessons.zip'
    """
    return checkpoints_folder() / "showcase" / "photograph-lessons.zip"


def guest_of(name: str) -> str:
    """The photograph that is laid beside another.

    Examples:
        >>> guest_of("koala"), guest_of("scarlet_macaw")
        ('scarlet_macaw', 'dog')
    """
    return GUEST_OF_ITSELF if name == GUEST else GUEST


BESIDE = "_beside_"
"""Between the names of two photographs in one picture."""


def side_by_side(left: Sample, right: Sample) -> Sample:
    """Both samples in one picture of the left one's height, with the labels of both; its classes are the left one's
    and then those of the right one that it lacks.

    Examples:
        >>> import wsss_viz
        >>> dog, macaw = (wsss_viz.data.open(f"photos:{name}")[0] for name in ("dog", "scarlet_macaw"))
        >>> both = side_by_side(dog, macaw)
        >>> both.labels, both.size[0] == dog.size[0]
        (('German shepherd', 'macaw'), True)
    """
    height, width = left.size[0], round(right.size[1] * left.size[0] / right.size[0])
    classes = tuple(dict.fromkeys((*left.classes, *right.classes)))

    def resized(values: NDArray[np.uint8], how: Image.Resampling) -> NDArray[np.uint8]:
        return np.asarray(Image.fromarray(values).resize((width, height), how))

    nearest = Image.Resampling.NEAREST
    mask = parts = None
    if left.mask is not None and right.mask is not None:
        numbers = np.arange(256, dtype=np.uint8)
        numbers[1 : len(right.classes) + 1] = [classes.index(name) + 1 for name in right.classes]
        mask = np.concatenate([left.mask, numbers[resized(right.mask, nearest)]], axis=1)
    if left.parts is not None and right.parts is not None:
        parts = np.concatenate([left.parts, resized(right.parts, nearest)], axis=1)
    image = np.concatenate([left.image, resized(right.image, Image.Resampling.BILINEAR)], axis=1)
    labels = (*(left.labels or ()), *(right.labels or ()))
    return Sample(image, classes, labels, f"{left.name}{BESIDE}{right.name}", mask, parts)


@dataclass(frozen=True, eq=False)
class PhotographLessons:
    """The stored traces.

    Attributes:
        pairs: by data string the logits (2, K + 1, 2) of both animals of the picture of a photograph beside another:
            with its own class erased k times, and with both.
    """

    pairs: dict[str, NDArray[np.float64]]
    _stored: Showcase

    def has(self, kind: str, source: str) -> bool:
        """Whether one of `KINDS` of a photograph is in it."""
        return self._stored.has(kind, canonical(source))

    def trace(self, kind: str, source: str, sample: Sample) -> Trace:
        """One of `KINDS` of a photograph.

        Args:
            sample: the photograph, or of the kinds "beside" the picture of both: what was erased is drawn into it.

        Raises:
            InputError: it is not in the file, or the file is damaged.
        """
        trace = self._stored.trace(kind, canonical(source))
        if kind == "class-sum":
            return replace(trace, steps=tuple(_summed(step) for step in trace))
        if kind == "parts":
            return trace
        return unpacked(trace, sample.image, fill_colour())


def fill_colour() -> NDArray[np.float32]:
    """(3,) 0 to 255, what is erased is painted with: 0 of the network's input.

    Examples:
        >>> fill_colour().round().tolist()
        [127.0, 127.0, 127.0]
    """
    return np.asarray(read_manifest()[CLASSIFIER].preprocessing["mean"], dtype=np.float32) * 255


def _summed(step: Step) -> Step:
    features = step.arrays["features"].astype(np.float32) * (HIGHEST / 255)
    return replace(step, arrays={**step.arrays, "features": features})


def read_photograph_lessons(path: Path | None = None) -> PhotographLessons:
    """The traces that ship, or those at `path`.

    Raises:
        InputError: as `read_showcase`.

    Examples:
        >>> read_photograph_lessons().has("parts", "photos:koala")
        True
    """
    path = path or photograph_lessons_path()
    stored = read_showcase(path)
    pairs = {source: np.array(scores) for source, scores in read_about(path)["pairs"].items()}
    return PhotographLessons(pairs, stored)


def build_photograph_lessons(
    path: Path,
    *,
    photographs: str = "photos",
    device: str = "cpu",
    progress: Progress = lambda items, title: items,
) -> int:
    """Computes the traces of photographs and writes them to `path`, whole or not at all.

    Args:
        photographs: those to compute, as a data string.

    Returns:
        How many photographs.

    Raises:
        InputError: the network is missing.

    Examples:
        >>> build_photograph_lessons(Path("lessons.zip"), photographs="photos:koala")
        1
        >>> read_photograph_lessons(Path("lessons.zip")).has("beside", "photos:koala")
        True
    """
    from wsss_viz.data.files import whole_file
    from wsss_viz.data.sources import open as open_data
    from wsss_viz.models.loading import load

    classifier = load(CLASSIFIER, device)
    samples = list(open_data(photographs))
    by_name = {sample.name: sample for sample in open_data("photos")}
    traces: dict[str, Trace] = {}
    for sample in progress(samples, "the lecture's photographs"):
        guest = by_name[guest_of(sample.name)]
        for kind, trace in photograph_lessons(classifier, sample, guest).items():
            traces[trace_name(kind, canonical(sample.source))] = trace
    about = {
        "format": FORMAT,
        "version": __version__,
        "checkpoints": {CLASSIFIER: read_manifest()[CLASSIFIER].sha256},
        "experiment": {},
        "pairs": pair_scores(traces),
    }
    with whole_file(path) as file:
        write_traces(file, traces, about)
    return len(samples)


def pair_scores(traces: Mapping[str, Trace]) -> dict[str, list[list[list[float]]]]:
    """`PhotographLessons.pairs` of traces by their names in the file.

    Examples:
        >>> scores = np.array([[4.0, 1.0]], np.float32)
        >>> step = Step(0, np.zeros((2, 2, 3), np.float32), scores[0], (0,), arrays={"all_scores": scores})
        >>> pair_scores({"beside/photos:dog": Trace((step,)), "beside-all/photos:dog": Trace((step,))})
        {'photos:dog': [[[4.0, 1.0]], [[4.0, 1.0]]]}
    """
    both = {}
    for name, specific in traces.items():
        kind, _, source = name.partition("/")
        if kind == "beside":
            runs = (specific, traces[trace_name("beside-all", source)])
            both[source] = [[step.arrays["all_scores"][0].tolist() for step in run] for run in runs]
    return both


def photograph_lessons(classifier: Classifier, sample: Sample, guest: Sample) -> dict[str, Trace]:
    """The traces of one photograph by their kinds, as they are stored.

    Args:
        classifier: that knows its class and the guest's, among all of its own.
        guest: the photograph that is laid beside it.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> red, blue = (replace(flag(), labels=(name,)) for name in ("red", "blue"))
        >>> traces = photograph_lessons(colour_network(), red, blue)
        >>> sorted(traces), len(traces["erasing"])
        (['beside', 'beside-all', 'class-sum', 'erasing', 'parts'], 2)
    """
    from wsss_viz.evaluation.part_erasing import part_erasing
    from wsss_viz.models.narrowing import narrow
    from wsss_viz.showcase.lessons import class_sum

    (name,) = sample.labels or ()
    few = with_classes(sample, few_classes(classifier, sample))
    traces = {"class-sum": _quantised(class_sum(narrow(classifier, [name]), sample))}
    traces["erasing"] = _erasing(classifier, few)
    if sample.parts is not None:
        rows = [classifier.classes.index(one) for one in few.classes]
        steps = (
            replace(step, maps=step.maps[rows], scores=step.scores[rows], targets=(0,))
            for step in part_erasing(classifier, sample, name)
        )
        traces["parts"] = Trace.collect(steps, classes=few.classes)
    pair = side_by_side(few, with_classes(guest, few_classes(classifier, guest)))
    pair = with_classes(pair, pair.labels or ())
    traces["beside"], traces["beside-all"] = _erasing(classifier, pair), _erasing(classifier, pair, agnostic=True)
    return traces


def _quantised(trace: Trace) -> Trace:
    (step,) = trace
    features = np.round(np.clip(step.arrays["features"] / HIGHEST, 0, 1) * 255).astype(np.uint8)
    return replace(trace, steps=(replace(step, arrays={**step.arrays, "features": features}),))


def _erasing(classifier: Classifier, sample: Sample, agnostic: bool = False) -> Trace:
    """`ae` on the sample's classes, its probabilities over all that the classifier knows."""
    import torch

    from wsss_viz.methods import ae
    from wsss_viz.methods.masking import erase
    from wsss_viz.methods.settings import ErasingSettings
    from wsss_viz.models.narrowing import narrow

    looking, x = narrow(classifier, sample.classes), classifier.preprocess(sample.image)
    target = classifier.classes.index((sample.labels or sample.classes)[0])
    steps = []
    settings = ErasingSettings(steps=ERASINGS, stop_probability=0.0, stop_area=1.0, agnostic=agnostic)
    for step in ae(looking, sample, settings=settings):
        with torch.no_grad():
            seen = erase(x, torch.from_numpy(step.arrays["erased"]).to(x))
            probability = classifier.logits(seen)[0].double().softmax(dim=0)[target]
        steps.append(replace(step, terms={**step.terms, "probability": float(probability)}))
    return packed(Trace.collect(steps, "ae", sample.classes))
