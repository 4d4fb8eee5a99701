"""The state of all pages together, and its address.

`from_query` is the only way in and lets nothing through that is not on its lists; `to_query` is the only way out, so a
link built anywhere in the app leads to the same view on a cold server. What equals the default is left out of the
address. To add a page's fields: a file like its neighbours, its class among the bases, its `PARAMETERS` in the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from wsss_viz.app import workspace
from wsss_viz.app.state import (
    by_hand,
    comparing,
    contact_sheet,
    erasing,
    figures,
    gradients,
    information,
    language,
    learning,
    results,
    scene,
    user_image,
    videos,
    viewing,
)
from wsss_viz.data.scenes import SPLITS

PARAMETERS = {
    parameter.name: parameter
    for parameter in (
        *scene.PARAMETERS,
        *viewing.PARAMETERS,
        *comparing.PARAMETERS,
        *erasing.PARAMETERS,
        *by_hand.PARAMETERS,
        *gradients.PARAMETERS,
        *information.PARAMETERS,
        *learning.PARAMETERS,
        *language.PARAMETERS,
        *figures.PARAMETERS,
        *results.PARAMETERS,
        *contact_sheet.PARAMETERS,
        *user_image.PARAMETERS,
        *videos.PARAMETERS,
    )
}

LONGEST = 4000
"""Characters of a value that an address takes: about forty strokes of a brush."""


@dataclass(frozen=True)
class ViewState(
    scene.SceneState,
    viewing.ViewingState,
    comparing.ComparingState,
    erasing.ErasingState,
    by_hand.ByHandState,
    gradients.GradientsState,
    information.InformationState,
    learning.LearningState,
    language.LanguageState,
    figures.FiguresState,
    results.ResultsState,
    contact_sheet.ContactSheetState,
    user_image.UserImageState,
    videos.VideosState,
):
    """One view of the app; its fields are those of its bases."""

    def at(self, example: str) -> ViewState:
        """The same view of another example: the classes are its labels again."""
        return replace(self, example=example, source="scene", classes=(), focus="")

    def moved(self, by: int) -> ViewState:
        """The same view of the example so many further on: the next photograph, the next scene, round and round."""
        kind, _, rest = self.example.partition(":")
        if kind == "photos":
            names = scene.photograph_names()
            return self.at(f"photos:{names[(names.index(rest) + by) % len(names)]}")
        if kind == workspace.KIND:
            name, number = workspace.parts_of(self.example)
            return self.at(f"{kind}:{name}:{(number + by) % len(workspace.samples_of(name))}")
        split, _, index = rest.partition(":")
        return self.at(f"scenes:{split}:{(int(index) + by) % SPLITS[split]}")

    def to_lecture(self, step: int = 0) -> ViewState:
        """The lecture's view, at `step`, else where it was left: image, basket and language stay, else the step's."""
        carried = {name: getattr(self, name) for name in ("example", "source", "basket", "lang")}
        lecture = ViewState(step=step or self.step, **carried)
        return replace(lecture, present=self.present and bool(step))

    @classmethod
    def from_query(cls, query: Mapping[str, str | Sequence[str]]) -> tuple[ViewState, tuple[str, ...]]:
        """The state an address describes, and one line on each value that could not be used.

        Args:
            query: parameters by name; of a repeated one the last counts. Names of nobody's are left alone.
        """
        values, notes = _read(query)
        return cls(**values), notes

    def updated(self, query: Mapping[str, str | Sequence[str]]) -> ViewState:
        """This state with what the parameters of `query` change; a value that could not be used changes nothing."""
        return replace(self, **_read(query)[0])

    def to_query(self) -> dict[str, str]:
        """The parameters that `from_query` reads this state from, without defaults and what is too long for a link."""
        changed = {f.name for f in fields(self) if getattr(self, f.name) != f.default}
        query = self.written([name for name, parameter in PARAMETERS.items() if changed.intersection(parameter.fields)])
        return {name: text for name, text in query.items() if len(text) <= LONGEST}

    def written(self, names: Sequence[str]) -> dict[str, str]:
        """The parameters `names` as an address has them, defaults as well."""
        return {name: PARAMETERS[name].write(self) for name in names}


def _read(query: Mapping[str, str | Sequence[str]]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Fields by name, and one line on each value that could not be used."""
    values: dict[str, Any] = {}
    notes = []
    for name, parameter in PARAMETERS.items():
        given = query.get(name)
        text = given if isinstance(given, str) or given is None else (given[-1] if given else None)
        if text is None:
            continue
        try:
            values |= parameter.read(text)
        except ValueError as error:
            notes.append(f"`{name}` in the address is not {error}, so its default is shown.")
    return values, tuple(notes)
