"""Held-out probe information by layer and region: how much of the label a reader finds in a classifier's features.

I_V(T -> Y) = H(Y) - CE(Y | q(T)) in bits (`information.probe`), a lower bound of I(T;Y) that holds for convolutional
features, where bins, kernels and neighbours end at the logarithm of the sample. It may rise with depth: a layer makes
easy for a small reader what was hard before. The report is a JSON value, stamped with the checkpoints it was measured
with and refused for others; reading it needs no torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wsss_viz.data.files import write_whole
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest, trained_names
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.evaluation.layer_features import Asked, LayerFeatures
    from wsss_viz.models.classifier import Classifier

__all__ = [
    "CGNET",
    "FORMAT",
    "IMAGES",
    "REBUILD",
    "REGIONS",
    "RIB_IMAGES",
    "RIB_STEPS",
    "Progress",
    "measure_features",
    "measure_layers",
    "read_stored",
    "store",
    "stored_path",
    "table",
]

REGIONS = ("discriminative", "non_discriminative", "background")
FORMAT = 1
REBUILD = "python -m wsss_viz diagnose probe --store"
IMAGES, RIB_IMAGES, RIB_STEPS = 400, 400, 6
CGNET = "cgnet"
Progress = Callable[[Iterable[int], str], Iterable[int]]


def measure_layers(
    classifier_name: str = "scenes-classifier",
    data: str = "scenes:test",
    *,
    coats: str | None = "singles:test",
    images: int = IMAGES,
    rib_images: int = RIB_IMAGES,
    rib_steps: int = RIB_STEPS,
    families: tuple[str, ...] = ("logistic", "mlp"),
    seed: int = 0,
    device: str = "auto",
    progress: Progress = lambda items, _: items,
) -> dict[str, Any]:
    """The report: the class of an object, and its coat, from the features of its regions.

    A probe is fitted on a random half of the images and scored on the other half; an image has one feature per region,
    so none is on both sides.

    Args:
        classifier_name: in the register of checkpoints.
        data: with masks and parts, for the class.
        coats: drawings with known coats, for the coat; None: not measured.
        images: at most so many of each.
        rib_images, rib_steps: for RIB's iterations; 0 images: not measured.
        families: the probes of the class in the classifier; the rest is read by the first of them alone.
        seed: of split, probes and bootstrap.

    Raises:
        InputError: no such checkpoint or data, or data without masks and parts.

    Examples:
        >>> report = measure_layers(images=12, coats=None, rib_images=0, families=("logistic",), device="cpu")
        >>> len(report["measured"]), sorted({row["network"] for row in report["measured"]})
        (36, ['cgnet', 'classifier'])
    """
    from wsss_viz.evaluation.layer_features import asked_of, layer_features, rib_features
    from wsss_viz.models.loading import load

    entries = read_manifest()
    if classifier_name not in entries:
        raise InputError(f"`classifier` is one of {', '.join(entries) or 'none there'}, got {classifier_name!r}")
    trained = trained_names(CGNET, classifier_name)[:1]
    networks = {"classifier": classifier_name, **dict(zip((CGNET,), trained, strict=False))}
    skipped = [] if trained else ["CGNet: none is trained from this classifier yet"]
    loaded: dict[str, Classifier] = {name: load(name, device) for name in networks.values()}
    sources = {"class": data, **({"coat": coats} if coats else {})}
    asked: dict[str, list[Asked]] = {target: asked_of(name, images) for target, name in sources.items()}
    rows: list[dict[str, Any]] = []
    for network, name in networks.items():
        for target, questions in asked.items():
            features = layer_features(loaded[name], questions, progress)
            probes = families if (network, target) == ("classifier", "class") else families[:1]
            about: dict[str, Any] = {"network": network, "data": sources[target], "iteration": None, "target": target}
            rows += measure_features(features, probes, about, seed, progress)
    if rib_images:
        tables = rib_features(loaded[classifier_name], asked["class"][:rib_images], rib_steps, progress)
        for k, features in enumerate(tables):
            about = {"network": "rib", "data": data, "iteration": k, "target": "class"}
            rows += measure_features(features, families[:1], about, seed, progress)
    return {
        "format": FORMAT,
        "version": __version__,
        "checkpoints": {name: entries[name].sha256 for name in networks.values()},
        "regions": REGIONS,
        "images": {"asked": {sources[target]: len(samples) for target, samples in asked.items()}, "rib": rib_images},
        "skipped": skipped,
        "measured": rows,
    }


def measure_features(
    features: LayerFeatures,
    families: tuple[str, ...],
    about: Mapping[str, Any],
    seed: int = 0,
    progress: Progress = lambda items, _: items,
) -> list[dict[str, Any]]:
    """One row per layer, region and family: `about` (which names the target), these, the result or a `reason`.

    Raises:
        InputError: the target is not known of these images.

    Examples:
        >>> import numpy as np
        >>> from wsss_viz.evaluation.layer_features import LayerFeatures
        >>> names = np.array(["cat", "dog"] * 40)
        >>> values = np.where(names == "cat", 1.0, -1.0)[:, None, None].repeat(3, axis=1)
        >>> features = LayerFeatures(("maps",), (values,), {"class": names}, 80)
        >>> rows = measure_features(features, ("logistic",), {"target": "class", "data": "toy"})
        >>> [(row["region"], round(row["value_bits"], 1)) for row in rows]  # one bit: the feature is the class
        [('discriminative', 1.0), ('non_discriminative', 1.0), ('background', 1.0)]
    """
    from wsss_viz.information import NotApplicable
    from wsss_viz.information.probe import probe_information

    if about["target"] not in features.targets:
        raise InputError(f"the {about['target']} is not known of {about['data']}; take the drawings singles:test")
    labels = features.targets[about["target"]]
    rows: list[dict[str, Any]] = []
    title = "probes, " + ", ".join(str(value) for value in about.values() if value is not None)
    for layer in progress(range(len(features.layers)), title):
        for at, region in enumerate(REGIONS):
            for family in families:
                row = {**about, "layer": features.layers[layer], "region": region, "family": family}
                try:
                    result = probe_information(features.values[layer][:, at], labels, family, seed=seed)
                    rows.append({**row, **_rounded(result.as_dict())})
                except NotApplicable as reason:
                    rows.append({**row, "reason": str(reason)})
    return rows


def _rounded(fields: dict[str, Any]) -> dict[str, Any]:
    """To 1e-5 bits: finer than any interval here."""
    interval = fields["ci"]
    numbers = {name: round(fields[name], 5) for name in ("value_bits", "cap_bits")}
    return {**fields, **numbers, "ci": None if interval is None else [round(end, 5) for end in interval]}


def stored_path() -> Path:
    """Where the shipped report is: in `showcase/` beside the checkpoints.

    >>> stored_path().name
    'layer-information.json'
    """
    return checkpoints_folder() / "showcase" / "layer-information.json"


def store(report: dict[str, Any], path: Path | None = None) -> Path:
    """Writes a report for pages to open, whole or not at all.

    >>> import tempfile
    >>> store({"format": FORMAT}, Path(tempfile.mkdtemp()) / "report.json").name
    'report.json'
    """
    path = path or stored_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(report, separators=(",", ":")) + "\n").encode())
    return path


def read_stored(path: Path | None = None) -> dict[str, Any]:
    """The shipped report.

    Raises:
        InputError: it is missing, damaged, of another format, or measured with checkpoints that are not these.

    >>> sorted(read_stored())[:3]
    ['checkpoints', 'format', 'images']
    """
    path = path or stored_path()
    if not path.is_file():
        raise InputError(f"Nothing is measured yet. Measure it once: `{REBUILD}`.")
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        stamps, known = dict(report["checkpoints"]), report["format"] == FORMAT and isinstance(report["measured"], list)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} is damaged. Measure it again: `{REBUILD}`.") from error
    if not known:
        raise InputError(f"The report is of another version of this project. Measure it again: `{REBUILD}`.")
    entries = read_manifest()
    for name, digest in stamps.items():
        if name not in entries or entries[name].sha256 != digest:
            raise InputError(
                f"The report was measured with another `{name}` than the one that is here, so it is not shown. "
                f"Measure it again: `{REBUILD}`."
            )
    return report


def table(report: Mapping[str, Any]) -> str:
    """The report to read: bits and 95 % interval by layer and region, a block for each question.

    >>> print(table(read_stored()).splitlines()[0])
    classifier: I_V(T->class), bits, logistic, scenes:test, n = 200 scored, cap H(Y) = 3.210
    """
    lines = []
    blocks: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in report["measured"]:
        blocks.setdefault(tuple(row[name] for name in ("network", "data", "target", "family", "iteration")), []).append(
            row
        )
    for (network, data, target, family, iteration), rows in blocks.items():
        measured = next((row for row in rows if "value_bits" in row), None)
        ends = f"n = {measured['n']} scored, cap H(Y) = {measured['cap_bits']:.3f}" if measured else "no value"
        at = "" if iteration is None else f", iteration {iteration}"
        lines.append(f"{network}{at}: I_V(T->{target}), bits, {family}, {data}, {ends}")
        lines.append("  " + f"{'layer':<12}" + "".join(f"{name:>26}" for name in report["regions"]))
        for layer in dict.fromkeys(row["layer"] for row in rows):
            cells = [_cell(row) for row in rows if row["layer"] == layer]
            lines.append("  " + f"{layer:<12}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join([*lines, *report["skipped"]])


def _cell(row: Mapping[str, Any]) -> str:
    if "value_bits" not in row:
        return "-"
    low, high = row["ci"]
    return f"{row['value_bits']:.2f} [{low:.2f}, {high:.2f}]"
