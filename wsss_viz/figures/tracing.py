"""The traces of a figure: from the showcase, from the cache on disk, else computed once, as `maps` computes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.disk_cache import DiskCache
from wsss_viz.data.fingerprints import data_digest
from wsss_viz.data.matching import in_words_of, matching
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.evaluation.stored_maps import stored_trace
from wsss_viz.figures.columns import column
from wsss_viz.figures.companions import SHIPPED, companions_by_row, drawn_from
from wsss_viz.figures.spec import PHOTOGRAPHS_CLASSIFIER, SCENES_CLASSIFIER, WITHOUT_ROWS, FigureSpec, Row
from wsss_viz.figures.trace_cache import CACHE, INPUT, read_trace, run_facts, trace_key, write_trace
from wsss_viz.interrupts import may_go_on
from wsss_viz.methods.availability import why_not_registered
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.models.manifest import read_manifest, trained_names
from wsss_viz.showcase import read_showcase
from wsss_viz.showcase.photographs import few_classes, read_photographs, with_classes
from wsss_viz.traces import Trace
from wsss_viz.traces.centres import FIELD
from wsss_viz.traces.map_folder import MapFolder

if TYPE_CHECKING:
    from wsss_viz.methods.binding import BoundMethod, Runner
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.renaming import RenamedClassifier

__all__ = ["TraceOf", "Tracer", "compute_trace"]

TraceOf = Callable[[FigureSpec, str, str], Trace]
"""The trace of a column of a figure on a data string."""


@dataclass(frozen=True, eq=False)
class _Image:
    """One sample, and the set it is of."""

    whole: DataSet
    sample: Sample
    index: int


class Tracer:
    """Gives the traces of figures: what is asked for twice is computed once, networks and data are read once.

    Args:
        device: what is computed on; the CPU gives the same numbers on any machine with the same packages.
        threads: of the CPU; their number decides the last bits, so that of `maps` is the default.
        cache: None: nothing is kept on disk.
        data: opens data strings.
        progress: shows how far `prepare` is.
        watched: wraps what runs, to be told of its steps.
        fresh: what is kept on disk is not read.
    """

    def __init__(
        self,
        device: str = "cpu",
        threads: int = 1,
        cache: DiskCache | None = CACHE,
        data: Callable[[str], DataSet] = open_data,
        progress: Callable[[Sequence[Any], str], Iterable[Any]] = lambda items, title: items,
        watched: Callable[[BoundMethod], Runner] = lambda run: run,
        fresh: bool = False,
    ) -> None:
        self.device, self.threads, self.cache, self.progress, self.watched = device, threads, cache, progress, watched
        self.fresh = fresh
        self.companions: dict[str, tuple[str | None, ...]] = {}
        """By method that draws other images, for each row of the figure that was drawn last what they were drawn from,
        "" where there were none; None: the row has no map of the method."""
        self.written = 0
        """How many traces were computed and kept on disk."""
        self.labels: tuple[str, ...] = ()
        """The class of each row of the figure that was drawn last."""
        self._open = data
        self._images: dict[str, _Image] = {}
        self._traces: dict[str, Trace] = {}
        self._drawn_from: dict[tuple[str, str], str] = {}
        self._networks: dict[str, tuple[Any, Any]] = {}

    def __call__(self, spec: FigureSpec, name: str, source: str) -> Trace:
        """The trace of a column on a data string, without refiner.

        Raises:
            InputError: the data string is no sample, a network is missing, or the maps are.
        """
        base = column(name).base
        trace = self._ready(spec, base, source)
        return self._computed(spec, base, source) if trace is None else trace

    def sample(self, source: str) -> Sample:
        """The one sample of a data string. Raises InputError where it names none or several."""
        return self._image(source).sample

    def prepare(self, spec: FigureSpec) -> None:
        """Checks every name of a figure, then computes what is missing.

        Raises:
            InputError: a data string that is not one sample, a class that nobody knows, maps that are not there, a
                method without its network; before anything is computed.
        """
        if spec.kind in WITHOUT_ROWS:
            return
        self.check_registered(spec)
        missing: dict[str, tuple[FigureSpec, str, str]] = {}
        for row in spec.rows:
            self.sample(row.image)
        for row in spec.rows:
            here = spec.of(row)
            columns = [column(name) for name in spec.columns_of(row) if not column(name).is_picture]
            traces = {one.base: self._ready(here, one.base, row.image) for one in columns}
            for base in dict.fromkeys(one.base for one in columns):
                trace = traces[base]
                known = self._looking(here, row.image)[1] if trace is None else trace.classes
                _check_classes(row, known, self.sample(row.image))
                if trace is None:
                    self._bound(here, base, row.image)
                    missing.setdefault(self._key(here, base, row.image), (here, base, row.image))
        for here, base, source in self.progress(list(missing.values()), "maps") if missing else ():
            may_go_on()
            self._computed(here, base, source)

    def check_registered(self, spec: FigureSpec) -> None:
        """Raises InputError where a method needs a network that was not trained from a shipped classifier."""
        entries = read_manifest()
        for row in spec.rows:
            name = spec.classifier_of(row.image)
            wanted = [column(one).base for one in spec.columns_of(row)] if name in entries else []
            given = [one for one in wanted if one in METHODS and METHODS[one].role not in spec.networks]
            reason = next(filter(None, (why_not_registered(method, name) for method in given)), "")
            if reason:
                raise InputError(reason)

    def describe(self, rows: Sequence[tuple[str, str, Mapping[str, Trace]]]) -> None:
        """Notes for the caption what the rows of a figure are of.

        Args:
            rows: of each the image's data string, the class and the traces by method.
        """
        self.labels = tuple(name for _, name, _ in rows)
        self.companions = companions_by_row([(source, traces) for source, _, traces in rows], self._drawn_from)

    def _image(self, source: str) -> _Image:
        if source not in self._images:
            samples = self._open(source)
            if len(samples) != 1:
                raise InputError(
                    f"`image` is one sample, such as scenes:test:129; {source!r} has {len(samples)}: add its number"
                    " or its name"
                )
            if samples.numbering.undecided:
                raise InputError(samples.numbering.question)
            whole = replace(samples, indices=range(len(samples.source)))
            self._images[source] = _Image(whole, samples[0], samples.indices[0])
        return self._images[source]

    def _ready(self, spec: FigureSpec, base: str, source: str) -> Trace | None:
        """The trace where it need not be computed."""
        key = self._key(spec, base, source)
        if key not in self._traces:
            trace = self._read(spec, base, source, key)
            if trace is None:
                return None
            self._traces[key] = trace
        return self._traces[key]

    def _read(self, spec: FigureSpec, base: str, source: str, key: str) -> Trace | None:
        if base not in METHODS:
            image = self._image(source)
            maps = MapFolder(Path(spec.maps[column(base).maps]), image.whole.numbering)
            return stored_trace(maps, image.sample, base)
        stored = self._stored(spec, base, source)
        if stored is not None or self.cache is None or self.fresh:
            return stored
        there = read_trace(self.cache, key)
        if there is None:
            return None
        trace, companions = there
        self._drawn_from[base, source] = companions
        return trace

    def _stored(self, spec: FigureSpec, method: str, source: str) -> Trace | None:
        """The trace of the showcase; None where it has none of this classifier, method, image and views."""
        name = spec.classifier_of(source)
        if spec.settings.get(method) or spec.network_input or spec.networks or spec.class_names or spec.companions:
            return None
        try:
            if name == SCENES_CLASSIFIER:
                showcase = read_showcase()
                trace = showcase.trace(method, source) if showcase.has(method, source, spec.views) else None
            elif name == PHOTOGRAPHS_CLASSIFIER and source.startswith("photos:"):
                photographs = read_photographs()
                known = photographs.has(method, source, spec.views)
                trace = photographs.trace(method, self.sample(source)) if known else None
            else:
                return None
        except InputError:
            return None  # computed instead
        if trace is None or (spec.align != FIELD and trace.steps[-1].centres is None):
            return None
        self._drawn_from[method, source] = "scenes:train" if name == SCENES_CLASSIFIER else SHIPPED
        return trace

    def _key(self, spec: FigureSpec, base: str, source: str) -> str:
        """All that a trace depends on."""
        image = self._image(source)
        labels = _targets(spec, image.sample, source)
        if base not in METHODS:
            facts = {"folder": spec.maps[column(base).maps], "source": source, "classes": image.whole.classes}
            return trace_key(facts, image.sample, labels)
        name, role = spec.classifier_of(source), METHODS[base].role
        facts = run_facts(
            base,
            classifier=name,
            class_names=self._class_names(spec),
            networks=spec.networks.get(role or "", trained_names(role, name) if role else ()),
            network_input={one: getattr(spec.network_input, one) for one in INPUT},
            settings=spec.settings.get(base, {}),
            views=spec.views,
            device=self.device,
            threads=self.threads,
            data=source,
            classes=image.whole.classes,
            companions=self._companions_digest(spec, base, image),
        )
        return trace_key(facts, image.sample, labels)

    def _companions_digest(self, spec: FigureSpec, base: str, image: _Image) -> str:
        if not METHODS[base].companions:
            return ""
        return data_digest(self._open(spec.companions) if spec.companions else image.whole)

    def _class_names(self, spec: FigureSpec) -> tuple[str, ...] | None:
        if isinstance(spec.class_names, str):
            from wsss_viz.models.class_lists import read_class_names

            return read_class_names(Path(spec.class_names))
        return spec.class_names or None

    def _opened(self, spec: FigureSpec, source: str) -> tuple[Classifier, dict[str, tuple[Classifier, ...]]]:
        from wsss_viz.methods.paired_networks import open_networks
        from wsss_viz.methods.precision import laid_out

        name, said, whole = spec.classifier_of(source), spec.network_input, self._image(source).whole
        key = repr((name, said, spec.networks, spec.methods, spec.class_names, whole.classes))
        if key not in self._networks:
            given = {name: getattr(said, name) for name in INPUT if getattr(said, name) is not None}
            opened, paired = open_networks(
                spec.methods,
                name,
                self.device,
                classes=self._class_names(spec),
                given=spec.networks,
                network_input=given,
                samples=whole,
            )
            for network in (opened, *(network for group in paired.values() for network in group)):
                laid_out(network)
            self._networks[key] = opened, paired
        return self._networks[key]

    def _looking(self, spec: FigureSpec, source: str) -> tuple[Classifier | RenamedClassifier, tuple[str, ...]]:
        """What looks at an image, and its classes in the data set's words."""
        from wsss_viz.models.renaming import for_data_set

        opened, whole = self._opened(spec, source)[0], self._image(source).whole
        looking = for_data_set(opened, whole.classes)
        words = {other: name for name, other in matching(whole.classes, looking.classes).renamed.items()}
        return looking, tuple(words.get(name, name) for name in looking.classes)

    def _bound(self, spec: FigureSpec, method: str, source: str) -> BoundMethod:
        """The method on what looks at an image, with the companions that `maps` draws."""
        from wsss_viz.methods.binding import bind

        looking, _ = self._looking(spec, source)
        samples = in_words_of(self._image(source).whole, looking.classes)
        if spec.companions and METHODS[method].companions:
            samples = in_words_of(self._open(spec.companions), looking.classes, "the classifier")
        changes = spec.settings.get(method, {})
        return bind(method, looking, self._opened(spec, source)[1], samples, **changes)

    def _computed(self, spec: FigureSpec, method: str, source: str) -> Trace:
        from wsss_viz.methods.precision import using_threads
        from wsss_viz.methods.views import PRESETS

        key = self._key(spec, method, source)
        if key in self._traces:
            return self._traces[key]
        image, views = self._image(source), PRESETS[spec.views]
        labels = _targets(spec, image.sample, source)
        with using_threads(self.threads):
            if spec.classifier_of(source) == PHOTOGRAPHS_CLASSIFIER and source.startswith("photos:"):
                trace = self._of_photograph(spec, method, image.sample)
                words = SHIPPED
            else:
                run, (looking, classes) = self._bound(spec, method, source), self._looking(spec, source)
                sample = matching(image.whole.classes, looking.classes).of(image.sample)
                if labels is not None:
                    renamed = dict(zip(classes, looking.classes, strict=True))
                    known = (*sample.classes, *(renamed[name] for name in labels if name in renamed))
                    sample = replace(
                        sample,
                        classes=tuple(dict.fromkeys(known)),
                        labels=tuple(renamed.get(name, name) for name in labels),
                    )
                trace = Trace.collect(self.watched(run)(sample, views), method, classes)
                words = drawn_from(run)
        self._drawn_from[method, source] = words
        self._traces[key] = trace
        if self.cache is not None:
            write_trace(self.cache, key, trace, words if METHODS[method].companions else None)
            self.written += 1
        return trace

    def _of_photograph(self, spec: FigureSpec, method: str, sample: Sample) -> Trace:
        """By the rows of the photograph's few classes, as the showcase has it."""
        from wsss_viz.methods.few_rows import run_with_few_rows
        from wsss_viz.methods.views import PRESETS

        classifier = self._opened(spec, sample.source)[0]
        few = with_classes(sample, few_classes(classifier, sample))
        steps = run_with_few_rows(method, classifier, few, PRESETS[spec.views], **spec.settings.get(method, {}))
        return Trace.collect(steps, method, few.classes)


def compute_trace(spec: FigureSpec, method: str, source: str) -> Trace:
    """One trace, from the showcase or computed on the CPU, with nothing kept.

    Raises:
        InputError: the method's network or the classifier is missing, or the data string is wrong.

    Examples:
        >>> spec = FigureSpec("grid", ("cam",), (Row("scenes:test:17", "dog"),))
        >>> compute_trace(spec, "cam", "scenes:test:17").target_names
        ('dog',)
    """
    return Tracer(cache=None)(spec, method, source)


def _targets(spec: FigureSpec, sample: Sample, source: str) -> tuple[str, ...] | None:
    """The image's labels; of an image without, the classes that the spec names."""
    if sample.labels is not None:
        return sample.labels
    named = [name for row in spec.rows if row.image == source for name in row.classes]
    return tuple(dict.fromkeys(named)) or None


def _check_classes(row: Row, known: Sequence[str], sample: Sample) -> None:
    for name in row.classes:
        if name not in known:
            near = [one for one in (*(sample.labels or ()), *known) if one in known]
            raise InputError(f"`class` {name!r} is not one of {', '.join(dict.fromkeys(near[:20]))}")
