"""The steps of the lecture in order, by chapter. A step's module is imported when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from wsss_viz.app.pages.learn.lesson import Lesson
from wsss_viz.app.state import ViewState


@dataclass(frozen=True)
class Topic:
    """One step by its short name and its module in `steps`.

    Attributes:
        asks: its headline as long as the question is not answered, which gives nothing away.
        setup: what one has to know to answer.
    """

    name: str
    module: str
    asks: str
    setup: str


CHAPTERS = {
    "From labels to maps": (
        Topic(
            "Why image labels only",
            "labels_only",
            "What does it cost to say where things are?",
            "A classifier learns from labels of whole images. A segmentation wants a mask of every object.",
        ),
        Topic(
            "From labels to a segmentation",
            "pipeline",
            "How does a label become a segmentation?",
            "Class maps, cut at a threshold, are pseudo masks; a segmentation network learns from them.",
        ),
        Topic(
            "The class activation map",
            "class_map",
            "Where in the image does the score of a class come from?",
            "A classifier pools its features over the image and weighs their channels into one score per class.",
        ),
        Topic(
            "The discriminative part",
            "discriminative_part",
            "How much of the object does its class map cover?",
            "A threshold makes a pseudo mask of the map. Of the animals the true outlines of head and body are known.",
        ),
    ),
    "Erasing": (
        Topic(
            "Adversarial erasing",
            "adversarial_erasing",
            "What comes to light when the map's region is erased?",
            "Adversarial erasing paints over what the map covers, computes the map again, and so on.",
        ),
        Topic(
            "What a classifier can still see",
            "still_seen",
            "Head erased: what does the classifier say of the body?",
            "CS-AE rests on an observation about ordinary classifiers that are shown an image without the object's "
            "most discriminative part. It can be measured, for the true outlines are known.",
        ),
        Topic(
            "Class-specific erasing",
            "sofa",
            "Two animals in one picture: what does erasing one of them do to the other?",
            "The map of one class is erased from the picture, and the score of the other class is read.",
        ),
    ),
    "Information": (
        Topic(
            "Mutual information",
            "mutual_information",
            "How much does one bit say of another?",
            "Two fair bits, X and Y. Mutual information is how much less uncertain Y is once X is known.",
        ),
        Topic(
            "The data-processing inequality",
            "data_processing",
            "What can a later layer make of what an earlier one has lost?",
            "A bit is sent through a chain of links, each of which flips it now and then.",
        ),
        Topic(
            "The information bottleneck",
            "trade_off",
            "How much of the input has to be kept to tell the label?",
            "An encoder makes T out of X, to keep I(X;T) small and I(T;Y) large: min I(X;T) - beta I(T;Y).",
        ),
        Topic(
            "The information plane",
            "information_plane",
            "Does a network forget its input as it learns?",
            "Small networks learn a rule on 12 bits. What each layer tells of its input is measured by binning its "
            "values.",
        ),
    ),
    "Reducing the bottleneck": (
        Topic(
            "The gradient-ratio experiment",
            "gradient_ratio",
            "Two signs of one class: what becomes of the rarer one on its way through the network?",
            "Every picture holds a digit. One in ten also holds a small shape, which is just as sure evidence.",
        ),
        Topic(
            "RIB: reducing the information bottleneck",
            "last_sigmoid",
            "What does the loss still ask for, once a class is recognised?",
            "The network is trained with binary cross-entropy, the sigmoid of the class's logit in it.",
        ),
    ),
    "Results": (
        Topic(
            "Results, failures, limits",
            "results",
            "Which of these methods helps, and where?",
            "Every method on held-out drawn scenes, with the same inference, each at its best threshold.",
        ),
    ),
}
SYLLABUS = tuple(topic for topics in CHAPTERS.values() for topic in topics)


def chapter_of(number: int) -> str:
    """The chapter of step `number`."""
    return next(name for name, topics in CHAPTERS.items() if SYLLABUS[number - 1] in topics)


def steps_of(chapter: str) -> tuple[int, ...]:
    """The numbers of a chapter's steps."""
    return tuple(number for number, topic in enumerate(SYLLABUS, start=1) if topic in CHAPTERS[chapter])


def lesson(number: int, state: ViewState) -> Lesson:
    """Step `number`, from 1, at the state's settings.

    Raises:
        InputError: what it shows is missing, with the command that makes it.
    """
    built: Lesson = import_module(f"wsss_viz.app.pages.learn.steps.{SYLLABUS[number - 1].module}").lesson(state)
    return built
