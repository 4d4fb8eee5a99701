"""`evaluate`'s report of maps that were written to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.matching import in_words_of
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.subset import Selection, take
from wsss_viz.errors import InputError
from wsss_viz.evaluation.measures import measures_of
from wsss_viz.evaluation.protocols import Protocol, padded, script_classes
from wsss_viz.evaluation.refined import levels_of
from wsss_viz.evaluation.report import ORACLE, about_data, outside
from wsss_viz.evaluation.report_text import FINISHED
from wsss_viz.evaluation.runner import Progress, as_json, check_scorable, count_shared, image_rows, quiet
from wsss_viz.evaluation.scores import summarise
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.traces.centres import FIELD
from wsss_viz.traces.map_folder import MapFolder

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = ["stored_report"]


def stored_report(
    folder: Path,
    data_string: str,
    *,
    limit: int | Selection | None = None,
    ranks: Ranks = ALONE,
    progress: Progress = quiet,
    strict: bool = False,
    align: str = FIELD,
    protocol: Protocol | None = None,
    refiner: Refiner | None = None,
    measures: Sequence[str] = (),
) -> dict[str, Any]:
    """`evaluate`'s report for maps that were written to `folder`, at the best threshold on the data itself.

    Finished pseudo masks, and maps with a background's score, have no threshold to choose: their curve is flat. {} on
    the ranks other than 0. With a `protocol` the numbers are those of its paper's script, and the report says which.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.dataset_run import run_dataset
        >>> from wsss_viz.methods.views import SINGLE
        >>> from wsss_viz.models import load
        >>> from wsss_viz.traces.map_folder import MapWriter
        >>> classifier = load("scenes-classifier", "cpu")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     writer = MapWriter(Path(folder), classifier.classes)
        ...     samples = open_data("scenes:test")[:1]
        ...     _ = run_dataset(bind("cam", classifier), classifier.classes, samples, writer, views=SINGLE, settings={})
        ...     report = stored_report(Path(folder), "scenes:test", limit=1)
        >>> report["count"], report["threshold_from"]
        (1, 'the data itself (an oracle, as the field does)')
    """

    def prepare() -> tuple[Sequence[Sample], DataSet, MapFolder]:
        samples = open_data(data_string)
        if samples.numbering.undecided:
            raise InputError(samples.numbering.question)
        maps = MapFolder(folder, samples.numbering)
        in_words_of(samples, maps.classes, f"the maps in {folder}")
        return take(samples, limit), samples, maps

    samples, whole, maps = ranks.run_on_all(prepare)
    counted = count_shared(
        lambda sample: (count_stored_sample(maps, sample, align, protocol, refiner, measures), 0.0),
        samples,
        "reading maps",
        ranks,
        progress,
        strict=strict,
        maps=maps,
    )
    if counted is None:
        return {}
    check_scorable(counted, data_string)
    levels = levels_of(refiner) if protocol is None else protocol.thresholds
    classes = whole.classes if protocol is None else script_classes(whole.classes, protocol)
    counts = [padded(image, len(classes)) for image in counted.counts] if protocol else counted.counts
    scores = summarise(counts, classes, thresholds=levels, nowhere=protocol is not None and protocol.nowhere)
    finished = maps.format == "mask" or maps.with_background
    row = as_json(scores, None, () if protocol else counted.counts, levels)
    return {
        "data": data_string,
        "count": len(samples),
        "maps": str(folder),
        **({} if maps.format == "mask" else {"align": align}),
        **(
            {}
            if protocol is None
            else {
                "protocol": protocol.name,
                "protocol_is": f"{protocol.said} ({len(scores.per_class)} with the background)",
            }
        ),
        **({} if refiner is None else {"refine": refiner.name}),
        "threshold_from": FINISHED if finished else (protocol is None and outside(levels)) or _from(protocol),
        **about_data(samples, counted.noticed),
        **({} if protocol else {"images": image_rows(counted, whole.classes)}),
        "methods": {
            folder.resolve().name: row | measures_of(counts, whole.classes, measures, scores.threshold, levels)
        },
    }


def _from(protocol: Protocol | None) -> str:
    """What the report says of the threshold of maps in files."""
    if protocol is not None and len(protocol.thresholds) == 1:
        return f"the protocol: {protocol.thresholds[0]:.2f}, fixed"
    return ORACLE
