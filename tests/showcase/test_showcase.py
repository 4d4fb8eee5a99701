"""The showcase: it holds what the methods compute, and is refused where the checkpoints are others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wsss_viz
from wsss_viz import cli
from wsss_viz.errors import InputError
from wsss_viz.methods import METHODS, bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.showcase import REBUILD, SHOWCASE_SCENES, building, read_showcase, showcase_path

SCENE = "scenes:test:21"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("showcase") / "traces.zip"
    methods = building.build_showcase(path, scenes=(SCENE,), experiment_count=2)
    assert {"cam", "ae", "cs-ae-single", "rib", "rib-bce"} <= set(methods)
    return path


def test_its_traces_are_what_the_methods_compute(built: Path) -> None:
    shown = read_showcase(built)
    classifier = wsss_viz.load("scenes-classifier", device="cpu")
    (sample,) = wsss_viz.data.open(SCENE)
    for name in ("cam", "ae", "rib"):
        found, computed = shown.trace(name, SCENE), list(bind(name, classifier)(sample, SINGLE))
        assert [s.index for s in found] == [s.index for s in computed]
        assert found.steps[-1].stop == computed[-1].stop
        for one, other in zip(found, computed, strict=True):
            assert one.targets == other.targets
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-4, atol=1e-3)
            np.testing.assert_allclose(one.maps, other.maps, atol=2e-3 * np.abs(other.maps).max())


def test_it_says_what_it_has_and_with_what_it_was_made(built: Path) -> None:
    shown = read_showcase(built)
    assert shown.scenes == (SCENE,)
    assert shown.methods[:2] == ("cam", "ae")
    assert set(shown.methods) <= set(METHODS)
    assert shown.version == wsss_viz.__version__
    assert shown.has("rib", SCENE)
    assert not shown.has("rib", SCENE, "multi-scale")
    assert not shown.has("rib", "scenes:test:22")
    assert shown.experiment["images"] == 2
    assert shown.experiment["data"] == "scenes:val"


def other_register(folder: Path) -> Path:
    """A register in which the classifier has another digest."""
    content = json.loads((checkpoints_folder() / "manifest.json").read_text())
    content["checkpoints"]["scenes-classifier"]["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def test_of_another_checkpoint_it_is_refused_with_how_to_rebuild_it(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(other_register(tmp_path)))
    with pytest.raises(InputError, match=f"another `scenes-classifier`.*{REBUILD}") as error:
        read_showcase(built)
    assert "\n" not in str(error.value)


def test_the_app_then_shows_what_it_computes_and_says_why(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wsss_viz.app.services import traces

    folder = other_register(tmp_path)
    (folder / "showcase").mkdir()
    shutil.copy(built, folder / "showcase" / "traces.zip")
    (sample,) = wsss_viz.data.open(SCENE)
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(folder))
    assert traces.showcase() is None
    assert REBUILD in traces.showcase_note()
    assert traces.precomputed(sample, "rib", "single") is None
    assert traces.origin(sample, "rib", "single") == "computed now"


def test_the_app_takes_it_where_it_fits(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wsss_viz.app.services import traces

    (tmp_path / "showcase").mkdir()
    shutil.copy(built, tmp_path / "showcase" / "traces.zip")
    shutil.copy(checkpoints_folder() / "manifest.json", tmp_path)
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    (sample,) = wsss_viz.data.open(SCENE)
    found = traces.precomputed(sample, "rib", "single")
    assert found is not None
    assert traces.precomputed(sample, "rib", "single") is found, "read once"
    assert traces.origin(sample, "rib", "single") == "precomputed"
    assert traces.origin(sample, "rib", "mirror") == "computed now"
    assert traces.showcase_note() == ""


def test_a_missing_or_damaged_one_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=REBUILD):
        read_showcase(tmp_path / "traces.zip")
    (tmp_path / "traces.zip").write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="not a file of traces"):
        read_showcase(tmp_path / "traces.zip")


def test_one_too_large_to_ship_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "LARGEST_BYTES", 1000)
    monkeypatch.setattr(building, "available", lambda _: ("cam",))
    with pytest.raises(InputError, match="more than the 1000"):
        building.build_showcase(tmp_path / "traces.zip", scenes=(SCENE,), experiment_count=0)
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_a_scene_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["showcase", "--out", str(tmp_path / "t.zip"), "--scene", "scenes:nowhere:1", "--experiment", "0"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert not (tmp_path / "t.zip").exists()


def test_reading_it_needs_no_torch(built: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from wsss_viz.showcase import read_showcase\n"
        f"read_showcase(Path({str(built)!r})).trace('rib', {SCENE!r})\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.skipif(not showcase_path().is_file(), reason="no showcase is shipped with this tree")
def test_the_shipped_one_fits_the_shipped_checkpoints() -> None:
    shown = read_showcase()
    assert set(shown.scenes) == set(SHOWCASE_SCENES)
    assert showcase_path().stat().st_size <= building.LARGEST_BYTES
    assert shown.experiment["images"] >= 50
    classifier = wsss_viz.load("scenes-classifier", device="cpu")
    (sample,) = wsss_viz.data.open(SHOWCASE_SCENES[0])
    for name in ("cam", "ae", "rib"):
        *_, last = bind(name, classifier)(sample, SINGLE)
        stored = shown.trace(name, SHOWCASE_SCENES[0]).steps[-1]
        np.testing.assert_allclose(stored.maps, last.maps, atol=2e-3 * np.abs(last.maps).max())
