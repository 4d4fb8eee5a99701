"""The state and its address."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsss_viz.app.methods import METHODS
from wsss_viz.app.state import (
    ViewState,
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
    view_state,
    viewing,
)
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.state.scene import in_order
from wsss_viz.data.photographs import PHOTOGRAPHS
from wsss_viz.data.scenes import CLASSES, SPLITS
from wsss_viz.data.strokes import LARGEST_RADIUS, UNITS, Stroke
from wsss_viz.information.estimator_names import DEFAULTS
from wsss_viz.methods.settings import FILLS
from wsss_viz.traces.normalisation import NORMALISATIONS

PAGES = (
    scene,
    viewing,
    comparing,
    erasing,
    by_hand,
    gradients,
    information,
    language,
    learning,
    user_image,
    figures,
    results,
    contact_sheet,
    videos,
)
shares = st.integers(0, 100).map(lambda hundredths: hundredths / 100)


def some(options, least=0):
    return st.sets(st.sampled_from(options), min_size=least).map(lambda names: tuple(n for n in options if n in names))


splits = st.sampled_from(sorted(SPLITS))
scenes = splits.flatmap(lambda split: st.tuples(st.just(split), st.integers(0, SPLITS[split] - 1)))
corners = st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(1, 100), st.integers(1, 100))
strokes = st.builds(
    lambda radius, points: str(Stroke(radius, tuple(points))),
    st.integers(1, LARGEST_RADIUS),
    st.lists(st.tuples(st.integers(0, UNITS), st.integers(0, UNITS)), min_size=1, max_size=4),
)
boxes = corners.map(lambda b: b if b[0] < b[2] and b[1] < b[3] else ())
examples = scenes.map(lambda scene: f"scenes:{scene[0]}:{scene[1]}") | st.sampled_from(
    [f"photos:{name}" for name in scene.photograph_names()]
)
uploads = st.integers(0, 2**64 - 1).map(lambda number: f"own:{number:016x}")
items = st.builds(
    figures.Item,
    examples | uploads,
    st.sampled_from(("", *CLASSES, "German shepherd", "Saint Bernard", "ice bear")),
    st.integers(FINAL, viewing.LARGEST_K),
    some(tuple(METHODS), least=1),
    st.sampled_from(("", *comparing.VIEWS)),
    st.sampled_from(("", "map")),
) | st.builds(
    figures.Item,
    examples,
    st.sampled_from(("", *CLASSES)),
    st.integers(FINAL, viewing.LARGEST_K),
    st.just(("ae",)),
    st.sampled_from(comparing.VIEWS),
    st.just("mask"),
    shares,
    st.sampled_from(((), (("steps", 3), ("mask", "soft"), ("sigma", 0.25), ("agnostic", True)))),
)
VALUES = {
    "photograph": st.sampled_from(("", *PHOTOGRAPHS)),
    "classes": some(CLASSES),
    "focus": st.sampled_from(("", *CLASSES)),
    "threshold": shares,
    "opacity": shares,
    "colours": st.sampled_from(viewing.COLOUR_MAPS),
    "normalisation": st.sampled_from(NORMALISATIONS),
    "k": st.integers(FINAL, viewing.LARGEST_K),
    "layout": st.sampled_from(viewing.LAYOUTS),
    "show": st.sampled_from(viewing.DISPLAYS),
    "outlines": some(viewing.OUTLINES),
    "pair": st.sampled_from(((), (0, 1), (2, 2), (5, 3))),
    "views": st.sampled_from(comparing.VIEWS),
    "methods": some(tuple(METHODS)),
    "mode": st.sampled_from(erasing.MODES),
    "source": st.sampled_from(erasing.SOURCES),
    "steps": st.integers(0, erasing.LARGEST_STEPS),
    "mask": st.sampled_from(erasing.MASK_KINDS),
    "erase_at": shares,
    "erased": st.sampled_from(erasing.ERASED),
    "stop_below": shares,
    "stop_area": shares,
    "erasure": st.sampled_from(erasing.ERASURES),
    "fill": st.sampled_from(FILLS),
    "painted": st.just("") | st.lists(strokes, min_size=1, max_size=3).map(lambda drawn: "0f9a1b2c." + ".".join(drawn)),
    "subject": st.sampled_from(gradients.SUBJECTS),
    "head": st.sampled_from(gradients.HEADS),
    "trained_with": st.sampled_from(gradients.TRAINED_WITH),
    "picture": st.integers(0, gradients.LARGEST_PICTURE),
    "network": st.sampled_from(gradients.NETWORKS),
    "measure": st.sampled_from(gradients.MEASURES),
    "divisor": st.sampled_from(("", *gradients.DIVISORS)),
    "tau": st.integers(1, 18).map(lambda twentieths: twentieths / 20),
    "layer": st.integers(0, gradients.LARGEST_LAYER),
    "regions": st.sampled_from(gradients.REGION_SOURCES),
    "rib_step": st.integers(0, gradients.LARGEST_RIB_STEP),
    "box": boxes,
    "section": st.sampled_from(information.SECTIONS),
    "activations": some(information.NETWORK_ACTIVATIONS, least=1),
    "estimator": st.sampled_from(("default", *(f"{kind}:{value}" for kind, value in DEFAULTS.items()))),
    "drawn_layers": some(information.NETWORK_LAYERS, least=1),
    "seeds": st.integers(1, information.MOST_SEEDS),
    "epoch": st.integers(FINAL, information.LARGEST_EPOCH),
    "live": st.sampled_from(("", *information.NETWORK_ACTIVATIONS)),
    "unit": st.sampled_from(information.UNIT_ACTIVATIONS),
    "table": st.tuples(*[st.integers(0, 100)] * 4).map(lambda weights: weights if any(weights) else (1, 0, 0, 1)),
    "draws": st.integers(10, 10_000),
    "flip": shares,
    "links": st.integers(1, information.MOST_LINKS),
    "probed": st.sampled_from(information.PROBED),
    "step": st.integers(1, learning.LESSONS),
    "present": st.booleans(),
    "dataset": st.sampled_from(learning.DATASETS),
    "cell": st.just(()) | st.tuples(*[st.integers(0, learning.LARGEST_CELL)] * 2),
    "figure": st.sampled_from(figures.FIGURES),
    "basket": st.lists(items, max_size=3).map(tuple),
    "basket_kind": st.sampled_from(figures.BASKET_KINDS),
    "figure_width": st.sampled_from(("single", "double")),
    "dpi": st.sampled_from(figures.RESOLUTIONS),
    "figure_colours": st.sampled_from(("", *viewing.COLOUR_MAPS)),
    "figure_parts": some(figures.PARTS),
    "figure_show": st.sampled_from(("", "map", "mask")),
    "ranked": st.sampled_from(("", "cam", "control: seed 1", "ü")),
    "ranked_class": st.sampled_from(("", *CLASSES)),
    "ranked_order": st.sampled_from(results.ORDERS),
    "ranked_from": st.integers(0, results.LARGEST_RANK),
    "find": st.sampled_from(("", "dog", "2007_0", "ü")),
    "sheet": st.booleans(),
    "sheet_order": st.sampled_from(contact_sheet.SHEET_ORDERS),
    "sheet_row": st.sampled_from(("", "cam, r")),
    "sheet_from": st.integers(0, contact_sheet.LARGEST_NUMBER),
    "lang": st.sampled_from(("", "en", "ko")),
    "video": st.integers(0, videos.VIDEOS - 1),
    "video_source": st.sampled_from(videos.VIDEO_SOURCES),
    "time_method": st.sampled_from(videos.TIME_METHODS),
    "erasings": st.integers(0, videos.MOST_ERASINGS),
    "time_threshold": shares,
}


@st.composite
def states(draw: st.DrawFn) -> ViewState:
    return ViewState(example=draw(examples), **draw(st.fixed_dictionaries(VALUES)))


def test_every_field_has_one_parameter_and_every_page_file_is_part_of_the_state() -> None:
    carried = [field for parameter in view_state.PARAMETERS.values() for field in parameter.fields]
    names = [parameter.name for page in PAGES for parameter in page.PARAMETERS]
    assert sorted(carried) == sorted(field.name for field in fields(ViewState))
    assert sorted(names) == sorted(view_state.PARAMETERS), "a name twice, or a page without its parameters"


@given(states())
def test_an_address_gives_back_the_state_it_was_written_from(state: ViewState) -> None:
    assert ViewState.from_query(state.to_query()) == (state, ())


@given(states())
def test_an_address_is_read_alike_as_text_and_as_lists(state: ViewState) -> None:
    assert ViewState.from_query({name: [value] for name, value in state.to_query().items()})[0] == state


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "example",
                "classes",
                "threshold",
                "views",
                "colours",
                "methods",
                "k",
                "class",
                "pair",
                "outlines",
                "basket",
                "x",
            ]
        ),
        st.text(),
    )
)
def test_whatever_the_address_says_the_state_is_one_of_ours(query: dict[str, str]) -> None:
    state, _ = ViewState.from_query(query)
    assert ViewState.from_query(state.to_query()) == (state, ())
    assert state.example.startswith(("photos:", "scenes:"))
    assert set(state.classes) <= set(CLASSES)
    assert 0 <= state.threshold <= 1


def test_the_default_has_an_empty_address() -> None:
    assert ViewState().to_query() == {}
    assert ViewState.from_query({}) == (ViewState(), ())


def test_an_address_names_what_differs_from_the_default() -> None:
    state = ViewState(example="scenes:val:3", classes=("cow", "sofa"), threshold=0.45, views="multi-scale")
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
        ("example", "photos:16"),
        ("example", "photos:../dog"),
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
        ("mode", "gain"),
        ("source", "upload"),
        ("steps", "41"),
        ("mask", "furry"),
        ("erase-at", "2"),
        ("stop-area", "-inf"),
        ("subject", "cats"),
        ("picture", "2"),
        ("tau", "0.07"),
        ("layer", "-1"),
        ("box", "10-20-10-80"),
        ("section", "../plane"),
        ("activations", "none"),
        ("ruler", "width:-1"),
        ("layers", "T6"),
        ("seeds", "0"),
        ("epoch", "1e3"),
        ("table", "0-0-0-0"),
        ("draws", "9"),
        ("flip", "1.5"),
        ("links", "13"),
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
    state = ViewState(example="scenes:test:0", classes=("dog",), threshold=0.7)
    seventh = ViewState(example="scenes:test:7", k=3)
    assert ViewState(focus="dog", k=3).at("scenes:test:7") == seventh, "the class goes, the step stays"
    before = state.moved(-1)
    assert (before.example, before.classes, before.threshold) == (f"scenes:test:{SPLITS['test'] - 1}", (), 0.7)
    assert before.moved(1).example == "scenes:test:0"


def test_photographs_follow_one_another_round_and_round() -> None:
    names = scene.photograph_names()
    state = ViewState(example=f"photos:{names[-1]}", source="own", focus="dog")
    assert state.moved(1) == ViewState(example=f"photos:{names[0]}")
    assert ViewState(example=f"photos:{names[0]}").moved(-1).example == f"photos:{names[-1]}"


def test_a_photograph_is_named_by_its_number_too_and_a_page_of_scenes_has_one_beside_it() -> None:
    state, notes = ViewState.from_query({"example": "photos:1"})
    assert (state.example, notes) == ("photos:cow", ())
    assert state.scene == scene.DEFAULT_SCENE
    assert ViewState(example="scenes:val:3").scene == "scenes:val:3"


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


def test_class_names_of_the_last_checkpoints_alone_are_known() -> None:
    scene.know(("first of all",))
    assert scene.read_class("first of all") == "first of all"
    for number in range(scene._MOST_LISTS - 1):
        scene.know((f"class {number}", "shared"))
    assert scene.read_class("first of all")
    scene.know(("one more",))
    with pytest.raises(ValueError, match="one of"):
        scene.read_class("first of all")
    assert scene.read_class("shared")
    scene._elsewhere.clear()


def test_what_is_too_long_for_a_link_stays_out_of_it_and_in_the_state() -> None:
    strokes = ".".join([str(Stroke(40, ((0, 0), (UNITS, 7))))] * 400)
    state = ViewState(mode="by-hand", painted=f"0f9a1b2c.{strokes}")
    assert state.to_query() == {"mode": "by-hand"}
    assert ViewState.from_query({"painted": state.painted})[0].painted == state.painted


@pytest.mark.parametrize(
    "text", ["0f9a1b2c", "0f9a1b2c.", "AoAAAA", "0F9A1B2C.AoAAAA", "0f9a1b2c.AAAAAA", "0f9a1b2c.<b>"]
)
def test_what_was_not_painted_is_refused(text: str) -> None:
    state, notes = ViewState.from_query({"painted": text})
    assert state.painted == ""
    assert len(notes) == 1
    assert "<b>" not in notes[0]
