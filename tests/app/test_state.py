"""The state and its address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.app.methods import METHODS
from wsss_viz.app.state import (
    COLOUR_MAPS,
    ERASED,
    ERASURES,
    FINAL,
    LARGEST_K,
    LARGEST_STEPS,
    LAYOUTS,
    MASK_KINDS,
    MODES,
    OUTLINES,
    PHOTOGRAPHS,
    SHOWN,
    VIEWS,
    ViewState,
    in_order,
)
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.traces.normalisation import NORMALISATIONS

shares = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


@st.composite
def states(draw: st.DrawFn) -> ViewState:
    split = draw(st.sampled_from(sorted(SPLITS)))
    return ViewState(
        split=split,
        index=draw(st.integers(0, SPLITS[split] - 1)),
        photograph=draw(st.sampled_from(("", *PHOTOGRAPHS))),
        classes=in_order(draw(st.lists(st.sampled_from(CLASSES)))),
        threshold=draw(shares),
        opacity=draw(shares),
        colours=draw(st.sampled_from(COLOUR_MAPS)),
        normalisation=draw(st.sampled_from(NORMALISATIONS)),
        views=draw(st.sampled_from(VIEWS)),
        methods=tuple(name for name in METHODS if draw(st.booleans())),
        k=draw(st.integers(FINAL, LARGEST_K)),
        focus=draw(st.sampled_from(("", *CLASSES))),
        layout=draw(st.sampled_from(LAYOUTS)),
        show=draw(st.sampled_from(SHOWN)),
        outlines=tuple(name for name in OUTLINES if draw(st.booleans())),
        pair=draw(st.sampled_from(((), (0, 1), (2, 2), (5, 3)))),
        mode=draw(st.sampled_from(MODES)),
        steps=draw(st.integers(0, LARGEST_STEPS)),
        mask=draw(st.sampled_from(MASK_KINDS)),
        erase_at=draw(shares),
        erased=draw(st.sampled_from(ERASED)),
        stop_below=draw(shares),
        stop_area=draw(shares),
        erasure=draw(st.sampled_from(ERASURES)),
    )


@given(states())
def test_an_address_gives_back_the_state_it_was_written_from(state: ViewState) -> None:
    assert ViewState.from_query(state.to_query()) == (state, ())


@given(states())
def test_an_address_is_read_alike_as_text_and_as_lists(state: ViewState) -> None:
    assert ViewState.from_query({name: [value] for name, value in state.to_query().items()})[0] == state


@given(
    st.dictionaries(
        st.sampled_from(
            ["example", "classes", "threshold", "views", "colours", "methods", "k", "class", "pair", "outlines", "x"]
        ),
        st.text(),
    )
)
def test_whatever_the_address_says_the_state_is_one_of_ours(query: dict[str, str]) -> None:
    state, _ = ViewState.from_query(query)
    assert ViewState.from_query(state.to_query()) == (state, ())
    assert state.split in SPLITS
    assert 0 <= state.index < SPLITS[state.split]
    assert set(state.classes) <= set(CLASSES)
    assert 0 <= state.threshold <= 1


def test_the_default_has_an_empty_address() -> None:
    assert ViewState().to_query() == {}
    assert ViewState.from_query({}) == (ViewState(), ())


def test_an_address_names_what_differs_from_the_default() -> None:
    state = ViewState(split="val", index=3, classes=("cow", "sofa"), threshold=0.45, views="multi-scale")
    assert state.to_query() == {
        "example": "scenes:val:3",
        "classes": "cow,sofa",
        "threshold": "0.45",
        "views": "multi-scale",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("example", "scenes:test:1000"),
        ("example", "scenes:test:-1"),
        ("example", "scenes:test"),
        ("example", "scenes:test:1:2"),
        ("example", "scenes:test:²"),
        ("example", "folder:/etc:0"),
        ("example", "voc:/:train"),
        ("photograph", "../secret"),
        ("classes", ""),
        ("classes", "cow,unicorn"),
        ("threshold", "nan"),
        ("threshold", "1.01"),
        ("threshold", "-0.01"),
        ("threshold", "1e999"),
        ("opacity", "<script>"),
        ("colours", "jet"),
        ("normalisation", "RELU_MAX"),
        ("views", "triple"),
        ("methods", "cam,magic"),
        ("methods", ""),
        ("k", "-1"),
        ("k", "1000"),
        ("k", "last"),
        ("class", "unicorn"),
        ("layout", "pile"),
        ("show", "<b>"),
        ("outlines", "truth,everything"),
        ("pair", "1"),
        ("pair", "1-6"),
        ("pair", "1-2-3"),
    ],
)
def test_a_value_that_is_not_on_the_list_falls_back_with_a_note_that_does_not_repeat_it(name: str, value: str) -> None:
    state, notes = ViewState.from_query({name: value, "opacity": "0.25"} if name != "opacity" else {name: value})
    default = ViewState(opacity=0.25) if name != "opacity" else ViewState()
    assert state == default
    assert len(notes) == 1
    assert notes[0].startswith(f"`{name}` in the address is not ")
    assert not value or value not in notes[0]


def test_the_last_of_a_repeated_parameter_counts_and_other_names_are_left_alone() -> None:
    assert ViewState.from_query({"threshold": ["0.1", "0.2"], "utm_source": "mail"}) == (ViewState(threshold=0.2), ())


def test_another_scene_wraps_around_its_split_and_forgets_the_chosen_classes() -> None:
    state = ViewState(split="test", index=0, classes=("dog",), threshold=0.7)
    assert ViewState(focus="dog", k=3).at("test", 7) == ViewState(index=7, k=3), "the class goes, the step stays"
    before = state.at("test", -1)
    assert (before.index, before.classes, before.threshold) == (SPLITS["test"] - 1, (), 0.7)
    assert state.at("val", SPLITS["val"]).index == 0


def test_classes_come_in_the_order_of_the_data_set() -> None:
    assert in_order(["train", "bird", "train"]) == ("bird", "train")


def test_what_cannot_be_used_of_an_update_changes_nothing() -> None:
    state = ViewState(threshold=0.4, k=3, layout="wipe")
    changed = state.updated({"threshold": "0.55", "k": "lots", "class": "cow", "layout": "pile", "other": "1"})
    assert changed == ViewState(threshold=0.55, k=3, layout="wipe", focus="cow")


@given(states())
def test_all_parameters_written_out_give_back_the_state(state: ViewState) -> None:
    names = ("k", "class", "threshold", "opacity", "outlines", "pair", "layout", "show")
    assert state.updated(state.written(names)) == state
    assert set(state.written(names)) == set(names)
