"""A checkpoint of a person's own on Compare: found or uploaded, reported on, and looked with."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file
from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage, after_jobs, viewer_content
from tests.app.pages.test_erasing import finished as stepped
from tests.app.services.test_upload import encoded
from tests.models.published_files import resnet38d_state
from tests.models.reading_files import Runs, saved
from wsss_viz import cli
from wsss_viz.app.services import basket, drawings, samples
from wsss_viz.app.services.upload import bounded
from wsss_viz.app.services.user_networks import SEEN_SIDE, open_checkpoint
from wsss_viz.app.settings import FOLDER_VARIABLE, PICKLE_VARIABLE, UPLOAD_VARIABLE, checkpoint_files
from wsss_viz.app.state import ViewState
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.data.photographs import photograph
from wsss_viz.data.strokes import painted as strokes_mask
from wsss_viz.data.strokes import read_strokes
from wsss_viz.evaluation.hand_erasing import erased_by_hand
from wsss_viz.methods import bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.models.published import load_published


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an OC-CSE pair, as `app --checkpoints` names it."""
    save_file(dict(resnet38d_state(seed=1)), tmp_path / "od_cam.safetensors")
    save_file(dict(resnet38d_state(seed=2)), tmp_path / "14net_er.safetensors")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def compare(open_page: OpenPage, **query: str) -> AppTest:
    """Compare, on a picture of one's own where a photograph stands in for one; CAM alone unless others are named."""
    own = {"source": "own"} if "photograph" in query else {}
    return open_page("compare", **{"methods": "cam", **own, **query})


def content(page: AppTest) -> dict[str, Any]:
    return viewer_content(page, "compare")


def finished(page: AppTest) -> AppTest:
    return after_jobs(page, "compare")


def card(page: AppTest) -> dict[str, str]:
    """The preflight card's rows, without Markdown's backslashes."""
    (table,) = page.table
    return {str(row.iloc[0]) if len(row) > 1 else str(name): re.sub(r"\\(?=\W)", "", str(row.iloc[-1]))
            for name, row in table.value.iterrows()}  # fmt: skip


def panel(page: AppTest, title: str) -> dict[str, Any]:
    (found,) = [panel for panel in content(page)["panels"] if panel["title"] == title]
    return found


def test_only_files_that_were_put_there_are_offered(folder: Path) -> None:
    (folder / "deeper").mkdir()
    for name in ("deeper/x.pth", ".hidden.pth", "notes.txt", "a\nb.pth", "<b>.pth"):
        (folder / name).write_bytes(b"x")
    assert list(checkpoint_files()) == ["14net_er.safetensors", "<b>.pth", "od_cam.safetensors"]
    assert not set(checkpoint_files()) & {path.name for path in checkpoints_folder().iterdir()}


@pytest.mark.parametrize("name", ["../od_cam.safetensors", "/etc/passwd", "od_cam", "deeper/x.pth", "x" * 5000])
def test_a_path_in_the_address_names_nothing(folder: Path, name: str) -> None:
    for parameter in ("checkpoint", "partner"):
        state, notes = ViewState.from_query({parameter: name})
        assert getattr(state, parameter) == ""
        assert notes == (
            f"`{parameter}` in the address is not a checkpoint that is on this server, so its default is shown.",
        )
    state, notes = ViewState.from_query({"checkpoint": "od_cam.safetensors", "class": "aeroplane"})
    assert (state.checkpoint, state.focus, notes) == ("od_cam.safetensors", "aeroplane", ())
    assert ViewState.from_query(state.to_query()) == (state, ())


def test_a_checkpoint_is_reported_on_and_its_maps_are_the_librarys(open_page: OpenPage, folder: Path) -> None:
    page = finished(compare(open_page, checkpoint="od_cam.safetensors", photograph="flower"))
    assert page.query_params["checkpoint"] == "od_cam.safetensors"
    rows = card(page)
    assert "ResNet-38d of PSA, stride 8" in rows["network"]
    assert rows["tensors"] == "192 of 192 matched, 0 missing, 0 unexpected"
    assert rows["classes"].startswith("20: aeroplane, bicycle")
    assert "GAP(maps) = logits" in rows["check"]
    assert rows["time"].startswith("about CAM ")
    assert {"device", "format", "input", "parameters"} <= rows.keys()
    sent = content(page)
    assert [entry["name"] for entry in sent["scored"]] == list(VOC_CLASSES)
    classifier = load_published(folder / "od_cam.safetensors")
    image = photograph("flower")
    assert max(image.shape) > SEEN_SIDE
    assert re.search("512 x 34[12]", panel(page, "Image")["note"])
    scores = panel(page, "CAM")["steps"][0]["scores"]
    with torch.no_grad():
        from wsss_viz.app.services.upload import bounded

        expected = classifier.logits(classifier.preprocess(bounded(image, SEEN_SIDE)))[0].numpy()
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_what_it_cannot_do_is_grey_with_the_reason_and_a_pair_does_cs_ae(open_page: OpenPage, folder: Path) -> None:
    query = {"checkpoint": "od_cam.safetensors", "methods": "cam,gain,cs-ae", "photograph": "china"}
    page = finished(compare(open_page, **query))
    assert "--network gain=FILE" in panel(page, "GAIN")["missing"]
    assert "choose the CGNet" in panel(page, "CS-AE")["missing"]
    options = page.pills(key="compare_methods").proto.options
    barred = [option.content for option in options if "block" in option.content_icon + option.content]
    assert [re.sub(r":\S+: ", "", label) for label in barred] == ["AE (retrained)", "GAIN", "CS-AE"]
    page.selectbox(key="compare_partner").set_value("14net_er.safetensors").run()
    page = finished(page)
    assert page.query_params["partner"] == "14net_er.safetensors"
    assert not panel(page, "CS-AE")["missing"]
    assert len(panel(page, "CS-AE")["steps"]) == 1


def test_rib_is_a_job_without_companions(open_page: OpenPage, folder: Path) -> None:
    page = compare(open_page, checkpoint="od_cam.safetensors", methods="rib", source="own")
    page.file_uploader(key="own_upload").upload("own.png", encoded("PNG"))
    page = finished(page.run())
    assert panel(page, "Image")["note"] == "seen at 60 x 40"
    assert 1 <= len(panel(page, "RIB")["steps"]) <= 10
    said = [step["note"] for step in panel(page, "RIB")["steps"]]
    assert all("no companions: the logits of this image alone are raised" in note for note in said), said


def test_a_checkpoint_that_cannot_be_used_shows_why_and_the_page_goes_on(open_page: OpenPage, folder: Path) -> None:
    state = dict(resnet38d_state())
    del state["b7.conv_branch1.weight"]
    save_file(state, folder / "cut.safetensors")
    (folder / "damaged.safetensors").write_bytes(save(state)[:-9])
    page = compare(open_page, checkpoint="cut.safetensors")
    assert not page.exception
    (line,) = [error.value for error in page.error]
    assert "1 of the network's tensors are missing, first b7.conv_branch1.weight" in line
    assert "191 of 192 matched" in card(page)["tensors"]
    page = compare(open_page, checkpoint="damaged.safetensors")
    (line,) = [error.value for error in page.error]
    assert "damaged.safetensors is truncated" in line
    page.selectbox(key="compare_checkpoint").set_value("").run()
    assert panel(page, "CAM")["steps"]


def test_upload_is_off_unless_the_server_allows_it(open_page: OpenPage, folder: Path) -> None:
    page = compare(open_page, checkpoint="od_cam.safetensors")
    with pytest.raises(KeyError):
        page.file_uploader(key="own_checkpoint_upload")


def test_an_upload_looks_and_a_hostile_one_is_one_line(
    open_page: OpenPage, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(UPLOAD_VARIABLE, "1")
    page = compare(open_page, photograph="flower")
    page.file_uploader(key="own_checkpoint_upload").upload("mine.safetensors", save(dict(resnet38d_state(80))))
    page = finished(page.run())
    assert card(page)["classes"].startswith("80: person, bicycle")
    assert len(content(page)["scored"]) == 80
    page.file_uploader(key="own_checkpoint_upload").clear()
    page.run()
    ran = tmp_path / "ran"
    page.file_uploader(key="own_checkpoint_upload").upload("evil.pth", saved({"a": Runs(ran)}, legacy=True))
    page.run()
    (line,) = [error.value for error in page.error]
    assert "of which this server reads none by upload" in line
    monkeypatch.setenv(PICKLE_VARIABLE, "1")
    page.file_uploader(key="own_checkpoint_upload").clear()
    page.run()
    page.file_uploader(key="own_checkpoint_upload").upload("evil.pth", saved({"a": Runs(ran)}, legacy=True))
    page.run()
    (line,) = [error.value for error in page.error]
    assert "read from the command line only" in line
    assert not ran.exists()
    assert not page.exception


def test_what_was_uploaded_is_private(folder: Path) -> None:
    found = open_checkpoint(folder / "od_cam.safetensors", private=True)
    assert found.network
    assert found.network.private


def test_the_folder_must_be_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["app", "--checkpoints", str(tmp_path / "nowhere")])
    assert stopped.value.code == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_checkpoint_that_has_gone_and_a_partner_of_its_own_are_no_error(open_page: OpenPage, folder: Path) -> None:
    page = finished(compare(open_page, checkpoint="od_cam.safetensors", partner="od_cam.safetensors", methods="cs-ae"))
    assert panel(page, "CS-AE")["steps"]
    (folder / "od_cam.safetensors").unlink()
    page.run()
    assert not page.exception
    assert "no longer on this server" in page.error[0].value


def test_a_file_that_was_replaced_by_one_of_its_size_and_date_is_read_again(
    open_page: OpenPage, folder: Path, cold_caches: None
) -> None:
    path = folder / "od_cam.safetensors"
    before = panel(finished(compare(open_page, checkpoint=path.name)), "CAM")["steps"][0]["scores"]
    dated = path.stat()
    path.write_bytes((folder / "14net_er.safetensors").read_bytes())
    os.utime(path, ns=(dated.st_atime_ns, dated.st_mtime_ns))
    assert path.stat().st_size == dated.st_size
    after = panel(finished(compare(open_page, checkpoint=path.name)), "CAM")["steps"][0]["scores"]
    assert after != before


def test_a_view_by_a_checkpoint_of_ones_own_is_not_sent_as_if_it_were_anothers(folder: Path) -> None:
    item, reason = basket.from_compare(ViewState(checkpoint="od_cam.safetensors"))
    assert item is None
    assert "--classifier FILE" in reason
    assert basket.selected(ViewState(checkpoint="od_cam.safetensors", methods=("rib", "maps:Ours"))) == ("rib",)


def test_on_erasing_the_checkpoint_is_stepped_through_and_painted_on(open_page: OpenPage, folder: Path) -> None:
    query = {"example": "photos:dog", "checkpoint": "od_cam.safetensors"}
    classifier, photo = load_published(folder / "od_cam.safetensors"), samples.photograph("dog")
    image = bounded(photo.image, SEEN_SIDE)
    seen = replace(photo, image=image, classes=VOC_CLASSES, labels=None, mask=None, parts=None)
    page = stepped(open_page("erasing", mode="ae", steps="2", **{"class": "horse"}, **query))
    expected = list(bind("ae", classifier, steps=2)(replace(seen, labels=("horse",)), SINGLE))
    panels = viewer_content(page, "erasing")["panels"]
    (found,) = [panel["steps"] for panel in panels if panel["title"] == "Current map"]
    at = VOC_CLASSES.index("horse")
    assert [step["scores"][-1] for step in found] == pytest.approx(
        [step.scores[at] for step in expected], rel=1e-6, abs=1e-4
    )

    painted = f"{drawings.mark(seen)}.MAgAgA"
    left = viewer_content(open_page("erasing", mode="by-hand", painted=painted, **query), "by_hand")
    whole = erased_by_hand(classifier, seen, np.zeros(seen.size, bool)).scores
    assert left["classes"][0]["name"] == VOC_CLASSES[int(whole.argmax())], "its highest class where none is asked for"
    mask = strokes_mask(read_strokes("MAgAgA"), seen.size)
    after = erased_by_hand(classifier, seen, mask).scores[int(whole.argmax())]
    assert left["panels"][1]["steps"][0]["scores"][0] == pytest.approx(float(after), rel=1e-6, abs=1e-4)
    assert after != whole.max()
    for mode in ("experiment", "cs-ae-epochs"):
        page = open_page("erasing", mode=mode, **query)
        assert any("networks that ship" in info.value for info in page.info)
        assert not page.exception


def test_on_erasing_a_checkpoint_that_cannot_look_says_why(open_page: OpenPage, folder: Path) -> None:
    (folder / "broken.pth").write_bytes(b"x")
    page = open_page("erasing", example="photos:dog", checkpoint="broken.pth")
    assert not page.exception
    (error,) = [error.value for error in page.error]
    assert "broken.pth" in error
