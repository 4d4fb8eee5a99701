"""The package as it is installed from its wheel: outside the clone, from any folder, and never written to."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bench.visitor import Visitor
from tests.serving import ROOT, serving

MOST_BYTES = 60_000_000
PATIENCE = 600
SMALL = ("--train-count", "32", "--val-count", "20", "--epochs", "1")

# Several commands in one process, which imports torch once: each as its own list of arguments, where neither Streamlit
# nor plotly can be imported. Then the handout's first steps, which the app draws: `tests/app/pages/learn` draws all of
# them, and every file that they read is in the wheel.
COMMANDS = """
import json, sys
sys.modules.update(streamlit=None, plotly=None)
from wsss_viz.cli import main
def run(arguments):
    print("$", *arguments, flush=True)
    if arguments[0] == "train":
        assert {"torch._dynamo", "sympy"}.isdisjoint(sys.modules), "four seconds of each command's start"
    main(arguments)
for arguments in json.loads(sys.argv[1]):
    run(arguments)
del sys.modules["streamlit"], sys.modules["plotly"]
from wsss_viz.app.pages.learn import handout
handout.SYLLABUS = handout.SYLLABUS[:2]
run(["handout", "lecture.pdf"])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is in the repository."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines()
    for name in listed:
        if name.startswith(("tests/", "bench/", "docs/")) or not (ROOT / name).is_file():
            continue
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).symlink_to(ROOT / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps")
    run(*pip, "--no-build-isolation", "--wheel-dir", str(out), str(source), cwd=out)
    (built,) = out.glob("wsss_viz-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment with the wheel, which takes what the wheel needs from this one; read-only."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", str(folder), cwd=folder)
    python = folder / "bin" / "python"
    site = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet")
    run(*pip, "--no-deps", str(wheel), cwd=folder)
    everything = [site / "wsss_viz", *(site / "wsss_viz").rglob("*")]
    before = {path: path.stat().st_mtime_ns for path in everything}
    for path in everything:
        path.chmod(path.stat().st_mode & ~0o222)
    yield folder / "bin"
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert {site / "wsss_viz", *(site / "wsss_viz").rglob("*")} == set(before)
    for path in everything:  # so that the folder can be removed
        path.chmod(path.stat().st_mode | 0o200)


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(
        command, cwd=cwd, env=surroundings(**environment), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def surroundings(**environment: str) -> dict[str, str]:
    """The variables of a person who has never seen the clone."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WSSS_"))} | environment


def test_the_wheel_is_small_and_holds_what_the_app_needs(wheel: Path) -> None:
    assert wheel.stat().st_size <= MOST_BYTES
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = run("git", "ls-files", "app.py", "pages", "checkpoints", ".streamlit", cwd=ROOT).split()
    assert {f"wsss_viz/shipped/{name}" for name in tracked} <= names
    code = run("git", "ls-files", "wsss_viz", cwd=ROOT).split()
    assert {name for name in code if (ROOT / name).is_file()} <= names


def test_every_command_runs_from_any_folder_and_the_librarys_without_the_app(installed: Path, tmp_path: Path) -> None:
    elsewhere, home = tmp_path / "elsewhere", tmp_path / "home"
    (elsewhere / "pictures").mkdir(parents=True)
    for name in ("one", "two"):  # that nobody has labelled: no label is a class of the backbone's
        Image.new("RGB", (96, 72), "red").save(elsewhere / "pictures" / f"{name}.png")
    spec = {"format": 1, "kind": "grid", "rows": [{"image": "scenes:test:129", "class": "cat"}],
            "columns": ["image", "truth", "cam", "cs-ae"]}  # fmt: skip
    (elsewhere / "figure.json").write_text(json.dumps(spec), encoding="utf-8")
    limits = ["--limit", "2", "--views", "single", "--device", "cpu"]
    evaluate = ["--tune-on", "scenes:val:1", "--json", "scores.json"]
    commands = [
        ["evaluate", "--data", "scenes:test", "--methods", "cam,cs-ae", *evaluate, *limits],
        ["maps", "--data", "scenes:test", "--out", "maps", *limits],
        ["figure", "figure.json", "figure.svg"],
        ["figure", "rib", "rib.svg"],
        ["train", "backbone", *SMALL],
        ["maps", "--data", "folder:pictures", "--classifier", "trained-backbone", "--out", "mine", *limits],
    ]
    data = str(home / "share")
    run(str(installed / "python"), "-c", COMMANDS, json.dumps(commands), cwd=elsewhere, XDG_DATA_HOME=data)
    methods = json.loads((elsewhere / "scores.json").read_text())["methods"]
    assert list(methods) == ["cam", "cs-ae"]
    assert len(list((elsewhere / "maps").glob("*.npz"))) == len(list((elsewhere / "mine").glob("*.npz"))) == 2
    assert all(b"<svg" in (elsewhere / f"{name}.svg").read_bytes() for name in ("figure", "rib"))
    assert (elsewhere / "lecture.pdf").read_bytes().startswith(b"%PDF")
    if sys.platform == "linux":
        assert (home / "share/wsss_viz/checkpoints/trained-backbone.safetensors").is_file()
    assert run(str(installed / "wsss-viz"), "--help", cwd=elsewhere).startswith("Usage: wsss-viz [OPTIONS]")


def test_the_app_shows_its_pages_from_another_folder(installed: Path, tmp_path: Path) -> None:
    program, home = str(installed / "wsss-viz"), str(tmp_path)
    with serving(program, cwd=tmp_path, surroundings=surroundings(), XDG_DATA_HOME=home) as address:
        seen = asyncio.run(visit(address, ("", "compare", "learn", "results")))
    assert not any(seen.values()), seen


async def visit(address: str, pages: tuple[str, ...]) -> dict[str, list[str]]:
    """What pages complain of."""
    async with Visitor(address) as visitor:
        return {page: (await visitor.settled(page, "")).trouble for page in pages}
