"""What the page Gradients shows the gradients of, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass

from wsss_viz.app.state.parameters import Notation, Parameter, choice, is_index, share, whole, write_numbers

SUBJECTS = ("photos", "toy", "scenes")
HEADS = ("flatten", "gap")
TRAINED_WITH = ("bce", "rib")
NETWORKS = ("classifier", "cgnet")
MEASURES = ("sum", "energy")
DIVISORS = ("max", "p99")
REGION_SOURCES = ("parts", "map0.3", "map0.5", "map0.7")
LARGEST_LAYER = 12
LARGEST_PICTURE = 1
LARGEST_RIB_STEP = 10


@dataclass(frozen=True)
class GradientsState:
    """
    Attributes:
        subject: one of `SUBJECTS`, what the gradients are of: "toy", or what the view looks at, "scenes" where it looks
            at a photograph and a drawn scene is meant.
        head, trained_with: of `HEADS` and `TRAINED_WITH`, the toy's network.
        picture: the toy's example, from 0.
        network: one of `NETWORKS`, who looks at the scenes.
        measure: one of `MEASURES`, how a layer becomes one number.
        divisor: one of `DIVISORS`, what a gradient map is divided by; "": what suits the subject.
        tau: the share of it from which a gradient is high.
        layer: from 1; 0: the last.
        regions: one of `REGION_SOURCES`, where the scenes' regions are from.
        rib_step: theta_k whose gradients are shown.
        box: one's own region in percent of the picture: left, top, right, bottom; empty: none.
    """

    subject: str = "photos"
    head: str = "flatten"
    trained_with: str = "bce"
    picture: int = 0
    network: str = "classifier"
    measure: str = "sum"
    divisor: str = ""
    tau: float = 0.3
    layer: int = 0
    regions: str = "parts"
    rib_step: int = 0
    box: tuple[int, ...] = ()

    @property
    def divided_by(self) -> str:
        """The divisor; unless named, of photographs the percentile: there one pixel sets the scale of a whole map."""
        return self.divisor or ("max" if self.subject in ("toy", "scenes") else "p99")


def _read_tau(text: str) -> float:
    value: float = share().read(text)
    if not 0.05 <= value <= 0.9 or round(value * 20) != round(value * 20, 6):
        raise ValueError("a threshold from 0.05 to 0.9 in steps of 0.05")
    return value


def _read_box(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split("-") if is_index(part, 101))
    if text and (text.count("-") != 3 or len(numbers) != 4 or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]):
        raise ValueError("left, top, right and bottom in percent, such as 10-20-60-80")
    return numbers


PARAMETERS = (
    Parameter("subject", choice(SUBJECTS)),
    Parameter("head", choice(HEADS)),
    Parameter("trained-with", choice(TRAINED_WITH)),
    Parameter("picture", whole(0, LARGEST_PICTURE)),
    Parameter("network", choice(NETWORKS)),
    Parameter("measure", choice(MEASURES)),
    Parameter("divisor", choice(("", *DIVISORS))),
    Parameter("tau", Notation(_read_tau)),
    Parameter("layer", whole(0, LARGEST_LAYER)),
    Parameter("regions", choice(REGION_SOURCES)),
    Parameter("rib-step", whole(0, LARGEST_RIB_STEP)),
    Parameter("box", Notation(_read_box, write_numbers)),
)
