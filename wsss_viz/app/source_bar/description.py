"""What is said of an image: its labels, whose it is, what the network takes it for."""

from __future__ import annotations

import streamlit as st

from wsss_viz.app import caching, session, workspace
from wsss_viz.app.language import tr
from wsss_viz.app.services import samples, upload, workspaces
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import in_order
from wsss_viz.app.widgets.markup import listed, plain_line
from wsss_viz.data.findings import KINDS, in_words
from wsss_viz.data.photographs import read_photographs
from wsss_viz.data.sample import Sample

NOTE = (
    "ImageNet's network knows a thousand classes and nothing else: hundreds of animals by breed, many things, no "
    "person. Chair, sofa, table, bottle, plant, horse and cow it knows under other names or badly. What it has no "
    "class for it takes for the nearest one it has. To look with a checkpoint of your own, put it into "
    "`checkpoints/`, or start with `python -m wsss_viz app --checkpoints FOLDER`."
)


def title_of(name: str) -> str:
    """A photograph by its name and what ImageNet calls it: "dog (German shepherd)"."""
    photo = next(photo for photo in read_photographs() if photo.name == name)
    plain = name.replace("_", " ")
    return plain if plain == photo.imagenet else f"{plain} ({photo.imagenet})"


def label_title(label: str) -> str:
    """A label as it is shown: ImageNet's name of a photograph's class with the plain one, "dog (German shepherd)"."""
    photo = next((photo for photo in read_photographs() if photo.imagenet == label), None)
    return title_of(photo.name) if photo else label


def label_lead(sample: Sample) -> str:
    """What goes before an image's labels."""
    if sample.source.startswith("photos:"):
        return tr("The photograph's label:")
    if sample.source and sample.labels is None:
        return tr("No labels are known of this image.")
    if workspaces.classes_are_guessed(sample):
        return tr("No label is known; the network's most likely class:")
    return tr("Image-level labels:") if sample.source else tr("Looked for:")


def looked_for(sample: Sample) -> None:
    """Of a picture that nobody has labelled the network's first classes with their probabilities: those to look for."""
    if sample.source:
        return
    first = samples.guesses(sample)
    share = dict(zip(first.names, first.probabilities, strict=True))
    st.pills(
        "Look for",
        list(sample.classes),
        selection_mode="multi",
        format_func=lambda name: f"{name} {share[name]:.2f}" if name in share else name,
        wrap=True,
        help="The first of ImageNet's thousand classes, with their softmax probabilities.",
        **session.control(
            "classes",
            list(sample.labels or ()),
            lambda names: {"classes": in_order(names), "focus": "", "k": FINAL},
            variant=f"_{caching.digest(sample.image)}",
        ),
    )


def recognition(sample: Sample) -> None:
    """Under the bar: what a photograph is and whose, and what the network takes it for; nothing of a drawn scene."""
    if sample.source.startswith("scenes:"):
        return
    if workspaces.of_sample(sample) is not None:
        _about_image(sample)
        return
    if not sample.source:
        upload.mask_choices(sample)
        st.caption(NOTE)
        return
    first = samples.guesses(sample)
    takes = ", ".join(f"{name} {p:.2f}" for name, p in list(zip(first.names, first.probabilities, strict=True))[:3])
    photo = samples.about(sample)
    if photo is not None:
        parts = "" if photo.head else tr(" No head is outlined, so parts are not measured.")
        credit = tr("Photograph: {author}, {licence}.", author=photo.author, licence=photo.licence)
        st.caption(
            tr(
                "Of ImageNet's thousand classes the network says {takes}.{parts} {credit}",
                takes=takes,
                parts=parts,
                credit=credit,
            )
        )


def _about_image(sample: Sample) -> None:
    """Name, size and labels of a workspace's image, and what was noticed while it was read."""
    labels = listed(sample.labels) if sample.labels else "none" if sample.labels == () else "not known"
    if workspaces.classes_are_guessed(sample):
        labels = f"not known (the network's most likely class is {labels})"
    mask = "with a mask" if sample.mask is not None else "without a mask, so nothing is scored"
    lines = [in_words(note) for note in sample.notes if note.kind in KINDS]
    noticed = "".join(f" {line[:1].upper()}{line[1:]}." for line in lines)
    name, index = workspace.parts_of(sample.source)
    which = f"Image {index} of 0 to {len(workspace.samples_of(name)) - 1:,}: "
    size = f"{sample.size[1]} x {sample.size[0]}"
    st.caption(plain_line(f"{which}{sample.name}, {size}, labels: {labels}, {mask}.{noticed}"))
