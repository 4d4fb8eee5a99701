"""The app's pages: their files, addresses and names. A page is listed once its file is there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wsss_viz.app.language import mark
from wsss_viz.resources import shipped_folder

PAGES_FOLDER = shipped_folder() / "pages"


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        name: of its file, and its path in the address ("start" is the root).
        title: in the navigation and on its card.
        icon: a Material symbol.
        section: heading it stands under in the navigation, or "".
        summary: one sentence for its card and tooltip, and for the page before its scripts have come.
        headline: at the page's top, where it is another than the title.
        listed: False where only old links lead to it.
    """

    name: str
    title: str
    icon: str
    section: str
    summary: str
    headline: str = ""
    listed: bool = True

    @property
    def file(self) -> Path:
        """The page's script."""
        return PAGES_FOLDER / f"{self.name}.py"


START = "start"
LEARN = "learn"
CATALOGUE = (
    Page(
        START,
        mark("Start"),
        "home",
        "",
        mark(
            "Where a classifier sees a class, in one photograph: its map is on the head; "
            "two methods bring out the body."
        ),
        mark("Where does the classifier look?"),
    ),
    Page(LEARN, mark("Learn"), "school", "", mark("The lecture, one claim per step, each with something to touch.")),
    Page(
        "compare",
        mark("Compare"),
        "compare",
        mark("Look"),
        mark(
            "Map, pseudo mask and ground truth side by side: move the threshold and read what it gains and "
            "what it costs."
        ),
    ),
    Page(
        "erasing",
        mark("Erasing"),
        "ink_eraser",
        mark("Look"),
        mark("Find, erase, repeat: what is left once the discriminative part is gone."),
    ),
    Page(
        "videos",
        mark("In time"),
        "movie",
        mark("Look"),
        mark(
            "When an action is, from labels of whole videos: class maps over time, segments, and mAP over temporal IoU."
        ),
    ),
    Page(
        "own",
        mark("Own image"),
        "add_photo_alternate",
        mark("Look"),
        mark("A picture of your own is a choice on Compare, Erasing and Gradients."),
        listed=False,
    ),
    Page(
        "information",
        mark("Information"),
        "query_stats",
        mark("Measure"),
        mark("How many bits each layer keeps of the input and of the label, and how much of that the estimator says."),
    ),
    Page(
        "gradients",
        mark("Gradients"),
        "gradient",
        mark("Measure"),
        mark("Which pixels move what a layer says, and which parts of an object lose that from layer to layer."),
    ),
    Page(
        "results",
        mark("Results"),
        "table_chart",
        mark("Measure"),
        mark("Every method on the held-out scenes, and what was published on PASCAL VOC."),
    ),
    Page(
        "figures",
        mark("Figures"),
        "grid_view",
        mark("Present"),
        mark("A qualitative grid for a paper, ready to export."),
    ),
    Page(
        "about",
        mark("About"),
        "info",
        mark("Present"),
        mark("Methods, limits, citations, versions and where the checkpoint is from."),
    ),
)


@cache
def available() -> tuple[Page, ...]:
    """The pages whose files are there when the program starts, in order."""
    return tuple(entry for entry in CATALOGUE if entry.file.is_file())


def named(name: str) -> Page:
    """The page of that name."""
    return next(entry for entry in CATALOGUE if entry.name == name)
