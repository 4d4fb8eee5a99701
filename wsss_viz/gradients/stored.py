"""Stored measurements: the curves and example maps that ship, read without torch.

Made by `python -m wsss_viz diagnose gradient-ratio --data toy --store` and `... --data scenes:test --store`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsss_viz.data.archives import read_archive, write_archive
from wsss_viz.errors import InputError
from wsss_viz.gradients.ratio import Curve
from wsss_viz.version import __version__

__all__ = ["FOLDER", "REBUILD", "Entry", "Stored", "entry_dict", "shipped"]

FOLDER = Path(__file__).parent / "runs"
REBUILD = "python -m wsss_viz diagnose gradient-ratio --data {} --store"
_DIGITS = 4
_NOT_A_NUMBER = -(2**15)


@dataclass(frozen=True, eq=False)
class Entry:
    """One curve.

    Attributes:
        curve: see `ratio.Curve`.
        facts: numbers beside it by name (accuracies, mean s(1 - s), counts).
    """

    curve: Curve
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Stored:
    """The measurements of one subject.

    Attributes:
        entries: by key, parts joined by "/".
        examples: arrays of pictures and of their gradient maps, uint8, by name.
        about: how they were made: data, counts, seeds, the checkpoints' digests, the package's version.
    """

    entries: dict[str, Entry]
    examples: dict[str, NDArray]
    about: dict[str, Any]

    def save(self, path: Path | str) -> None:
        """Writes a .npz file, whole or not at all."""
        heads, arrays = {}, {}
        for number, (key, entry) in enumerate(self.entries.items()):
            curve = entry.curve
            heads[key] = {
                "layers": curve.layers,
                "regions": curve.regions,
                "taus": curve.taus,
                "counts": curve.counts.tolist(),
                "facts": entry.facts,
            }
            arrays[f"values{number}"] = _packed(curve.values)
            arrays[f"drop{number}"] = np.round(curve.drop, _DIGITS).astype(np.float32)
        examples = {f"example {name}": values for name, values in self.examples.items()}
        write_archive(path, {"entries": heads, "about": {"version": __version__, **self.about}}, {**arrays, **examples})

    @classmethod
    def load(cls, path: Path | str) -> Stored:
        """Reads what `save` wrote. Raises InputError where the file is missing or not of this version."""
        header, arrays = read_archive(path)
        try:
            entries = {}
            for number, (key, head) in enumerate(header["entries"].items()):
                values, drop = _unpacked(arrays[f"values{number}"]), arrays[f"drop{number}"].astype(np.float64)
                layers, regions, taus = (tuple(head[name]) for name in ("layers", "regions", "taus"))
                if values.shape != (len(taus), len(layers), len(regions), 3):
                    raise ValueError(key)
                counts = np.array(head["counts"], dtype=np.int64)
                entries[key] = Entry(Curve(layers, regions, taus, values, drop, counts), head["facts"])
            examples = {name[8:]: value for name, value in arrays.items() if name.startswith("example ")}
            return cls(entries, examples, header["about"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}: no stored gradient ratios of this version; measure them again") from error

    def as_dict(self) -> dict[str, Any]:
        """For JSON: every number but the example maps; what is not a number is null."""
        return {
            "about": {"version": __version__, **self.about},
            "entries": {key: entry_dict(entry) for key, entry in self.entries.items()},
        }


def _packed(values: NDArray) -> NDArray[np.int16]:
    """Numbers from -1 to 1 as ten-thousandths, NaN as what none of them is."""
    return np.where(np.isnan(values), _NOT_A_NUMBER, np.round(values * 10**_DIGITS)).astype(np.int16)


def _unpacked(values: NDArray[np.int16]) -> NDArray[np.float64]:
    return np.where(values == _NOT_A_NUMBER, np.nan, values / 10**_DIGITS)


def entry_dict(entry: Entry) -> dict[str, Any]:
    """One curve for JSON.

    >>> from wsss_viz.gradients.stored import entry_dict, shipped
    >>> entry = shipped("toy").entries["gap/bce/sum/max/all"]
    >>> entry_dict(entry)["layers"]
    ['conv 1', 'conv 2', 'conv 3', 'conv 4', 'conv 5', 'logit']
    """
    curve = entry.curve
    return {
        "layers": list(curve.layers),
        "regions": list(curve.regions),
        "taus": list(curve.taus),
        "hgr": _plain(curve.values),
        "hgr_axes": ["tau", "layer", "region", "mean, low, high (95 %, bootstrap over images)"],
        "last_step_loss": _plain(curve.drop),
        "last_step_loss_axes": ["tau", "region", "mean, low, high"],
        "images": dict(zip(curve.regions, curve.counts.tolist(), strict=True)),
        **entry.facts,
    }


def _plain(values: NDArray) -> Any:
    rounded = np.round(values, _DIGITS).astype(object)
    rounded[np.isnan(values)] = None
    return rounded.tolist()


def shipped(subject: str, checkpoints: Mapping[str, str] | None = None) -> Stored:
    """The measurements that ship, "toy" or "scenes".

    Args:
        checkpoints: digests by name, as the register has them now.

    Raises:
        InputError: the file is missing or damaged, or was measured on checkpoints of other digests than these.

    >>> from wsss_viz.gradients.stored import shipped
    >>> shipped("toy").entries["gap/bce/sum/max/all"].curve.regions
    ('discriminative', 'non_discriminative', 'irrelevant')
    """
    path = FOLDER / f"{subject}.npz"
    command = REBUILD.format("toy" if subject == "toy" else "scenes:test")
    if not path.is_file():
        raise InputError(f"No stored gradient ratios of the {subject}: measure them with `{command}`.")
    stored = Stored.load(path)
    for name, digest in stored.about.get("checkpoints", {}).items():
        if checkpoints is not None and checkpoints.get(name) != digest:
            raise InputError(
                f"The stored gradient ratios are of another `{name}` than this one: measure them again with "
                f"`{command}`."
            )
    return stored
