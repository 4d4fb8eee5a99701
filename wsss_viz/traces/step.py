"""Step and Trace: what a method shows while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on
from wsss_viz.traces.centres import CENTRES, FIELD, CellCentres
from wsss_viz.traces.layout_maps import MapGrids, image_maps, image_values
from wsss_viz.traces.overlay import COLOUR_MAPS, OPACITY, Overlay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST_ROWS", "FloatArray", "Step", "Trace", "last_step"]

MOST_ROWS = 4
"""Classes that `Trace.plot` draws unless it is told which."""

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """What a method shows at one iteration.

    Arrays are numpy, on no device, and belong to nobody else, so a Step may be stored, sent and drawn from any thread.

    Attributes:
        index: k, from 0.
        maps: (C, h, w) float32, the class maps at this iteration, raw and signed.
        scores: (C,) float32, the logits.
        targets: indices of the classes the method works on.
        image: (H, W, 3) uint8, the image the classifier saw, where it is not the sample's own.
        mask: (H, W) float32 in [0, 1], what was erased or pooled, where there is such a thing.
        loss: the loss at this iteration, where one is minimised.
        terms: the loss's terms and whatever else is counted at this iteration, by name.
        arrays: further arrays by name (the union so far, the accumulated maps).
        sampled: index of the class drawn at this iteration (CS-AE).
        stop: why the method ends after this step, or None.
        settings: what the method was run with, by name, as JSON has it; {} where unknown.
        centres: where the cells of `maps` lie, in pixels of the sample's image; None where unknown.
        grids: what the maps of the image are made of; None: `maps` stretched over it.
    """

    index: int
    maps: FloatArray
    scores: FloatArray
    targets: tuple[int, ...] = ()
    image: NDArray[np.uint8] | None = None
    mask: FloatArray | None = None
    loss: float | None = None
    terms: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, NDArray] = field(default_factory=dict)
    sampled: int | None = None
    stop: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    centres: CellCentres | None = None
    grids: MapGrids | None = None

    def image_maps(self, size: tuple[int, int], indices: Sequence[int] | None = None, align: str = FIELD) -> FloatArray:
        """(K, H, W) the maps of some classes, or of all, in the image's resolution, raw (`layout_maps`).

        >>> Step(0, np.ones((2, 2, 3), np.float32), np.zeros(2)).image_maps((16, 24), [1]).shape
        (1, 16, 24)
        """
        return image_maps(self.maps, size, indices, self.grids, self.aligned(align))

    def image_values(
        self, size: tuple[int, int], by: str, indices: Sequence[int] | None = None, align: str = FIELD
    ) -> FloatArray:
        """The same under the normalisation `by`: what masks and scores are made of.

        >>> float(Step(0, np.ones((2, 2, 3), np.float32), np.zeros(2)).image_values((16, 24), "relu_max").max() > 0.99)
        1.0
        """
        return image_values(self.maps, size, by, indices, self.grids, self.aligned(align))

    def aligned(self, align: str) -> CellCentres | None:
        """What `upsample` is given: the centres under "centres", where they are known; None, the field's rule, else.

        >>> step = Step(0, np.zeros((1, 2, 3), np.float32), np.zeros(1), centres=CellCentres((0.0, 0.0), (8.0, 8.0)))
        >>> step.aligned("field") is None, step.aligned("centres") == step.centres
        (True, True)
        """
        return self.centres if align == CENTRES else None

    def logit(self, index: int) -> float:
        """The logit of class `index` on the image that the method looked for it in at this step.

        Methods that erase each target's region in an image of its own put the logits of all of these, (T, C), into
        `arrays["all_scores"]`, in the order of `targets`; for other classes and methods it is `scores[index]`.

        >>> both = np.array([[4.0, 1.0], [3.0, -2.0]], np.float32)
        >>> step = Step(1, np.zeros((2, 4, 6), np.float32), both[0], (0, 1), arrays={"all_scores": both})
        >>> step.logit(0), step.logit(1)
        (4.0, -2.0)
        """
        rows = self.arrays.get("all_scores")
        if rows is None or index not in self.targets:
            return float(self.scores[index])
        return float(rows[min(self.targets.index(index), len(rows) - 1)][index])

    def __repr__(self) -> str:
        parts = [f"{self.index}", f"maps={self.maps.shape}", f"targets={self.targets}"]
        parts += [f"loss={self.loss:.4g}"] if self.loss is not None else []
        parts += [f"terms={sorted(self.terms)}"] if self.terms else []
        parts += [f"arrays={sorted(self.arrays)}"] if self.arrays else []
        parts += [f"stop={self.stop!r}"] if self.stop else []
        return f"Step({', '.join(parts)})"


def last_step(steps: Iterable[Step]) -> Step:
    """Runs a method to its end and keeps its last step alone. Raises ValueError where there is none.

    >>> maps, scores = np.zeros((1, 2, 3), np.float32), np.zeros(1, np.float32)
    >>> last_step(Step(k, maps, scores) for k in range(3)).index
    2
    """
    step = None
    for step in steps:  # noqa: B007 - the last one is wanted
        pass
    if step is None:
        raise ValueError("the method yielded no step")
    return step


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """The Steps of one method on one image, in order, and what they were made of.

    Attributes:
        steps: at least one.
        method: the method's name on the command line (`cam`, `cs-ae`, ...), or "".
        classes: the classes of `maps` and `scores`, in order; empty where unknown.
        sample: the image and what is known about it; None where it is unknown; pictures need it.

    A drawn scene, its CAM, and where the map is highest:

    >>> import wsss_viz
    >>> trace = wsss_viz.cam("scenes:test:17", "scenes-classifier")
    >>> trace.maps.shape, trace.target_names
    ((10, 16, 16), ('dog',))
    >>> trace.overlay("dog").save("dog.png")  # doctest: +SKIP
    """

    steps: tuple[Step, ...]
    method: str = ""
    classes: tuple[str, ...] = ()
    sample: Sample | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a trace has at least one step")

    @classmethod
    def collect(
        cls,
        steps: Iterable[Step],
        method: str = "",
        classes: tuple[str, ...] = (),
        sample: Sample | None = None,
    ) -> Trace:
        """Runs the method to its end and keeps every step.

        >>> step = Step(0, np.zeros((2, 4, 6), np.float32), np.zeros(2, np.float32))
        >>> Trace.collect(iter([step]), "cam", ("cow", "sofa"))
        Trace(method='cam', steps=1, maps=(2, 4, 6))
        """
        collected = []
        for step in steps:
            may_go_on()
            collected.append(step)
        return cls(tuple(collected), method, classes, sample)

    @property
    def maps(self) -> FloatArray:
        """(C, h, w) float32, the method's final maps: the last step's, raw and signed."""
        return self.steps[-1].maps

    @property
    def scores(self) -> FloatArray:
        """(C,) float32, the last step's logits."""
        return self.steps[-1].scores

    @property
    def image(self) -> NDArray[np.uint8] | None:
        """(H, W, 3) uint8, the sample's image; None where the sample is unknown."""
        return None if self.sample is None else self.sample.image

    @property
    def target_names(self) -> tuple[str, ...]:
        """The classes that the method works on, by name; by number where the names are unknown."""
        return tuple(self.class_name(index) for index in self.steps[-1].targets)

    def class_name(self, index: int) -> str:
        """The name of a class; its number where the names are unknown."""
        return self.classes[index] if self.classes else str(index)

    def class_index(self, name: str | None = None) -> int:
        """The index of a class by name; of the first target, else of the class with the top score, without one.

        Raises:
            InputError: the trace has no class of that name.
        """
        if name is None:
            targets = self.steps[-1].targets
            return targets[0] if targets else int(self.scores.argmax())
        names = self.classes or tuple(str(index) for index in range(len(self.maps)))
        if name not in names:
            raise InputError(f"the trace has no class {name!r}: give one of {', '.join(names[:20])}")
        return names.index(name)

    def overlay(
        self,
        class_name: str | None = None,
        step: int = -1,
        opacity: float = OPACITY,
        *,
        normalisation: str = "relu_max",
        colours: str = COLOUR_MAPS[0],
    ) -> Overlay:
        """One class's map over the image, in the colours of the pages and figures.

        The map is enlarged to the image first and normalised then, as IRN does (`docs/sources.md#irn`).

        Args:
            class_name: default the first target.
            step: position among the steps, from the end where negative.
            opacity: of the map, 0 to 1.
            normalisation: one of `NORMALISATIONS`; "raw" spreads the map's own range over the colours.
            colours: one of `COLOUR_MAPS`.

        Raises:
            InputError: no such class or step, an opacity outside 0 to 1, or a trace without its sample.

        >>> import wsss_viz
        >>> wsss_viz.cam("scenes:test:17", "scenes-classifier").overlay()
        Overlay('cam, dog', size=(128, 128))
        """
        from wsss_viz.traces.pictures import class_overlay

        return class_overlay(self, self.class_index(class_name), step, opacity, normalisation, colours)

    def plot(self, classes: Sequence[str] | None = None) -> Figure:
        """A matplotlib figure: a row per class, its map over the image at up to six steps, with the logits.

        Args:
            classes: by name; default the targets, at most four.

        Raises:
            InputError: no such class, or a trace without its sample.

        >>> import wsss_viz
        >>> len(wsss_viz.cam("scenes:test:17", "scenes-classifier").plot().axes)
        2
        """
        from wsss_viz.traces.pictures import plot_trace

        names = classes or self.target_names[:MOST_ROWS] or (None,)
        return plot_trace(self, [self.class_index(name) for name in names])

    def save(self, path: Path | str) -> Path:
        """Writes the trace, its sample and settings, whole or not at all; nothing is rounded. Returns the path.

        Raises:
            InputError: the place cannot be written to.

        >>> import tempfile, wsss_viz
        >>> trace = wsss_viz.cam("scenes:test:17", "scenes-classifier")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     read = Trace.load(trace.save(f"{folder}/dog.trace"))
        >>> bool((read.maps == trace.maps).all()), read.method, read.sample.source
        (True, 'cam', 'scenes:test:17')
        """
        from wsss_viz.traces.trace_file import save_trace

        return save_trace(Path(path), self)

    @classmethod
    def load(cls, path: Path | str) -> Trace:
        """Reads what `save` wrote. Nothing in the file is executed.

        Raises:
            InputError: it is missing, truncated, or not one of these.
        """
        from wsss_viz.traces.trace_file import load_trace

        return load_trace(Path(path))

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the method was run with, by name; {} where unknown."""
        return self.steps[-1].settings

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __repr__(self) -> str:
        parts = [f"method={self.method!r}"]
        if self.sample is not None:
            parts += [f"source={self.sample.source or self.sample.name!r}", f"size={self.sample.size}"]
        parts += [f"steps={len(self)}", f"maps={self.maps.shape}"]
        parts += [f"targets={self.target_names}"] if self.steps[-1].targets else []
        parts += [f"stop={self.steps[-1].stop!r}"] if self.steps[-1].stop else []
        return f"Trace({', '.join(parts)})"

    def _repr_html_(self) -> str:
        from wsss_viz.traces.pictures import trace_html

        return trace_html(self)
