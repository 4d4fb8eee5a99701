"""`evaluate`'s report of methods that are run, which is also what the register of checkpoints claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from wsss_viz.data.findings import Noticed
from wsss_viz.data.matching import in_words_of
from wsss_viz.data.sample import Sample
from wsss_viz.data.sources import DataSet
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.subset import Selection, take
from wsss_viz.errors import InputError
from wsss_viz.evaluation.refined import levels_of
from wsss_viz.evaluation.runner import (
    Progress,
    evaluate,
    quiet,
)
from wsss_viz.methods.binding import BoundMethod, Networks, Runner, bind
from wsss_viz.methods.paired_networks import load_paired
from wsss_viz.methods.ranks import ALONE, Ranks
from wsss_viz.methods.views import PRESETS
from wsss_viz.models.classifier import Classifier
from wsss_viz.models.loading import load
from wsss_viz.models.renaming import RenamedClassifier, for_data_set
from wsss_viz.traces.centres import FIELD

if TYPE_CHECKING:
    from wsss_viz.refinement.refiners import Refiner

__all__ = [
    "ORACLE",
    "TUNING_SAMPLES",
    "about_data",
    "bind_all",
    "method_report",
    "open_for",
    "outside",
    "run_report",
]

TUNING_SAMPLES = 150
ORACLE = "the data itself (an oracle, as the field does)"
"""Where thresholds are from that are chosen on what they are reported on."""


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


def about_data(samples: Sequence[Sample], noticed: Noticed) -> dict[str, Any]:
    """Where the names and numbers of files come from, and the findings, where there are any.

    >>> about_data((), Noticed())
    {}
    """
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
        return None, ORACLE
    return (open_data(tune_on) if classes is None else open_for(tune_on, classes)), tune_on


def outside(levels: Sequence[float] | NDArray) -> str:
    """What the report says of a background's score that was given; "" of one that is chosen.

    >>> outside([0.25]), outside([0.25, 0.3])
    ('outside: 0.25 for all', '')
    """
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
        tuning, threshold_from = None, outside(levels_of(refiner))
    elif threshold is None:
        tuning, threshold_from = ranks.run_on_all(lambda: _tuning_samples(tune_on, data_string, classes))
    else:
        tuning, threshold_from = None, outside([threshold])
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
        **about_data(samples, noticed),
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
