"""Compare on a workspace: networks and maps of others side by side, scored as `evaluate --maps` does."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, after_jobs, viewer_content
from tests.app.workspace_files import NAME, SIZE, serve, write_workspace
from wsss_viz.app import workspace
from wsss_viz.app.pages.results import strips
from wsss_viz.app.services import basket, contact_sheet, drawings, thumbnails, workspaces
from wsss_viz.app.services.reports import rows_of
from wsss_viz.app.source_bar import pickers
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import Item
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.workspace import Workspace
from wsss_viz.data.files import write_whole
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.strokes import painted, read_strokes
from wsss_viz.evaluation.hand_erasing import erased_by_hand
from wsss_viz.evaluation.report_text import report_bytes
from wsss_viz.evaluation.stored_report import stored_report
from wsss_viz.gradients import ratio, scenes
from wsss_viz.gradients.regions import map_regions
from wsss_viz.methods import bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models import load
from wsss_viz.traces.step import last_step


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    folder = tmp_path_factory.mktemp("workspace")
    return folder, write_workspace(folder)


@pytest.fixture
def mine(made: tuple[Path, Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Workspace]:
    """A copy, which a test may break."""
    shutil.copytree(made[0], tmp_path / "w")
    folder, of = tmp_path / "w", made[1]
    text = json.dumps({"data": of.data, "maps": of.maps}).replace(str(made[0]), str(folder))
    served = Workspace(NAME, networks=of.networks, **json.loads(text))
    serve(monkeypatch, served)
    contact_sheet.labels_of.cache_clear()
    contact_sheet._names.cache_clear()
    return folder, served


def panels(page: AppTest) -> dict[str, Any]:
    return {panel["title"]: panel for panel in viewer_content(page, "compare")["panels"]}


def test_maps_of_others_are_panels_beside_the_network(open_page: OpenPage, mine: tuple[Path, Workspace]) -> None:
    _folder, of = mine
    page = after_jobs(open_page("compare", example="workspace:mine:0"), "compare")
    shown = panels(page)
    assert list(shown) == ["Image", "Ground truth", "CAM", "IRN", "Half"]
    assert not any(panel["missing"] for panel in shown.values())
    assert shown["Half"]["steps"][0]["note"] == "finished masks"
    assert (shown["IRN"]["steps"][0]["maps"]["h"], shown["IRN"]["steps"][0]["maps"]["w"]) == SIZE
    sample = open_data(of.data)[0]
    classifier = load("scenes-classifier", "cpu")
    (label,) = sample.labels or ()
    expected = last_step(bind("cam", classifier)(sample, SINGLE))
    content = viewer_content(page, "compare")
    at = [entry["name"] for entry in content["classes"]].index(label)
    scored = [entry["name"] for entry in content["scored"]].index(label)
    cam = shown["CAM"]["steps"][0]
    row = classifier.classes.index(label)
    assert cam["maps"]["high"][at] == pytest.approx(float(expected.maps[row].max()), rel=1e-5)
    assert cam["scores"][scored] == pytest.approx(float(expected.scores[row]), rel=1e-5)
    assert cam["scores"][[entry["name"] for entry in content["scored"]].index("aeroplane")] is None


def test_the_numbers_are_those_of_evaluate_to_the_last_digit(open_page: OpenPage, mine: tuple[Path, Workspace]) -> None:
    _folder, of = mine
    for name in ("IRN", "Half"):
        report = stored_report(Path(of.maps[name]), of.data)
        (row,) = report["methods"].values()
        assert len(report["images"]) == {"IRN": 4, "Half": 3}[name]
        for (source, *classes), ious in zip(report["images"], row["per_image"], strict=True):
            index = int(source.rpartition(":")[2])
            sample = workspaces.example(f"workspace:{NAME}:{index}")
            scored = workspaces.score_maps(sample, f"maps:{name}", row["threshold"])
            assert scored.ious == dict(zip(classes, ious, strict=True))
            assert scored.mean == sum(ious) / len(ious)
    page = open_page("compare", example="workspace:mine:1", methods="maps:IRN", threshold=f"{row['threshold']:.2f}")
    (table,) = [element.value for element in page.get("html") if "<thead>" in element.value] or [""]
    sample = workspaces.example("workspace:mine:1")
    values = workspaces.score_maps(sample, "maps:IRN", row["threshold"])
    assert re.findall(r"<td>([\d.]+)</td>", table) == [f"{v:.1f}" for v in (*values.ious.values(), values.mean)]


def test_what_is_wrong_with_maps_is_said_in_their_panel_alone(
    open_page: OpenPage, mine: tuple[Path, Workspace]
) -> None:
    folder, _of = mine
    page = after_jobs(open_page("compare", example="workspace:mine:3"), "compare")
    shown = panels(page)
    assert "no pseudo mask at half/" in shown["Half"]["missing"], "no path of the server"
    assert not shown["CAM"]["missing"] + shown["IRN"]["missing"]

    name = workspaces.example("workspace:mine:3").name
    other = np.load(folder / "irn" / f"{name}.npy", allow_pickle=True).item()
    other["high_res"] = other["high_res"][:, :-1]
    np.save(folder / "irn" / f"{name}.npy", other)  # another size
    assert "for an image of 90 x 122" in panels(page.run())["IRN"]["missing"]
    other["high_res"], other["cam"], other["keys"] = (
        np.zeros((1, *SIZE), np.float32),
        np.zeros((1, 1, 1)),
        np.array([19]),
    )
    np.save(folder / "irn" / f"{name}.npy", other)  # another class
    assert "the image's labels are" in panels(page.run())["IRN"]["missing"]
    shutil.rmtree(folder / "irn")
    shown = panels(page.run())
    assert shown["IRN"]["missing"] == "the folder of the maps IRN is no longer there: put it back"
    assert not shown["CAM"]["missing"]
    shutil.rmtree(folder / "voc")
    gone = open_page("compare", example="workspace:mine:2")
    assert len(gone.error) == 1
    assert "missing" in gone.error[0].value


def test_a_network_that_cannot_be_read_leaves_the_maps(
    open_page: OpenPage, mine: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, of = mine
    (folder / "net.pth").write_bytes(b"no network")
    serve(monkeypatch, Workspace(NAME, of.data, {"bad": str(folder / "net.pth")}, of.maps))
    shown = panels(open_page("compare", example="workspace:mine:0"))
    assert "net.pth" in shown["CAM"]["missing"]
    assert not shown["IRN"]["missing"]


def test_a_sixth_method_is_said_and_nothing_drops_out(open_page: OpenPage, mine: tuple[Path, Workspace]) -> None:
    five = "cam,ae,layercam,maps:IRN,maps:Half"
    page = after_jobs(open_page("compare", example="workspace:mine:0", methods=five), "compare")
    pills = next(group for group in page.get("button_group") if group.proto.label == "Methods and maps")
    page = pills.set_value([*pills.value, "rib"]).run()
    assert page.query_params["methods"] == five
    assert any("side by side at most" in toast.value for toast in page.toast)


def test_a_row_of_the_basket_is_called_by_its_images_name(mine: tuple[Path, Workspace]) -> None:
    name = open_data(mine[1].data)[1].name
    assert basket.words(Item("workspace:mine:1", "dog", FINAL, ("cam",))) == f"{name} of mine, dog, CAM"
    for image in (mine[0] / "voc" / "JPEGImages").iterdir():
        image.write_bytes(b"no image")
    st.cache_resource.clear()
    assert basket.words(Item("workspace:mine:1", "dog", FINAL, ("cam",))) == "mine:1, dog, CAM"


def test_images_are_searched_by_name_and_by_class(
    open_page: OpenPage, mine: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stepper(_what: str, move: Callable[[int], None], _anywhere: Callable[[], None]) -> None:
        st.button("Next image", on_click=move, args=(1,))  # in place of one that counts its presses in the browser

    monkeypatch.setattr(pickers, "stepper", stepper)
    _folder, of = mine
    samples = open_data(of.data)
    index = contact_sheet.labels_of(NAME)
    for _ in range(200):
        if index.done == index.count:
            break
        time.sleep(0.02)
    wanted = [i for i, sample in enumerate(samples) if "sofa" in (sample.labels or ())]
    assert contact_sheet.matches(NAME, "Sofa") == wanted != []
    assert contact_sheet.matches(NAME, samples[2].name[-5:].upper()) == [2]
    assert contact_sheet.matches(NAME, "nothing of that name") == []
    page = open_page("compare", example="workspace:mine:0", methods="maps:IRN")
    page = next(field for field in page.text_input if field.label == "Find").set_value(samples[2].name).run()
    assert page.query_params["example"] == "workspace:mine:2"
    page = next(button for button in page.button if button.label == "Next image").click().run()
    assert page.query_params["example"] == "workspace:mine:2"


def test_the_contact_sheet_is_ordered_by_a_reports_scores(
    open_page: OpenPage, mine: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, of = mine
    report = stored_report(Path(of.maps["IRN"]), of.data)
    write_whole(folder / "r.json", report_bytes(report))
    write_whole(folder / "other.json", report_bytes({**report, "data": "voc:elsewhere:train"}))
    reports = {"r": str(folder / "r.json"), "o": str(folder / "other.json")}
    serve(monkeypatch, Workspace(NAME, of.data, of.networks, of.maps, reports))
    (row,) = report["methods"].values()
    means = [sum(ious) / len(ious) for ious in row["per_image"]]
    page = open_page("compare", example="workspace:mine:0", methods="maps:IRN", sheet="1", **{"sheet-order": "worst"})
    assert not page.exception
    labels = [button.label for button in page.button if " · " in button.label]
    worst = sorted(range(len(means)), key=lambda i: means[i])
    assert [label.split(" · ")[0] for label in labels] == [f"{means[i]:.1f}" for i in worst]
    assert any("The report is of voc:elsewhere:train" in caption.value for caption in page.caption)
    next(button for button in page.button if button.label == labels[-1]).click().run()
    assert page.query_params["example"] == f"workspace:mine:{worst[-1]}"


def test_results_opens_a_workspaces_reports_and_hunts_for_failures(
    open_page: OpenPage, mine: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, of = mine
    stored = {name: stored_report(Path(of.maps[name]), of.data) for name in ("IRN", "Half")}
    for name, report in stored.items():
        write_whole(folder / f"{name}.json", report_bytes(report))
    write_whole(folder / "other.json", report_bytes({**stored["IRN"], "data": "voc:elsewhere:train"}))
    reports = {"IRN": str(folder / "IRN.json"), "Half": str(folder / "Half.json"), "o": str(folder / "other.json")}
    serve(monkeypatch, Workspace(NAME, of.data, of.networks, of.maps, reports))
    ious = {
        name: {images[0]: sum(row) / len(row) for images, row in zip(report["images"], rows, strict=True)}
        for name, report in stored.items()
        for rows in [next(iter(report["methods"].values()))["per_image"]]
    }

    def links(page: AppTest) -> list[dict[str, str]]:
        assert not page.exception
        assert not page.error
        protos = [link.proto for link in page.get("page_link") if link.proto.label.startswith("Compare ")]
        return [dict(parse_qsl(proto.query_string)) for proto in protos]

    titles = rows_of(workspace.workspaces()[NAME])
    assert titles == {"irn": ("IRN", "irn"), "half": ("Half", "half")}, "no report's name after a row that is its own"
    page = open_page("results", example="workspace:mine:1")
    worst = sorted(ious["IRN"], key=lambda source: ious["IRN"][source])
    assert [link["example"][-1] for link in links(page)] == [source[-1] for source in worst]
    first = links(page)[0]
    assert first["methods"] == "cam,maps:IRN,maps:Half"
    assert first["threshold"] == f"{stored['IRN']['methods']['irn']['threshold']:.2f}"
    assert page.dataframe[0].value["mIoU"][0] == pytest.approx(stored["IRN"]["methods"]["irn"]["miou"])
    assert str(folder) not in " ".join(caption.value for caption in page.caption)

    page = open_page("results", report="mine:IRN", **{"ranked-order": "disagreement"})
    both = [source for source in ious["IRN"] if source in ious["Half"]]
    apart = {source[-1]: abs(ious["IRN"][source] - ious["Half"][source]) for source in both}
    shown = [apart[link["example"][-1]] for link in links(page)]
    assert shown == sorted(apart.values(), reverse=True)
    picture, names = strips.strip("workspace:mine:0", (("maps:IRN", 0.5), ("maps:Half", 0.5)))
    assert names == ("image", "truth", "IRN", "Half")
    assert picture.startswith(b"\x89PNG")

    page = open_page("results", report="mine:o")
    assert not links(page)
    assert page.warning[0].value.startswith("The report is of voc:elsewhere:train, not of mine")
    assert not page.error
    (folder / "IRN.json").write_text("{")
    page = open_page("results", report="mine:IRN")
    assert len(page.error) == 1
    assert "IRN.json is not a report" in page.error[0].value
    gone = open_page("results", report="mine:gone")
    assert any(":material/info: `report`" in caption.value for caption in gone.caption)


def test_thumbnails_are_made_once_and_the_oldest_are_given_up(mine: tuple[Path, Workspace]) -> None:
    folder, of = mine
    first = contact_sheet.picture(of, 0)
    shutil.rmtree(folder / "voc" / "JPEGImages")
    with pytest.raises(Exception, match="missing"):
        open_data(of.data)[0]
    size = {path: path.stat().st_size for path in thumbnails.THUMBNAILS.folder.glob("*/*.jpg")}
    assert first in [path.read_bytes() for path in size]
    assert thumbnails.THUMBNAILS.prune(sum(size.values())) == 0
    assert thumbnails.THUMBNAILS.prune(0) == len(size)
    assert not list(thumbnails.THUMBNAILS.folder.glob("*/*.jpg"))


def test_a_workspace_of_pictures_without_classes_is_looked_at(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 255, (70, 110, 3), np.uint8)).save(tmp_path / "[noise](www.evil.example).png")
    serve(monkeypatch, Workspace("plain", f"folder:{tmp_path}", {"scenes": "scenes-classifier"}))
    sample = workspaces.example("workspace:plain:0")
    assert len(sample.classes) == workspaces.UNLABELLED
    assert sample.labels == sample.classes[:1]
    assert workspaces.looking(sample, ViewState(example=sample.source)).known == sample.classes
    page = after_jobs(open_page("compare", example="workspace:plain:0", methods="cam", sheet="1"), "compare")
    assert list(panels(page)) == ["Image", "CAM"]
    name = "\\[noise\\](www\u2060.evil.example)"  # text, no link
    assert page.button(key="sheet_0").label == name
    (about,) = [caption.value for caption in page.caption if name in caption.value]
    assert f"labels: not known (the network's most likely class is {sample.classes[0]})" in about
    page = next(field for field in page.text_input if field.label == "Find").set_value("[x](http://e.example)").run()
    assert [one.value[:40] for one in page.info] == ["No image fits “\\[x\\](http:\u2060//e.example)”"]


@pytest.mark.parametrize("name", ["start", "erasing", "gradients", "information", "learn", "results", "figures"])
def test_every_page_opens_on_an_image_of_a_workspace(
    open_page: OpenPage, mine: tuple[Path, Workspace], name: str
) -> None:
    page = open_page(name, example="workspace:mine:1", figure="scene", mode="ae", steps="1")
    assert not page.exception
    assert not [error.value for error in page.error]
    if name in ("start", "erasing"):
        for _ in range(400):
            if not page.get("progress"):
                break
            page.run()
        shown = viewer_content(after_jobs(page, name), name)["panels"]
        assert not any(panel["missing"] for panel in shown)


def test_gradients_of_a_workspaces_image_are_its_networks(open_page: OpenPage, mine: tuple[Path, Workspace]) -> None:
    _folder, of = mine
    page = open_page("gradients", example="workspace:mine:1", tau="0.25")
    for _ in range(400):
        if not page.get("progress"):
            break
        page.run()
    assert not page.exception
    assert not page.error
    names = [picture.alt for images in page.get("image") for picture in images.proto.imgs]
    maps = [text for text in names if text.startswith("gradient map G")]
    assert len(maps) == 6
    sample = open_data(of.data)[1]
    label, *_ = sample.labels or ()
    classifier = load("scenes-classifier", "cpu")
    found = scenes.scene_maps(classifier, sample, [label])
    cam = last_step(bind("cam", classifier)(sample, SINGLE)).maps[classifier.classes.index(label)]
    regions = map_regions(sample, label, cam, 0.5, found.maps.shape[-2:])
    shares = ratio.high_gradient_ratio(found.maps, regions[None], 0.25, 99.0)[0]
    for text, (high, low, ground) in zip(maps, shares, strict=True):
        said = f"object, high in CAM {high:.2f}, object, low in CAM {low:.2f}, background {ground:.2f}"
        assert text.endswith(f"high: {said}")
    assert "Regions" in [box.label for box in page.selectbox]
    assert page.query_params == {"example": "workspace:mine:1", "tau": "0.25"}


def test_the_brush_erases_from_an_image_of_a_workspace(open_page: OpenPage, mine: tuple[Path, Workspace]) -> None:
    _folder, of = mine
    sample = workspaces.example("workspace:mine:0")
    (label,) = sample.labels or ()
    page = open_page("erasing", mode="by-hand", example="workspace:mine:0", painted=f"{drawings.mark(sample)}.MAgAgA")
    shown = viewer_content(page, "by_hand")
    classifier = load("scenes-classifier", "cpu")
    mask = painted(read_strokes("MAgAgA"), classifier.preprocessing.size(*SIZE))
    steps = [erased_by_hand(classifier, open_data(of.data)[0], part) for part in (mask, np.zeros_like(mask))]
    row = classifier.classes.index(label)
    after, before = (panel["steps"][0]["scores"][0] for panel in shown["panels"][1:])
    assert [after, before] == pytest.approx([float(step.scores[row]) for step in steps], abs=1e-4)
    assert after != before
    table = next(element.value for element in page.get("html") if "wv-by-hand" in element.value)
    assert "nan" not in table
    assert "aeroplane" not in table, "what the network does not know has no score"
