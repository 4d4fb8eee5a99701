"""The documents: links lead somewhere, commands exist, the tutorial and the notebook run, the reference is complete."""

from __future__ import annotations

import ast
import base64
import importlib.util
import io
import json
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import nbclient
import nbformat
import pytest
from PIL import Image

from wsss_viz import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "how-to").glob("*.md")])
TUTORIAL = ROOT / "docs" / "tutorial.md"
_FENCE = re.compile(r"^(<!--.*-->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(path: Path, language: str, *, unmarked: bool = False) -> list[str]:
    """The code blocks of a language; `unmarked`: without those under a comment that says they are not run."""
    found = _FENCE.findall(path.read_text(encoding="utf-8"))
    return [body for mark, name, body in found if name == language and not (unmarked and mark)]


def commands(text: str) -> list[list[str]]:
    """The arguments of each `python -m wsss_viz` in a block."""
    joined = text.replace("\\\n", " ").replace("&&", "\n")
    lines = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [words[words.index("wsss_viz") + 1 :] for words in lines if words and "wsss_viz" in words and "-m" in words]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    broken = []
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        path = target.partition("#")[0]
        if path and "://" not in path and not (page.parent / path).exists():
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_exists(page: Path) -> None:
    for block in blocks(page, "sh"):
        for words in commands(block):
            command: click.Command = cli.group
            context = click.Context(cli.group)
            rest = list(words)
            while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
                found = command.get_command(context, rest.pop(0))
                assert found is not None, words
                command, context = found, click.Context(found, parent=context)
            assert rest != ["COMMAND"]
            if not isinstance(command, click.Group):
                command.make_parser(context).parse_args(rest)


def test_the_tutorial_runs_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tutorial").mkdir()
    (spec,) = blocks(TUTORIAL, "json")
    (tmp_path / "tutorial" / "figure.json").write_text(spec)
    ran = [words for block in blocks(TUTORIAL, "sh", unmarked=True) for words in commands(block)]
    for words in ran:
        cli.group.main(words, prog_name="wsss_viz", standalone_mode=False)
    assert [words[0] for words in ran] == ["data", "data", "evaluate", "maps", "figure", "figure"]
    assert (tmp_path / "tutorial" / "figure.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads((tmp_path / "tutorial" / "cam.json").read_text())["count"] == 20
    assert len(list((tmp_path / "tutorial" / "maps").glob("*.npz"))) == 20
    assert "Class activation maps" in capsys.readouterr().out


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda path: path.name)
def test_the_python_that_is_shown_runs(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = blocks(page, "python")
    assert shown
    for block in shown:
        exec(compile(block, page.name, "exec"), {})
    assert capsys.readouterr().out


def test_the_notebook_runs_where_it_lies_and_every_cell_shows_a_picture() -> None:
    folder = ROOT / "docs"
    notebook = nbformat.read(folder / "notebook.ipynb", as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code"), "stored without outputs"
    before = {path.name for path in folder.iterdir()}
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == 11
    for cell in code:
        pictures = [picture for output in cell.outputs for picture in pngs(output.get("data", {}))]
        assert pictures, cell.source
        assert all(min(picture.size) > 50 and len(picture.getcolors(2**24) or ()) > 2 for picture in pictures)
    printed = ["".join(output.get("text", "") for output in cell.outputs) for cell in code]
    assert [len(re.findall(r"IoU 0\.[0-9]{2}", text)) for text in printed if "IoU" in text] == [4, 2]
    assert "given Preprocessing(mean=(0.5, 0.5, 0.5)" in "".join(printed)
    assert len(re.findall(r"^\('\w+',\) \(10, 16, 16\)$", "".join(printed), re.MULTILINE)) == 4
    assert {path.name for path in folder.iterdir()} == before


def pngs(data: dict[str, str]) -> list[Image.Image]:
    """The pictures of an output: its own, and those within its HTML."""
    encoded = re.findall(r'data:image/png;base64,([^"]+)', data.get("text/html", ""))
    encoded += [data["image/png"]] if "image/png" in data else []
    return [Image.open(io.BytesIO(base64.b64decode(text))) for text in encoded]


@pytest.fixture
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_has_every_public_function_with_its_arguments(generator: ModuleType, tmp_path: Path) -> None:
    pages = generator.main(tmp_path / "reference")
    texts = {page.stem: page.read_text(encoding="utf-8") for page in pages}
    rooms = {path.name for path in (ROOT / "wsss_viz").iterdir() if (path / "__init__.py").is_file()}
    assert set(generator.ROOMS) == rooms - {"app", "commands"}
    for room in generator.ROOMS:
        for file in (ROOT / "wsss_viz" / room).rglob("*.py"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and file.name[0] != "_":
                    assert f"### {node.name}\n" in texts[room]
    assert "- `tau`: 0 or more, below 1." in texts["gradients"]
    assert "def high_gradient_ratio(" in texts["gradients"]
    assert "```python\n>>> one_call(" in texts["one_call"]
    assert "## python -m wsss_viz data scenes" in texts["commands"]
    for page in pages:
        for target in _LINK.findall(texts[page.stem]):
            assert "://" in target or (page.parent / target.partition("#")[0]).exists() or page.stem != "README"
