"""`evaluate`'s report: what the command prints and writes, and what the register of checkpoints claims."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from wsss_viz.data.findings import Noticed
from wsss_viz.data.matching import in_words_of
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.subset import Selection, take
from wsss_viz.errors import InputError
from wsss_viz.evaluation.measures import measure_lines, measures_of
from wsss_viz.evaluation.protocols import Protocol, padded, script_classes
from wsss_viz.evaluation.refined import levels_of
from wsss_viz.evaluation.runner import (
    Progress,
    as_json,
    check_scorable,
    count_shared,
    evaluate,
    image_rows,
    quiet,
)
from wsss_viz.evaluation.scores import summarise
from wsss_viz.evaluation.stored_maps import count_stored_sample
from wsss_viz.methods.binding import BoundMethod, Networks, Runner, bind
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.methods.views import PRESETS
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import load
from wsss_viz.models.renaming import RenamedClassifier, for_data_set
from wsss_viz.traces.centres import CENTRES, FIELD
from wsss_viz.traces.map_folder import MapFolder

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = [
    "ALIGNED",
    "FINISHED",
    "TUNING_SAMPLES",
    "bind_all",
    "method_report",
    "open_for",
    "report_bytes",
    "run_report",
    "stored_report",
    "table",
]

TUNING_SAMPLES = 150
ALIGNED = {
    FIELD: "; maps stretched over the images, as the field does",
    CENTRES: "; maps laid over the images by their cells' centres",
}
FINISHED = "none: finished pseudo masks"


def open_for(data_string: str, classes: Sequence[str], whose: str = "the classifier") -> DataSet:
    """The data set with the classifier's names (`data.matching`).

    Raises:
        InputError: it cannot be opened, its masks do not tell how they number the classes, or none of its labels is a
            class of the classifier.

    >>> open_for("scenes:val", ("couch", "dog")).name
    'scenes:val'
    """
    samples = open_data(data_string)
    if samples.numbering.undecided:
        raise InputError(samples.numbering.question)
    return in_words_of(samples, classes, whose)


def _about(samples: Sequence[Sample], noticed: Noticed) -> dict[str, Any]:
    """Where the names and numbers of files come from, and the findings, where there are any."""
    said: dict[str, Any] = {}
    if isinstance(samples, DataSet) and hasattr(samples.source, "numbering"):
        said["classes_from"] = samples.numbering.said
    findings = [finding.as_dict() for finding in noticed.findings()]
    return {**said, **({"findings": findings, "unreadable": noticed.unreadable} if findings else {})}


def _tuning_samples(
    tune_on: str, data_string: str, classes: Sequence[str] | None = None
) -> tuple[Sequence[Sample] | None, str]:
    """The samples on which thresholds are chosen, and what the report says of them.

    Args:
        tune_on: a data string; "none": the evaluated data itself, an oracle; "auto": the first `TUNING_SAMPLES` of
            scenes:val where the held-out scenes are evaluated, else "none".
    """
    if tune_on == "auto" and data_string.startswith("scenes:test"):
        return take(open_data("scenes:val"), TUNING_SAMPLES), f"the first {TUNING_SAMPLES} of scenes:val"
    if tune_on in ("auto", "none"):
        return None, "the data itself (an oracle, as the field does)"
    return (open_data(tune_on) if classes is None else open_for(tune_on, classes)), tune_on


def _outside(levels: Sequence[float] | NDArray) -> str:
    """What the report says of a background's score that was given; "" of one that is chosen."""
    return f"outside: {levels[0]:.2f} for all" if len(levels) == 1 else ""


def bind_all(
    classifier: Classifier | RenamedClassifier,
    classifier_name: str,
    names: Sequence[str],
    also: Mapping[str, str] | None = None,
    device: str = "auto",
    networks: Networks | None = None,
    samples: Sequence[Sample] = (),
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    settings: str | None = None,
) -> dict[str, BoundMethod]:
    """The methods by name with what was trained from the classifier, and the CAM of other checkpoints by their rows.

    Args:
        classifier_name: as `models.load` was given it.
        names: of methods.
        also: what to load by the name of its row: a control, a training from another seed.
        networks: the paired networks by role; None: what was trained from the classifier.
        samples: the data set at hand, see `bind`.
        changes: of single settings, by method.
        settings: "official", in place of the classifier's own (`bind`).

    Raises:
        InputError: a method or checkpoint that is not there, one of other classes, or a row's name twice.

    Examples:
        >>> from wsss_viz.models import load
        >>> runs = bind_all(load("scenes-classifier", "cpu"), "scenes-classifier", ["cam", "gain"], device="cpu")
        >>> list(runs)
        ['cam', 'gain']
    """
    networks = load_paired(names, classifier_name, device) if networks is None else networks
    runs = {
        name: bind(name, classifier, networks, samples, settings, **(changes or {}).get(name, {})) for name in names
    }
    for row, checkpoint in (also or {}).items():
        other = for_data_set(load(checkpoint, device), getattr(samples, "classes", ()))
        if row in runs:
            raise InputError(f"{row!r} is a row already: give the checkpoint {checkpoint} another name")
        if other.classes != classifier.classes:
            raise InputError(f"{checkpoint} knows other classes than {classifier_name}: leave it out")
        runs[row] = bind("cam", other)
    return runs


def run_report(
    runs: Mapping[str, Runner],
    classes: Sequence[str],
    data_string: str,
    *,
    limit: int | Selection | None = None,
    tune_on: str = "auto",
    threshold: float | None = None,
    views_name: str = "multi-scale",
    each_image: bool = False,
    ranks: Ranks = ALONE,
    progress: Progress = quiet,
    strict: bool = False,
    align: str = FIELD,
    refiner: Refiner | None = None,
    measures: Sequence[str] = (),
) -> dict[str, Any]:
    """Bound methods over a data set: `{"data", "count", ..., "methods": {NAME: scores}}`, percentages, 0 to 100.

    With `threshold` every method is scored at that one, and nothing is tuned. With `each_image` also `images`, a data
    string and the classes in it for each, and each method's `per_image`, the IoUs of these classes; and `findings`
    about the data (`data.findings`), where there are any. {} on the ranks other than 0.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models import load
        >>> classifier = load("scenes-classifier", "cpu")
        >>> runs = {"cam": bind("cam", classifier)}
        >>> report = run_report(runs, classifier.classes, "scenes:test", limit=1, threshold=0.3, views_name="single")
        >>> report["count"], report["threshold_from"], report["methods"]["cam"]["threshold"]
        (1, 'outside: 0.30 for all', 0.3)
    """
    samples = ranks.run_on_all(lambda: take(open_for(data_string, classes), limit))
    if len(levels_of(refiner, threshold)) == 1:
        tuning, threshold_from = None, _outside(levels_of(refiner))
    elif threshold is None:
        tuning, threshold_from = ranks.run_on_all(lambda: _tuning_samples(tune_on, data_string, classes))
    else:
        tuning, threshold_from = None, _outside([threshold])
    results, images, noticed = evaluate(
        runs,
        classes,
        samples,
        tune_on=tuning,
        threshold=threshold,
        views=PRESETS[views_name],
        each_image=each_image,
        ranks=ranks,
        progress=progress,
        strict=strict,
        align=align,
        refiner=refiner,
        measures=measures,
    )
    if ranks.rank != 0:
        return {}
    return {
        "data": data_string,
        "count": len(samples),
        "views": views_name,
        "align": align,
        **({} if refiner is None else {"refine": refiner.name}),
        "threshold_from": threshold_from,
        **_about(samples, noticed),
        **({"images": images} if each_image else {}),
        "methods": results,
    }


def method_report(
    classifier: Classifier,
    classifier_name: str,
    names: Sequence[str],
    data_string: str,
    *,
    networks: Networks | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The same for methods by their names on the command line. `options` are those of `run_report`.

    Examples:
        >>> from wsss_viz.models import load
        >>> classifier, name = load("scenes-classifier", "cpu"), "scenes-classifier"
        >>> settings = {"limit": 1, "threshold": 0.3, "views_name": "single"}
        >>> report = method_report(classifier, name, ["cam", "layercam"], "scenes:test", **settings)
        >>> report["classifier"], list(report["methods"])
        ('scenes-classifier', ['cam', 'layercam'])
    """
    runs = {name: bind(name, classifier, networks) for name in names}
    return {**run_report(runs, classifier.classes, data_string, **options), "classifier": classifier_name}


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
    """The same for maps that were written to `folder`, at the best threshold on the data itself.

    Finished pseudo masks, and maps with a background's score, have no threshold to choose: their curve is flat. {} on
    the ranks other than 0. With a `protocol` the numbers are those of its paper's script, and the report says which.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.methods.dataset_run import run_dataset
        >>> from wsss_viz.methods.views import SINGLE
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
        "threshold_from": FINISHED
        if finished
        else (protocol is None and _outside(levels)) or _from(protocol, data_string),
        **_about(samples, counted.noticed),
        **({} if protocol else {"images": image_rows(counted, whole.classes)}),
        "methods": {
            folder.resolve().name: row | measures_of(counts, whole.classes, measures, scores.threshold, levels)
        },
    }


def _from(protocol: Protocol | None, data_string: str) -> str:
    """What the report says of the threshold of maps in files."""
    if protocol is not None and len(protocol.thresholds) == 1:
        return f"the protocol: {protocol.thresholds[0]:.2f}, fixed"
    return _tuning_samples("none", data_string)[1]


def report_bytes(report: Mapping[str, Any]) -> bytes:
    """The report as JSON, every list of plain values on one line.

    Examples:
        >>> print(report_bytes({"count": 2, "intervals": [[1, 2], [3, 4]]}).decode())
        {
          "count": 2,
          "intervals": [
            [1, 2],
            [3, 4]
          ]
        }
    """
    return (_written(report, "\n") + "\n").encode()


def _written(value: Any, line: str) -> str:
    """JSON of a value that stands where `line`, a line break and its indent, begins."""
    if isinstance(value, Mapping) and value:
        within = [f"{json.dumps(key)}: {_written(item, line + '  ')}" for key, item in value.items()]
        return f"{{{line}  {f',{line}  '.join(within)}{line}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        return f"[{line}  {f',{line}  '.join(_written(item, line + '  ') for item in value)}{line}]"
    return json.dumps(value)


def table(report: dict[str, Any]) -> str:
    """The report's main numbers as text: one line per method, then the best threshold and each class's IoU.

    Examples:
        >>> from wsss_viz.methods import bind
        >>> from wsss_viz.models import load
        >>> classifier = load("scenes-classifier", "cpu")
        >>> runs = {"cam": bind("cam", classifier)}
        >>> report = run_report(runs, classifier.classes, "scenes:test", limit=1, threshold=0.3, views_name="single")
        >>> header, row, *_ = table(report).splitlines()[1:]
        >>> header.split()[:3], row.split()[:2]
        (['method', 't', 'mIoU'], ['cam', '0.30'])
    """
    lines = [
        f"{report['count']} samples of {report['data']}; thresholds from {report['threshold_from']}; percent; "
        f"95 % intervals over images{ALIGNED.get(report.get('align', ''), '')}"
        f"{'; refined by ' + report['refine'] if 'refine' in report else ''}",
        f"{'method':<12}{'t':>5}{'mIoU':>7}{'interval':>15}{'prec':>7}{'recall':>8}{'FP':>6}{'FN':>6}"
        f"{'discr.':>8}{'non-d.':>8}{'s/image':>9}",
    ]
    curved = report["threshold_from"] != FINISHED
    if "protocol" in report:
        lines.insert(1, f"protocol {report['protocol']}, {report['protocol_is']}")
    for name, row in report["methods"].items():
        low, high = row["interval"]["miou"]
        parts = row["part_recall"]
        seconds = row["seconds_per_image"]
        at = f"{row['threshold']:.2f}" if curved else "-"
        lines.append(
            f"{name:<12}{at:>5}{row['miou']:>7.1f}{f'{low:.1f} to {high:.1f}':>15}"
            f"{_number(row['precision'], 7)}{_number(row['recall'], 8)}{_number(row['fp'], 6)}{_number(row['fn'], 6)}"
            f"{_number(parts['discriminative'], 8)}{_number(parts['non_discriminative'], 8)}"
            f"{'-' if seconds is None else f'{seconds:.3f}':>9}"
        )
    for name, row in report["methods"].items():
        said = f"best threshold here {row['best_threshold']:.2f}, mIoU {row['best_miou']:.1f}; " if curved else ""
        ious = ", ".join(f"{label} {_number(value, 0)}" for label, value in row["per_class"].items())
        lines += textwrap.wrap(f"{name}: {said}IoU: {ious}", 120, subsequent_indent="  ")
        lines += [f"{name}: {line}" for line in measure_lines(row)]
    return "\n".join(lines)


def _number(value: float | None, width: int) -> str:
    return f"{'-' if value is None else f'{value:.1f}':>{width}}"
