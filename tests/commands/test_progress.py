"""How far a command is, on the screen and in a log; what is said when it is stopped; a part of a set."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands.test_run import run
from tests.models.test_classifier import seeded_network
from wsss_viz import data
from wsss_viz.cli import main
from wsss_viz.commands import progress as shown
from wsss_viz.data.scenes import CLASSES
from wsss_viz.data.subset import Selection, Subset, take
from wsss_viz.errors import InputError
from wsss_viz.methods import dataset_run
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.manifest import checkpoints_folder
from wsss_viz.models.scene_network import NAME, WIDTHS


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoints") / "random.safetensors"
    write_checkpoint(path, seeded_network(CLASSES), {"name": NAME, "widths": list(WIDTHS)})
    return str(path)


def test_a_line_says_done_total_rate_and_left(monkeypatch, capsys):
    now = iter([100.0, 100.0, *[130.0] * 40])
    monkeypatch.setattr(shown.time, "monotonic", lambda: next(now))
    monkeypatch.setattr(shown.threading.Thread, "start", lambda self: None)
    monkeypatch.setattr(shown.threading.Thread, "join", lambda self: None)
    monkeypatch.setattr(shown, "_most_memory", lambda: shown.LARGE - 1)
    bar = shown.progress(["a"] * 9, "rib")
    steps = iter(bar)
    next(steps), next(steps), next(steps)
    shown._active[-1].pulse(0.5)
    assert bar.line() == "rib: 2 of 9 and 50% of the next, 30 s, 12 s each, 78 s left"
    logging.getLogger("wsss_viz.methods.rib_companions").debug("drawing companions")
    assert bar.line().endswith("78 s left, drawing companions")
    monkeypatch.setattr(shown, "_most_memory", lambda: 5 * 2**30)
    assert bar.line().endswith("78 s left, at most 5 GB of memory, drawing companions")
    steps.close()
    assert shown._active == []
    assert capsys.readouterr().err == ""


def test_a_line_is_printed_each_interval_and_one_at_the_end(monkeypatch, capsys):
    monkeypatch.setattr(shown, "INTERVAL", 0.02)
    ended = shown.threading.Event()
    for _ in shown.progress(range(2), "cam"):
        ended.wait(0.1)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.startswith("cam: 0 of 2, ")
    assert last.startswith("cam: 2 of 2, ")


def test_work_that_counts_itself_is_said_as_items_are(monkeypatch, capsys):
    monkeypatch.setattr(shown, "INTERVAL", 0.02)
    ended = shown.threading.Event()
    with shown.counting(4, "training, epochs") as reach:
        reach(1)
        ended.wait(0.1)
        reach(3)
        ended.wait(0.1)
        reach(4)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first.startswith("training, epochs: 1 of 4, ")
    assert last.startswith("training, epochs: 4 of 4, ")
    assert shown._active == []


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux says it there")
def test_the_most_memory_is_what_the_system_says_in_bytes():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    peak = int(status["VmHWM"].removesuffix("kB")) * 1024
    assert shown._most_memory() == pytest.approx(peak, rel=0.02)


@pytest.mark.parametrize(
    ("seconds", "words"), [(5.4, "5 s"), (119.4, "119 s"), (150, "2 min"), (7199, "120 min"), (9000, "2.5 h")]
)
def test_a_duration_in_words(seconds, words):
    assert shown._duration(seconds) == words


def test_a_selection_is_names_then_a_range_then_a_limit():
    samples = data.open("scenes:val")
    names = samples.sample_names()
    assert take(samples, Selection(first=3, stop=6)).sample_names() == names[3:6]
    assert take(samples, Selection(names=(names[7], names[2], names[5]), first=1)).sample_names() == [
        names[2],
        names[5],
    ]
    assert take(samples, Selection(limit=2)).sample_names() == names[:2]
    assert take(samples, Selection()) is samples
    assert isinstance(take([samples[1], samples[2]], Selection(first=1)), Subset)
    with pytest.raises(InputError, match="did you mean 'val_000012'"):
        take(samples, Selection(names=("val_000012 ",)))
    with pytest.raises(InputError, match="no sample is left of"):
        take(samples, Selection(first=10**6))


def test_parts_of_a_set_come_together_in_one_folder_with_a_log(checkpoint, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # nothing was computed before
    words = ["maps", "--data", "scenes:val", "--classifier", checkpoint, "--views", "single", "--out", tmp_path / "m"]
    listed, log = tmp_path / "names.txt", tmp_path / "logs" / "run.txt"
    listed.write_text("val_000004\n\nval_000002\n")
    assert run(capsys, *words, "--range", "0:2", "--log", log)[0] == 0
    code, printed, said = run(capsys, *words, "--names", f"@{listed}", "-v")
    assert code == 0
    assert "2 files written" in printed
    assert "val_000004: cam, 1 of 1 steps" in said
    said = run(capsys, *words[:-1], tmp_path / "again", "--range", "4:5", "-v")[2]
    assert "val_000004: cam, computed before and read" in said
    assert {path.stem for path in (tmp_path / "m").glob("*.npz")} == {f"val_00000{i}" for i in (0, 1, 2, 4)}
    lines = [line[20:] for line in log.read_text().splitlines()]
    assert lines[0].startswith("wsss_viz ")
    assert lines[1] == f"reading the checkpoint {checkpoint}"
    assert lines[-2].startswith("2 files written to ")
    assert lines[-1] == "done"
    about = json.loads((tmp_path / "m" / "settings.json").read_text())["about"]
    assert {"torch", "wsss_viz"} <= about.keys()
    for option, message in (("5", "wants A:B"), ("5:5", "is empty"), ("a:b", "wants A:B")):
        code, _, said = run(capsys, *words, "--range", option)
        assert (code, message in said) == (2, True)


def test_overwrite_computes_again_and_leaves_no_map_of_another_run(checkpoint, capsys, tmp_path):
    out = tmp_path / "maps"
    words = ["maps", "--data", "scenes:val", "--classifier", checkpoint, "--out", out]
    assert run(capsys, *words, "--views", "single", "--limit", 3)[0] == 0
    plain = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "val_000001.npz").write_bytes(b"broken")
    (out / "notes.txt").write_text("mine")
    code, printed, _ = run(capsys, *words, "--views", "single", "--limit", 2, "--overwrite")
    assert code == 0
    assert "2 files written" in printed
    assert {name: (out / name).read_bytes() for name in plain} == plain
    code, _, said = run(capsys, *words, "--views", "mirror", "--limit", 1)
    assert (code, "other: views" in said, "--overwrite" in said) == (2, True, True)
    assert run(capsys, *words, "--views", "mirror", "--limit", 1, "--overwrite")[0] == 0
    assert {path.name for path in out.iterdir()} == {"notes.txt", "settings.json", "val_000000.npz"}


def test_another_file_under_the_same_path_is_refused_and_the_same_under_another_is_not(
    checkpoint,
    capsys,
    tmp_path,
    monkeypatch,
):
    mine, out = tmp_path / "c.safetensors", tmp_path / "maps"
    mine.write_bytes(Path(checkpoint).read_bytes())
    words = ["maps", "--data", "scenes:val", "--limit", 1, "--views", "single", "--out", out, "--classifier"]
    assert run(capsys, *words, checkpoint)[0] == 0
    monkeypatch.chdir(tmp_path)
    assert "1 was there already" in run(capsys, *words, "c.safetensors")[1]
    mine.write_bytes((checkpoints_folder() / "scenes-classifier.safetensors").read_bytes())
    code, _, said = run(capsys, *words, "c.safetensors")
    assert code == 2
    assert "other: classifier" in said


def test_a_stopped_run_says_what_is_there(checkpoint, capsys, tmp_path, monkeypatch):
    maps_of = dataset_run.maps_of

    def stopping(run, classes, sample, *others):
        if sample.name == "val_000002":
            raise KeyboardInterrupt
        return maps_of(run, classes, sample, *others)

    monkeypatch.setattr(dataset_run, "maps_of", stopping)
    words = ["maps", "--data", "scenes:val", "--limit", 5, "--classifier", checkpoint, "--views", "single"]
    code, _, said = run(capsys, *words, "--out", tmp_path / "maps")
    assert code == 130
    assert f"stopped: 2 of 5 images are in {tmp_path / 'maps'}; the same command goes on from there" in said


def test_what_is_broken_may_be_left_out_without_failing(checkpoint, capsys, tmp_path):
    main(["data", "scenes", "--split", "val", "--count", "2", "--out", str(tmp_path / "voc")])
    assert capsys.readouterr().err == "", "no bar where there is no terminal"
    (tmp_path / "voc" / "JPEGImages" / "val_000001.png").write_bytes(b"broken")
    words = ["maps", "--data", f"folder:{tmp_path / 'voc' / 'JPEGImages'}", "--classifier", checkpoint]
    words += ["--views", "single", "--out", tmp_path / "maps"]
    assert run(capsys, *words)[0] == 1
    code, _, said = run(capsys, *words, "--skip-broken")
    assert code == 0
    assert "not read: val_000001" in said
    code, _, said = run(capsys, *words, "--skip-broken", "--strict")
    assert (code, "give one of them" in said) == (2, True)


def test_overlays_are_pictures_with_a_bar_and_are_no_maps(checkpoint, capsys, tmp_path):
    out = tmp_path / "maps"
    words = ["maps", "--data", "scenes:val@96x140:3", "--classifier", checkpoint, "--views", "single"]
    assert run(capsys, *words, "--format", "overlay", "--out", out)[0] == 0
    (path,) = out.glob("*.png")
    picture = np.asarray(Image.open(path).convert("RGB"))
    sample = data.open("scenes:val@96x140:3")[0]
    columns = len(sample.labels)
    assert abs(picture.shape[1] - (320 * columns + 80)) <= 2
    assert (picture == 255).all(axis=2).mean() > 0.1
    before = path.read_bytes()
    assert run(capsys, *words, "--format", "overlay", "--out", out, "--overwrite")[0] == 0
    assert path.read_bytes() == before
    code, _, said = run(capsys, "evaluate", "--data", "scenes:val@96x140:3", "--maps", out)
    assert code == 2
    assert "pictures to look at, not maps" in said


def test_evaluate_takes_a_part_and_prints_classes_and_the_best_threshold(checkpoint, capsys, tmp_path, monkeypatch):
    out = tmp_path / "out.json"
    words = ["evaluate", "--data", "scenes:val", "--classifier", checkpoint, "--views", "single", "--threshold", 0.3]
    code, printed, _ = run(capsys, *words, "--range", "2:4", "--json", out)
    assert code == 0
    report = json.loads(out.read_text())
    row = report["methods"]["cam"]
    assert [source for source, *_ in report["images"]] == ["scenes:val:2", "scenes:val:3"]
    said = " ".join(printed.split())
    assert f"cam: best threshold here {row['best_threshold']:.2f}, mIoU {row['best_miou']:.1f}; IoU: background" in said
    assert f"background {row['per_class']['background']:.1f}, " in said

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("wsss_viz.evaluation.report.run_report", interrupted)
    code, _, said = run(capsys, *words)
    assert code == 130
    assert "nothing is kept of an evaluation" in said
