"""Figures of a person's own pictures, networks and maps: what is read, what is computed, and what is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from wsss_viz import cli, data
from wsss_viz.data.disk_cache import DiskCache
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec, Row, caption, read_spec, spec_bytes, trace_cache
from wsss_viz.figures.columns import column
from wsss_viz.figures.paths import resolved
from wsss_viz.figures.rendering import draw, render
from wsss_viz.figures.sources import collect_rows
from wsss_viz.figures.tracing import Tracer
from wsss_viz.traces.storage import read_maps

NAMES = {"a cow": 129, "000017": 17, "sofa": 21}


def run(*arguments: object) -> None:
    cli.group.main([str(one) for one in arguments], prog_name="x", standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three drawn scenes as a person's folder, the last without a mask, and two folders of maps of them."""
    base = tmp_path_factory.mktemp("paper")
    (base / "pictures" / "masks").mkdir(parents=True)
    lines = ["picture,class"]
    for name, index in NAMES.items():
        sample = data.open("scenes:test")[index]
        Image.fromarray(sample.image).save(base / "pictures" / f"{name}.png")
        lines.append(f"{name}.png,{','.join(sample.labels or ())}")
        if name != "sofa":
            Image.fromarray(sample.mask).save(base / "pictures" / "masks" / f"{name}.png")
    (base / "pictures" / "labels.csv").write_text("\n".join(lines) + "\n")
    (base / "pictures" / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    whole = ["--data", f"folder:{base / 'pictures'}", "--views", "single"]
    run("maps", *whole, "--method", "layercam", "--out", base / "ours")
    run("maps", *whole, "--method", "cam", "--refine", "crf:irn@0.3", "--format", "mask", "--out", base / "crf")
    return base


ROWS = tuple(Row(f"folder:pictures:{name}") for name in NAMES)


def spec_in(folder: Path, *columns: str, **changes: object) -> FigureSpec:
    maps = {name: name for name in ("ours", "crf") if any(f"maps:{name}" in text for text in columns)}
    return resolved(FigureSpec("grid", columns, ROWS, maps=maps, dpi=72, **changes), folder)  # type: ignore[arg-type]


def test_a_folder_of_maps_is_a_column_under_its_own_title(folder: Path) -> None:
    text = {"format": 1, "kind": "grid", "rows": [{"image": "folder:pictures:a cow"}],
            "columns": ["cam", {"maps": "ours", "title": "Ours"}]}  # fmt: skip
    spec = read_spec(json.dumps(text))
    assert (spec.columns, spec.maps) == (("cam", "maps:Ours"), {"Ours": "ours"})
    assert read_spec(spec_bytes(spec)) == spec
    (entry,) = collect_rows(resolved(spec, folder))
    stored = read_maps(folder / "ours" / "a cow.npz")
    np.testing.assert_array_equal(
        entry.traces["maps:Ours"].maps[CLASSES.index("cow")], stored.maps[stored.keys.index("cow")]
    )
    figure = draw(resolved(spec, folder))
    assert [text.get_text() for text in figure.texts][:2] == ["(a) CAM", "(b) Ours"]
    assert "Ours (maps from files)" in caption(spec)


def test_a_mask_of_somebody_elses_is_drawn_as_it_is_and_a_refiner_gives_the_one_that_maps_writes(folder: Path) -> None:
    spec = spec_in(folder, "maps:crf", "cam+crf:irn@0.3", contours=False)
    figure = draw(replace(spec, rows=spec.rows[:1]))
    theirs, ours = (np.asarray(axes.images[1].get_array()) for axes in figure.axes)
    on_disk = np.asarray(Image.open(folder / "crf" / "a cow.png"))
    np.testing.assert_array_equal(theirs[..., 3] == 205, on_disk > 0)
    assert (on_disk > 0).any()
    assert ((theirs == ours).mean()) > 0.999, "its maps in half precision"


def test_a_rows_own_views_and_mask_are_drawn_and_the_others_stay(folder: Path) -> None:
    spec = spec_in(folder, "cam", contours=False, colour_bar=False)
    first, second = spec.rows[:2]
    plain = draw(replace(spec, rows=(first, second)))
    mixed = draw(replace(spec, rows=(replace(first, views="mirror"), replace(second, show="mask", threshold=0.5))))
    alone = (
        draw(replace(spec, rows=(first,), views="mirror")),
        draw(replace(spec, rows=(second,), show="mask", threshold=0.5)),
    )

    def over(figure: Figure, row: int) -> np.ndarray:
        return np.asarray(figure.axes[row].images[1].get_array())

    for row in (0, 1):
        np.testing.assert_array_equal(over(mixed, row), over(alone[row], 0))
        assert over(mixed, row).shape != over(plain, row).shape or (over(mixed, row) != over(plain, row)).any()


def test_of_a_picture_without_labels_the_class_with_the_top_score_is_drawn(tmp_path: Path) -> None:
    sample = data.open("scenes:test@96x140")[129]
    (tmp_path / "bare").mkdir()
    Image.fromarray(sample.image).save(tmp_path / "bare" / "a.png")
    spec = resolved(FigureSpec("grid", ("image", "cam"), (Row("folder:bare:a"),)), tmp_path)
    (entry,) = collect_rows(spec, Tracer(cache=None))
    scores = entry.traces["cam"].scores
    assert scores.argmax() > 0, "the first class would be drawn by accident"
    assert entry.name == entry.traces["cam"].classes[int(scores.argmax())]


def test_a_column_without_a_mask_of_ground_truth_is_empty(folder: Path) -> None:
    figure = draw(spec_in(folder, "image", "truth", colour_bar=False))
    assert len(figure.axes) == 5, "three images, two masks"


@pytest.mark.parametrize("method", ["cam", "rib"])
def test_what_is_computed_is_what_maps_writes_to_the_last_bit(folder: Path, tmp_path: Path, method: str) -> None:
    run(
        "maps",
        "--data",
        f"folder:{folder / 'pictures'}",
        "--views",
        "single",
        "--method",
        method,
        "--out",
        tmp_path / "m",
    )
    tracer = Tracer(cache=DiskCache("test-bits", ".zip", 10**8))
    spec = spec_in(folder, method)
    for row in collect_rows(spec, tracer):
        stored = read_maps(tmp_path / "m" / f"{row.sample.name}.npz")
        trace = row.traces[method]
        np.testing.assert_array_equal(trace.maps[list(trace.steps[-1].targets)], stored.maps)
    if method == "rib":
        assert "RIB is tuned with companions from scenes:train." in caption(spec, tracer.companions)


def test_what_was_computed_is_read_and_what_it_depends_on_is_computed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = DiskCache("test-kept", ".zip", 10**8)
    spec = spec_in(folder, "ae", settings={"ae": {"steps": 2}})
    once = render(spec, "png", Tracer(cache=cache))

    def no_network(*_: object) -> None:
        raise AssertionError("a network is read")

    monkeypatch.setattr(Tracer, "_opened", no_network)
    assert render(spec, "png", Tracer(cache=cache)) == once
    assert render(replace(spec, opacity=0.3), "png", Tracer(cache=cache)) != once
    for other in (replace(spec, settings={"ae": {"steps": 1}}), replace(spec, views="mirror")):
        with pytest.raises(AssertionError, match="a network is read"):
            render(other, "png", Tracer(cache=cache))
    with pytest.raises(AssertionError, match="a network is read"):
        render(spec, "png", Tracer(cache=cache, fresh=True))


@pytest.mark.parametrize(
    ("rows", "maps", "says"),
    [
        ((*ROWS[:2], Row("folder:pictures:sofas")), {}, "did you mean 'sofa'"),
        ((*ROWS[:2], Row("folder:pictures:sofa", "zebra")), {}, "zebra"),
        (ROWS, {"ours": "nowhere"}, "no maps at"),
    ],
)
def test_every_name_is_checked_before_anything_is_computed(
    folder: Path, rows: tuple[Row, ...], maps: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tracer, "_computed", lambda *_: pytest.fail("something is computed"))
    spec = FigureSpec("grid", ("cam", *(f"maps:{name}" for name in maps)), rows, maps=maps)
    with pytest.raises(InputError, match=says):
        render(resolved(spec, folder), "png", Tracer(cache=None))


def test_the_networks_are_read_once_for_all_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wsss_viz.methods import paired_networks

    read, load = [], paired_networks.load
    monkeypatch.setattr(paired_networks, "load", lambda *args, **named: read.append(args[0]) or load(*args, **named))
    spec = spec_in(folder, "cam", "gain", settings={"gain": {}})
    draw(replace(spec, networks={"gain": ("scenes-gain",)}), Tracer(cache=None))
    assert read == ["scenes-classifier", "scenes-gain"]


def test_several_classes_have_their_colours_and_a_legend(folder: Path) -> None:
    rows = (Row("scenes:test:5", "dog", also=("horse",), title="two animals"),)
    spec = FigureSpec("grid", ("cam", "cam+mask"), rows, names={"horse": "pony"}, contours=False)
    assert read_spec(spec_bytes(spec)) == spec
    (entry,) = collect_rows(spec)
    figure = draw(spec)
    assert {"two animals", "dog", "pony"} <= {text.get_text() for text in figure.texts}
    drawn = np.asarray(figure.axes[0].images[1].get_array())
    colours = {tuple(map(int, colour)) for colour in np.unique(drawn[..., :3].reshape(-1, 3), axis=0)}
    assert colours == {entry.colour("dog"), entry.colour("horse")}
    with pytest.raises(InputError, match="on a scale"):
        replace(spec, normalisation="raw")


def test_a_crop_and_an_inset_show_their_part() -> None:
    rows = (
        Row("scenes:test:129", "cow", crop=(0.25, 0.0, 0.75, 1.0), inset=(0.3, 0.4, 0.5, 0.5), corner="upper left"),
    )
    spec = FigureSpec("grid", ("image",), rows)
    assert read_spec(spec_bytes(spec)) == spec
    picture, inset = draw(spec).axes
    assert (picture.get_xlim(), picture.get_ylim()) == ((0.25, 0.75), (1.0, 0.0))
    assert (inset.get_xlim(), inset.get_ylim()) == ((0.3, 0.5), (0.5, 0.4))
    figure = picture.get_figure()
    assert figure is not None
    (x, y, width, height), (wide, high) = picture.get_position().bounds, figure.get_size_inches()
    assert height * high / (width * wide) == pytest.approx(2)
    small = inset.get_position()
    assert small.height * high / (small.width * wide) == pytest.approx(0.5)
    assert (small.x0, small.y1) == (pytest.approx(x), pytest.approx(y + height))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": ["cam", "cam"]}, "twice"),
        ({"columns": ["maps:Ours"]}, "no maps 'Ours'"),
        ({"columns": ["cam+crf+blur"]}, r"after \+ stands"),
        ({"columns": ["truth+mask"]}, "stands alone"),
        ({"columns": ["cam+crf:irn+mask@0.3"]}, "have no threshold"),
        ({"columns": ["cam+mask@2"]}, "from 0 to below 1"),
        ({"columns": [{"title": "Ours"}]}, '{"maps": "out/ours"'),
        ({"columns": [{"maps": "a/ours"}, {"maps": "b/ours"}]}, "two folders"),
        ({"networks": {"cgnet": "a.pth"}}, "roles that the columns need"),
        ({"rows": [{"image": "scenes:test:1", "inset": [0.5, 0, 0.1, 1]}]}, "left, top, right, bottom"),
        ({"rows": [{"image": "scenes:test:1", "class": ["cow", "cow"]}]}, "a class twice"),
        ({"kind": "filmstrip", "columns": ["cam+crf"]}, "`columns` of a filmstrip"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(change: dict[str, object], says: str) -> None:
    good = {"format": 1, "kind": "grid", "rows": [{"image": "scenes:test:129"}], "columns": ["image", "cam"]}
    with pytest.raises(InputError, match=says) as caught:
        read_spec(json.dumps({**good, **change}))
    assert "\n" not in str(caught.value)


def test_a_columns_text_says_all_of_it() -> None:
    assert column("maps:CAM+CRF+mask@0.4").maps == "CAM+CRF"
    assert column("rib+pamr").shows("map") == "mask"
    assert column("rib+pamr+map").shows("map") == "map"
    assert column("rib+crf:psa@8").refiner == "crf:psa@8"


def test_the_command_says_how_far_it_is_and_names_classes_and_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = FigureSpec("grid", ("rib",), ROWS[:1], settings={"rib": {"steps": 1}}, names={"cat": "a tabby"})
    (folder / "figure.json").write_bytes(spec_bytes(spec))
    run("figure", folder / "figure.json", folder / "figure.svg", "--threads", 1, "--again", "-v")
    said = capsys.readouterr()
    assert "a cow: rib, 2 of 2 steps" in said.err
    assert "RIB with steps 1." in said.out
    assert said.out.rstrip().endswith("folder:pictures:a cow, a tabby.")
    assert trace_cache.CACHE.folder.is_dir()
