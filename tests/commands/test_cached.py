"""What figures and `maps` have computed is read by each other, the same bits, and is never told as speed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wsss_viz import cli
from wsss_viz.commands import cached
from wsss_viz.data.scenes import Scenes
from wsss_viz.figures import FigureSpec, Row
from wsss_viz.figures.sources import collect_rows
from wsss_viz.figures.trace_cache import CACHE
from wsss_viz.figures.tracing import Tracer
from wsss_viz.methods.binding import BoundMethod
from wsss_viz.traces.storage import read_maps


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    cli.group.main([str(one) for one in arguments], prog_name="x", standalone_mode=False)
    return capsys.readouterr().out


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures with labels in other words than the network's, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    lines = []
    for name, index in (("a", 129), ("b", 21)):
        sample = Scenes("test", size=(90, 122))[index]
        Image.fromarray(sample.image).save(folder / f"{name}.png")
        lines.append(f"{name}.png,{','.join(sample.labels or ()).replace('sofa', 'couch')}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("something is computed")

    monkeypatch.setattr(BoundMethod, "__call__", fails)


@pytest.mark.parametrize("method", ["cam", "rib"])
def test_a_figure_reads_what_maps_computed_and_maps_what_a_figure_computed(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    settings = ["--set", "rib.steps=2"] if method == "rib" else []
    arguments = ["maps", "--method", method, "--data", f"folder:{pictures}", "--classifier", "scenes-classifier"]
    arguments += ["--views", "single", "--device", "cpu", *settings, "--out"]
    assert "images/s" in run(capsys, *arguments, tmp_path / "one")
    spec = FigureSpec(
        "grid",
        (method,),
        tuple(Row(f"folder:{pictures}:{name}") for name in "ab"),
        settings={"rib": {"steps": 2}} if method == "rib" else {},
    )
    with pytest.MonkeyPatch.context() as patch:
        nothing_runs(patch)
        tracer = Tracer(cache=CACHE)
        rows = collect_rows(spec, tracer)
        printed = run(capsys, *arguments, tmp_path / "two")
        with pytest.raises(AssertionError, match="computed"):
            run(capsys, *arguments, tmp_path / "anew", "--overwrite")
    assert printed.startswith(
        f"2 files written to {tmp_path / 'two'}, 0 were there already; 2 of them by maps computed"
    )
    assert "images/s" not in printed
    if method == "rib":
        assert tracer.companions == {"rib": ("scenes:train", "scenes:train")}
    for row, name in zip(rows, "ab", strict=True):
        assert (tmp_path / "one" / f"{name}.npz").read_bytes() == (tmp_path / "two" / f"{name}.npz").read_bytes()
        trace = row.traces[method]
        stored = read_maps(tmp_path / "one" / f"{name}.npz")
        np.testing.assert_array_equal(trace.maps[list(trace.steps[-1].targets)], stored.maps)

    CACHE.prune(0)
    collect_rows(spec, Tracer(cache=CACHE))
    with pytest.MonkeyPatch.context() as patch:
        nothing_runs(patch)
        run(capsys, *arguments, tmp_path / "three")
    assert (tmp_path / "one" / "b.npz").read_bytes() == (tmp_path / "three" / "b.npz").read_bytes()


def test_other_settings_are_computed_and_a_whole_data_set_is_not_kept(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["maps", "--data", f"folder:{pictures}", "--classifier", "scenes-classifier", "--device", "cpu"]
    run(capsys, *arguments, "--views", "single", "--out", tmp_path / "one")
    assert len(list(CACHE.folder.rglob("*.zip"))) == 2
    assert "images/s" in run(capsys, *arguments, "--views", "mirror", "--out", tmp_path / "mirror")
    run(capsys, *arguments, "--views", "single", "--precision", "bf16", "--out", tmp_path / "half")
    assert len(list(CACHE.folder.rglob("*.zip"))) == 4, "not of half precision"
    CACHE.prune(0)
    monkeypatch.setattr(cached, "MOST_STORED", 1)
    run(capsys, *arguments, "--views", "single", "--out", tmp_path / "many")
    assert not list(CACHE.folder.rglob("*.zip"))
