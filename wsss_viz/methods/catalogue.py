"""All methods: what each is called, needs, shows and looks like. Needs no torch.

A new method is one file with its function, its settings in `settings`, and one entry here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.methods.settings import (
    CamSettings,
    CseSettings,
    CseSingleSettings,
    ErasingRoundsSettings,
    ErasingSettings,
    GainSettings,
    IbaSettings,
    LayerCamSettings,
    RibSettings,
    Settings,
)

__all__ = [
    "ACTIVATION",
    "METHODS",
    "REFINED_SCORE",
    "Method",
    "lead",
    "method",
    "roles",
    "title",
]

ACTIVATION = "activation"
"""What a class map's values are: the unit of the logits."""
REFINED_SCORE = "refined score"
"""What a refined map's values are: between 0 and 1, whatever the method's were."""


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        name: on the command line, in addresses, and of its function (with _ for -).
        title: on pages and in tables.
        run: "module:function", the generator of Steps, within `wsss_viz.methods`.
        settings: the class of its settings.
        source: the paper, or what is our own about it; more of each in `docs/sources.md#cam` and beside it.
        colour: for CSS and plots; the same on every page. Any two differ by CIEDE2000 >= 12 to normal sight and to
            dichromats, and each has a contrast of 3:1 with the page, light and dark (`docs/sources.md#colours`).
        dash: line style in plots, after plotly.
        marker: of its points in plots, after plotly.
        role: of the paired networks it needs, trained from the classifier; None: the classifier does alone.
        parameter: the parameter of `run` that takes them.
        several: whether it takes all networks of the role (AE's rounds), or the one.
        train: the command that makes them for a classifier of the drawn scenes.
        train_anywhere: the same for one of other data, "" where there is none.
        companions: whether it draws other images of the data set at hand (RIB, IBA).
        draws: what it does with those from somewhere, and without any, in a caption.
        shares_settings_with: the method whose settings on a network are this one's too; "": its own.
        shows: what its Steps hold, by which pages draw them: "maps", "erasing", "rounds", "cse" or "rib".
        step_name: what a Step is: "k", an iteration; "round", "class", "stage".
        group, label: where it stands on the page Erasing; "": not there.
        lead: that page's first line; "": the one of its group.
        formula: in LaTeX, of a group that the page has no words of its own for.
        stepped_with: settings of that page's own, as name and value.
        quick: settings that pages change on a person's own network, which would take minutes.
        preferred: whether Compare opens with it.
        control: whether it is a control for another method and not ranked among them.
        forwards: of the network, before the first iteration.
        tunes: whether each iteration goes backward through the network.
        unit: of a map's values, as colour bars and tables say it.
    """

    name: str
    title: str
    run: str
    settings: type[Settings]
    source: str
    colour: str
    dash: str = "solid"
    marker: str = "circle"
    role: str | None = None
    parameter: str = ""
    several: bool = False
    train: str = ""
    train_anywhere: str = ""
    companions: bool = False
    draws: tuple[str, str] = ("is tuned with companions from {}", "is tuned with no companions")
    shares_settings_with: str = ""
    shows: str = "maps"
    step_name: str = "k"
    group: str = ""
    label: str = ""
    lead: str = ""
    formula: str = ""
    stepped_with: tuple[tuple[str, Any], ...] = ()
    quick: tuple[tuple[str, Any], ...] = ()
    preferred: bool = False
    control: bool = False
    forwards: int = 1
    tunes: bool = False
    unit: str = ACTIVATION

    @property
    def settings_name(self) -> str:
        """In `Classifier.settings`."""
        return self.shares_settings_with or self.name

    @property
    def setting_names(self) -> tuple[str, ...]:
        """Its settings by name."""
        return tuple(field.name for field in fields(self.settings))

    @property
    def iterated(self) -> bool:
        """Whether the number of its steps can be chosen."""
        return "steps" in self.setting_names

    @property
    def default_steps(self) -> int:
        """K, where it is iterated; else 0."""
        return int(getattr(self.settings(), "steps", 0))

    def most_steps(self, labels: int = 1, paired: int = 0, settings: Mapping[str, Any] | None = None) -> int:
        """How many Steps it gives at most.

        Args:
            labels: of the image.
            paired: networks of its role.
            settings: what it is run with, where it is not the defaults.
        """
        values = {**self.settings().as_dict(), **(settings or {})}
        if self.iterated:
            return int(values["steps"]) + 1
        if self.step_name == "class":
            return max(1, labels)
        return 1 + paired if self.several else int(values.get("layers", 1))

    def load(self) -> Callable[..., Any]:
        """The generator of Steps; imports torch."""
        module, _, function = self.run.partition(":")
        loaded: Callable[..., Any] = getattr(importlib.import_module(f"wsss_viz.methods.{module}"), function)
        return loaded


METHODS: dict[str, Method] = {
    entry.name: entry
    for entry in (
        Method(
            "cam",
            "CAM",
            "class_activation:cam",
            CamSettings,
            "Zhou et al., CVPR 2016",
            "#616c71",
            preferred=True,
        ),
        Method(
            "ae",
            "AE (frozen)",
            "erasing:ae",
            ErasingSettings,
            "our own, after AE-PSL (Wei et al., CVPR 2017)",
            "#ae8b21",
            dash="dash",
            marker="square",
            shows="erasing",
            group="AE",
            label="frozen classifier",
            lead="Find the discriminative part, erase it, repeat. The classifier stays as it is; what it still finds "
            "is what it had not needed.",
        ),
        Method(
            "ae-rounds",
            "AE (retrained)",
            "erasing_rounds:ae_rounds",
            ErasingRoundsSettings,
            "AE-PSL (Wei et al., CVPR 2017), without its saliency and refinement",
            "#906000",
            dash="dashdot",
            marker="triangle-up",
            role="ae",
            parameter="rounds",
            several=True,
            train="train ae",
            shows="rounds",
            step_name="round",
            group="AE",
            label="retrained each round",
            lead="Find the discriminative part, erase it from the training images, and train a new classifier on what "
            "is left: it has to find something else.",
            preferred=True,
        ),
        Method(
            "gain",
            "GAIN",
            "guided_attention:gain",
            GainSettings,
            "Li et al., CVPR 2018",
            "#7d81f8",
            dash="dot",
            marker="triangle-down",
            role="gain",
            parameter="network",
            train="train gain",
            step_name="class",
            forwards=3,
        ),
        Method(
            "cs-ae",
            "CS-AE",
            "cse:cs_ae",
            CseSettings,
            "OC-CSE (Kweon et al., ICCV 2021)",
            "#6c3cfc",
            marker="diamond",
            role="cgnet",
            parameter="cgnet",
            train="train cse",
            train_anywhere="train oc-cse",
            shows="cse",
            step_name="class",
            group="CS-AE",
            label="trained, class by class",
            lead="A network learns to erase one class so well that a frozen classifier no longer sees it, and still "
            "sees all the others.",
            preferred=True,
            forwards=3,
        ),
        Method(
            "cs-ae-single",
            "CS-AE (single image)",
            "cse_single:cs_ae_single",
            CseSingleSettings,
            "our own, by the loss of OC-CSE (Kweon et al., ICCV 2021)",
            "#269fa3",
            dash="dash",
            marker="diamond-open",
            shows="cse",
            group="CS-AE",
            label="on this image alone",
            tunes=True,
        ),
        Method(
            "rib",
            "RIB",
            "rib_tuning:rib",
            RibSettings,
            "Lee et al., NeurIPS 2021",
            "#0e744d",
            marker="star",
            companions=True,
            shows="rib",
            group="RIB",
            label="sigmoid removed",
            lead="The classifier is tuned on this one image with its last sigmoid removed, which gives it a reason to "
            "look at more than the most discriminative part.",
            quick=(("gradient_views", "mirror"), ("augment", False)),
            preferred=True,
            tunes=True,
        ),
        Method(
            "rib-bce",
            "RIB (BCE)",
            "rib_tuning:rib_bce",
            RibSettings,
            "the control of RIB (Lee et al., NeurIPS 2021), our own",
            "#84916a",
            dash="dash",
            marker="x",
            companions=True,
            shares_settings_with="rib",
            shows="rib",
            group="RIB",
            label="control: sigmoid kept",
            lead="RIB's control: the same tuning on this one image with the sigmoid kept. Once the class is sure, the "
            "loss has little left to ask for.",
            quick=(("gradient_views", "mirror"), ("augment", False)),
            control=True,
            tunes=True,
        ),
        Method(
            "layercam",
            "LayerCAM",
            "layer_activation:layercam",
            LayerCamSettings,
            "Jiang et al., TIP 2021",
            "#f14d9a",
            dash="longdash",
            marker="diamond-tall",
            step_name="stage",
            group="LayerCAM",
            label="stage by stage",
            lead="The class in the features of each stage, the last one first: earlier stages are finer, and less "
            "sure of the class.",
            formula=r"M^c(u) = \mathrm{ReLU}\left(\textstyle\sum_k \mathrm{ReLU}"
            r"\left(\frac{\partial s_c}{\partial A_k(u)}\right) A_k(u)\right)",
            stepped_with=(("layers", 4),),
            tunes=True,
        ),
        Method(
            "iba",
            "IBA",
            "bottleneck:iba",
            IbaSettings,
            "Schulz et al., ICLR 2020",
            "#b4249c",
            dash="longdashdot",
            marker="hexagram",
            companions=True,
            draws=(
                "takes its noise's mean and deviation from {}",
                "takes its noise's mean and deviation from the image",
            ),
            tunes=True,
            unit="bits per pixel",
        ),
    )
}
"""By name, in the order of pages and tables."""


def method(name: str) -> Method:
    """The method of that name. Raises InputError where there is none.

    Examples:
        >>> method("layercam").role is None, method("cs-ae").role
        (True, 'cgnet')
    """
    if name not in METHODS:
        raise InputError(f"unknown method {name!r}: give one of {', '.join(METHODS)}")
    return METHODS[name]


def title(name: str) -> str:
    """The method's title; what is no method, such as a control in a report, is called by its own name.

    Examples:
        >>> title("cs-ae"), title("control")
        ('CS-AE', 'control')
    """
    return METHODS[name].title if name in METHODS else name


def lead(name: str) -> str:
    """The first line of the page Erasing: the method's own, else that of its group.

    Raises:
        InputError: no such method, or one that the page does not step through.

    Examples:
        >>> lead("cs-ae") == lead("cs-ae-single"), lead("cs-ae")[:31]
        (True, 'A network learns to erase one c')
    """
    entry = method(name)
    leads = [entry.lead, *(other.lead for other in METHODS.values() if other.group == entry.group)]
    if not entry.group or not any(leads):
        raise InputError(f"{entry.title} is not stepped through on the page Erasing: it has no group or no lead there")
    return next(text for text in leads if text)


def roles(names: Iterable[str] = METHODS) -> tuple[str, ...]:
    """The roles of the paired networks that these methods need, each once; unknown names are passed over.

    Examples:
        >>> roles(["cam", "gain", "cs-ae", "gain"])
        ('cgnet', 'gain')
    """
    return tuple(sorted({METHODS[name].role or "" for name in names if name in METHODS} - {""}))
