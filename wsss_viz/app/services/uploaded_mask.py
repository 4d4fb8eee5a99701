"""The masks of uploaded pictures, which their maps are scored against: kept in the session, as the pictures are.

Of several pictures a mask belongs to the one of its file's name (`dog.png` to `dog.jpg`), else to the one that is
looked at. Its file is read as those of data sets are: numbers of a palette or in grey, or VOC's colours. Which number
is which of the classes looked for is the person's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from wsss_viz.app import session
from wsss_viz.app.services.drawn_outline import board, with_outline
from wsss_viz.app.services.held import held
from wsss_viz.app.services.uploaded_files import forget
from wsss_viz.app.settings import PICTURE_MEGABYTES
from wsss_viz.app.turns import turn
from wsss_viz.app.widgets import rendering
from wsss_viz.app.widgets.markup import plain_line
from wsss_viz.data.findings import in_words
from wsss_viz.data.images import MASK_SUFFIXES, Picture
from wsss_viz.data.numbering import of_voc
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.sample import BACKGROUND, IGNORE, Mask, Sample
from wsss_viz.data.source_files import mask_of_picture
from wsss_viz.errors import InputError
from wsss_viz.interrupts import may_go_on

if TYPE_CHECKING:
    from wsss_viz.app.services.upload import UploadedPicture

_WIDGET = "own_mask_upload"
_READ = "own_masks"
_NUMBER, _CHOICES = "own_mask_number", "own_mask_chosen"
MOST_MASKS = 6
ONE_MASK = "Its mask, to score against (PNG)"
SEVERAL_MASKS = "Masks to score against (PNG), named as their pictures"
MOST_NUMBERS = 20
NOT_IN_IT = -1


@dataclass(frozen=True, eq=False)
class UploadedMask:
    """A mask as the session keeps it.

    Attributes:
        file: the upload's id.
        name: of its file.
        of: the picture it belongs to; None: that one is gone, and so is what was read.
        values: (H, W) uint8, the numbers in the file, upright at the picture's kept size; None where it was refused.
        numbers: those of objects, the largest object first.
        said: how it was read, or why it was refused, in one line.
    """

    file: str
    name: str
    of: UploadedPicture | None
    values: Mask | None
    numbers: tuple[int, ...]
    said: str


def read_mask(content: bytes, name: str, picture: UploadedPicture) -> UploadedMask:
    """The mask in a file's bytes, held against the picture.

    Raises:
        InputError: it is no mask, has another size than the picture, no object, or more than `MOST_NUMBERS` numbers.
    """
    size = np.broadcast_to(np.uint8(0), (*picture.size, 3))
    in_file = mask_of_picture(content, Picture(size, "", picture.orientation), name=name)
    values, notes = of_voc(VOC_CLASSES).values_of(Path(name), in_file)
    counts = np.bincount(values.ravel(), minlength=256)
    numbers = [int(number) for number in np.argsort(-counts, kind="stable") if counts[number]]
    objects = [number for number in numbers if number not in (BACKGROUND, IGNORE)]
    if not objects and IGNORE in numbers and BACKGROUND in numbers:
        objects = [IGNORE]  # a mask of one object in white
    if not objects:
        raise InputError(f"{name}: no object in it: every pixel is 0 or 255; write the object's pixels with a number")
    if len(objects) > MOST_NUMBERS:
        raise InputError(f"{name}: {len(objects)} numbers, more than {MOST_NUMBERS}: is it a photograph? Give a mask")
    said = "; ".join((in_file.mode, *(in_words(note) for note in notes)))
    there = held().hold(rendering.enlarge_mask(values, picture.image.shape[:2]))
    return UploadedMask("", name, picture, there, tuple(objects), said)


def uploader(picture: UploadedPicture, pictures: Sequence[UploadedPicture]) -> None:
    """The field that masks are dropped on, why one was refused, and as long as the picture has none, a brush.

    Args:
        picture: the one that is looked at.
        pictures: all that were uploaded.
    """
    files = st.file_uploader(
        SEVERAL_MASKS if len(pictures) > 1 else ONE_MASK,
        type=MASK_SUFFIXES,
        key=_WIDGET,
        accept_multiple_files=True,
        on_change=_keep_those_there,
        max_upload_size=PICTURE_MEGABYTES,
        width=330,
    )
    for file, mask in _held().items():
        if mask.of is not None and mask.of not in (*pictures, picture):
            _held()[file] = replace(mask, of=None, values=None)
    new = [one for one in files or () if one.file_id not in _held()]
    with turn("upload", short=True) if new else nullcontext():
        _read(new, picture, pictures)
    known = _known(picture)
    if known is not None and known.values is None:
        st.error(plain_line(known.said), icon=":material/error:")
    if known is None or known.values is None:
        board(picture)


def _held() -> dict[str, UploadedMask]:
    """All that were read, by their uploads' ids."""
    masks: dict[str, UploadedMask] = st.session_state.setdefault(_READ, {})
    return masks


def _keep_those_there() -> None:
    """Gives up the masks that were taken out of the field; the field of another page is empty and takes none out."""
    there = {file.file_id for file in st.session_state[_WIDGET] or ()}
    st.session_state[_READ] = {file: mask for file, mask in _held().items() if file in there}


def _read(files: Sequence[UploadedFile], picture: UploadedPicture, pictures: Sequence[UploadedPicture]) -> None:
    """Reads masks, each for the picture of its name; one alone may have any name and is the picture's looked at."""
    named = {Path(one.name).stem: one for one in (*pictures, picture)}
    unnamed = [file.name for file in files if Path(file.name).stem not in named]
    for file in files:
        of = named.get(Path(file.name).stem, picture)
        try:
            may_go_on()
            if sum(mask.values is not None for mask in _held().values()) >= MOST_MASKS:
                raise InputError(f"{file.name}: {MOST_MASKS} masks are kept at a time: take some out")
            if len(unnamed) > 1 and file.name in unnamed:
                some = ", ".join(one[:60] for one in unnamed[:MOST_MASKS])  # each of so many files has this line
                raise InputError(f"{some}: no picture of these names; name each as its picture")
            known = replace(read_mask(file.getvalue(), file.name, of), file=file.file_id)
        except InputError as error:
            known = UploadedMask(file.file_id, file.name, of, None, (), str(error))
        forget(file)
        _held()[file.file_id] = known


def _known(picture: UploadedPicture) -> UploadedMask | None:
    """The mask that was uploaded for this picture, of several the last."""
    return next((mask for mask in reversed(_held().values()) if mask.of is picture), None)


def with_mask(sample: Sample, picture: UploadedPicture) -> Sample:
    """The sample with the mask of its picture: each class looked for is the number that was chosen for it. Without a
    mask it is what was drawn by hand."""
    known = _known(picture)
    if known is None or known.values is None:
        return with_outline(sample, picture)
    mask = np.where(known.values == IGNORE, IGNORE, BACKGROUND).astype(np.uint8)
    if IGNORE in known.numbers:
        mask[:] = BACKGROUND
    for position, label in enumerate(sample.labels or ()):
        number = _number(known, position)
        if number != NOT_IN_IT:
            mask[known.values == number] = sample.classes.index(label) + 1
    return replace(sample, mask=mask)


def _number(known: UploadedMask, position: int) -> int:
    """The mask's number of the class at a position among those looked for; not chosen: the next largest object's."""
    first = known.numbers[position] if position < len(known.numbers) else NOT_IN_IT
    number = st.session_state.get(_CHOICES, {}).get((known.file, position), first)
    return number if number in (*known.numbers, NOT_IN_IT) else first


def _keep_choice(key: str, file: str, position: int) -> None:
    """Keeps a choice of a mask, which Streamlit gives up with the page."""
    st.session_state.setdefault(_CHOICES, {})[file, position] = st.session_state[key]
    session.change()


def choices(sample: Sample, picture: UploadedPicture) -> None:
    """Which number of the mask each class looked for is."""
    known = _known(picture)
    if known is None or known.values is None:
        if sample.mask is not None and sample.labels:
            st.caption(plain_line(f"The ground truth is what you drew, as {sample.labels[0]}."))
        return
    shares = {number: float((known.values == number).mean()) for number in known.numbers}

    def called(number: int) -> str:
        if number == NOT_IN_IT:
            return "not in it"
        voc = f" ({VOC_CLASSES[number - 1]} in VOC)" if 0 < number <= len(VOC_CLASSES) else ""
        return f"{number}{voc}, {100 * shares[number]:.0f} % of the picture"

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="own_mask_numbers"):
        for position, label in enumerate(sample.labels or ()):
            key, number = f"{_NUMBER}_{position}", _number(known, position)
            if st.session_state.get(key) != number:
                st.session_state[key] = number
            st.selectbox(
                plain_line(f"In the mask, {label} is"),
                [*known.numbers, NOT_IN_IT],
                format_func=called,
                width=280,
                key=key,
                on_change=_keep_choice,
                args=(key, known.file, position),
            )
    said = f"Mask {known.name}: {known.said}. Other numbers count as background, 255 is left out."
    st.caption(plain_line(said))
