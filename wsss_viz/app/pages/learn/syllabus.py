"""The steps of the lecture in order. A step's module is imported when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from wsss_viz.app.pages.learn.lesson import Lesson
from wsss_viz.app.state import ViewState


@dataclass(frozen=True)
class Topic:
    """One step by its short name and its module in `steps`."""

    name: str
    module: str


SYLLABUS = (
    Topic("Why image labels only", "labels_only"),
    Topic("From labels to a segmentation", "pipeline"),
    Topic("The class activation map", "class_map"),
    Topic("Only the discriminative part", "discriminative_part"),
    Topic("Adversarial erasing", "adversarial_erasing"),
    Topic("What a classifier can still see", "still_seen"),
    Topic("Class-specific erasing", "sofa"),
    Topic("Mutual information", "mutual_information"),
    Topic("The data-processing inequality", "data_processing"),
    Topic("The information bottleneck", "trade_off"),
    Topic("The information plane", "information_plane"),
    Topic("The gradient-ratio experiment", "gradient_ratio"),
    Topic("RIB: the last sigmoid removed", "last_sigmoid"),
    Topic("Results, failures, limits", "results"),
)


def lesson(number: int, state: ViewState) -> Lesson:
    """Step `number`, from 1, at the state's settings.

    Raises:
        InputError: what it shows is missing, with the command that makes it.
    """
    built: Lesson = import_module(f"wsss_viz.app.pages.learn.steps.{SYLLABUS[number - 1].module}").lesson(state)
    return built
