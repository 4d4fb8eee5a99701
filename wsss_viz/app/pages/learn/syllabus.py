"""The steps of the lecture in order, by chapter. A step's module is imported when it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from wsss_viz.app.language import mark
from wsss_viz.app.pages.learn.lesson import Lesson
from wsss_viz.app.source_bar import Beside
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
    mark("From labels to maps"): (
        Topic(
            mark("Why image labels only"),
            "labels_only",
            mark("What does it cost to say where things are?"),
            mark("A classifier learns from labels of whole images. A segmentation wants a mask of every object."),
        ),
        Topic(
            mark("From labels to a segmentation"),
            "pipeline",
            mark("How does a label become a segmentation?"),
            mark("Class maps, cut at a threshold, are pseudo masks; a segmentation network learns from them."),
        ),
        Topic(
            mark("The class activation map"),
            "class_map",
            mark("Where in the image does the score of a class come from?"),
            mark("A classifier pools its features over the image and weighs their channels into one score per class."),
        ),
        Topic(
            mark("The discriminative part"),
            "discriminative_part",
            mark("How much of the object does its class map cover?"),
            mark(
                "A threshold makes a pseudo mask of the map. Of the animals the true outlines of head and "
                "body are known."
            ),
        ),
    ),
    mark("Erasing"): (
        Topic(
            mark("Adversarial erasing"),
            "adversarial_erasing",
            mark("What comes to light when the map's region is erased?"),
            mark("Adversarial erasing paints over what the map covers, computes the map again, and so on."),
        ),
        Topic(
            mark("What a classifier can still see"),
            "still_seen",
            mark("Head erased: what does the classifier say of the body?"),
            mark(
                "CS-AE rests on an observation about ordinary classifiers that are shown an image without "
                "the object's most discriminative part. It can be measured, for the true outlines are known."
            ),
        ),
        Topic(
            mark("Class-specific erasing"),
            "sofa",
            mark("Two animals in one picture: what does erasing one of them do to the other?"),
            mark("The map of one class is erased from the picture, and the score of the other class is read."),
        ),
    ),
    mark("Information"): (
        Topic(
            mark("Mutual information"),
            "mutual_information",
            mark("How much does one bit say of another?"),
            mark("Two fair bits, X and Y. Mutual information is how much less uncertain Y is once X is known."),
        ),
        Topic(
            mark("The data-processing inequality"),
            "data_processing",
            mark("What can a later layer make of what an earlier one has lost?"),
            mark("A bit is sent through a chain of links, each of which flips it now and then."),
        ),
        Topic(
            mark("The information bottleneck"),
            "trade_off",
            mark("How much of the input has to be kept to tell the label?"),
            mark("An encoder makes T out of X, to keep I(X;T) small and I(T;Y) large: min I(X;T) − β I(T;Y)."),
        ),
        Topic(
            mark("The information plane"),
            "information_plane",
            mark("Does a network forget its input as it learns?"),
            mark(
                "Small networks learn a rule on 12 bits. What each layer tells of its input is measured by "
                "binning its values."
            ),
        ),
    ),
    mark("Reducing the bottleneck"): (
        Topic(
            mark("The gradient-ratio experiment"),
            "gradient_ratio",
            mark("Two signs of one class: what becomes of the rarer one on its way through the network?"),
            mark("Every picture holds a digit. One in ten also holds a small shape, which is just as sure evidence."),
        ),
        Topic(
            mark("RIB: reducing the information bottleneck"),
            "last_sigmoid",
            mark("What does the loss still ask for, once a class is recognised?"),
            mark("The network is trained with binary cross-entropy, the sigmoid of the class's logit in it."),
        ),
    ),
    mark("Results"): (
        Topic(
            mark("Results, failures, limits"),
            "results",
            mark("Which of these methods helps, and where?"),
            mark("Every method on held-out drawn scenes, with the same inference, each at its best threshold."),
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


def beside(state: ViewState) -> Beside | None:
    """What the state's step can be of that no other step and page can, for the source bar; None for most."""
    module = import_module(f"wsss_viz.app.pages.learn.steps.{SYLLABUS[state.step - 1].module}")
    made: Beside | None = module.beside(state) if hasattr(module, "beside") else None
    return made


def lesson(number: int, state: ViewState) -> Lesson:
    """Step `number`, from 1, at the state's settings.

    Raises:
        InputError: what it shows is missing, with the command that makes it.
    """
    built: Lesson = import_module(f"wsss_viz.app.pages.learn.steps.{SYLLABUS[number - 1].module}").lesson(state)
    return built
