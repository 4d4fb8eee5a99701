"""Workspaces: their file, the command's options, and that an address reaches nothing else."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.app.workspace_files import NAME, serve, write_workspace
from wsss_viz import cli
from wsss_viz.app import workspace
from wsss_viz.app.methods import colour_of, title_of
from wsss_viz.app.pages.figures import controls
from wsss_viz.app.services import basket
from wsss_viz.app.services.figure_material import material_of
from wsss_viz.app.state import ViewState
from wsss_viz.app.state.figures import Item
from wsss_viz.app.state.parameters import FINAL
from wsss_viz.app.workspace import Workspace, read_file
from wsss_viz.errors import InputError
from wsss_viz.figures import read_spec, spec_bytes
from wsss_viz.figures.sources import collect_rows
from wsss_viz.figures.tracing import Tracer
from wsss_viz.traces.map_folder import MapFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workspace")
    write_workspace(path)
    return path


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_file_names_several_and_its_paths_are_from_its_own_folder(folder: Path) -> None:
    (folder / "net.pth").write_bytes(b"never read here")
    text = """
        [Street]
        data = "voc:voc:val"
        networks = { Ours = "net.pth", Large = "torchvision:resnet50" }
        maps = { IRN = "irn", "Half (mask)" = "half" }
        ["Scenes again"]
        data = "scenes:val@96x128"
    """
    street, scenes = read_file(written(folder, text))
    assert street.data == f"voc:{folder / 'voc'}:val"
    assert street.networks == {"Ours": str(folder / "net.pth"), "Large": "torchvision:resnet50"}
    assert street.maps == {"IRN": str(folder / "irn"), "Half (mask)": str(folder / "half")}
    assert (scenes.data, dict(scenes.networks)) == ("scenes:val@96x128", {"scenes-classifier": "scenes-classifier"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a", "mine.toml is no TOML: "),
        ("", "mine.toml names no workspace: "),
        ('data = "scenes:val"', "mine.toml: 'data' stands in no table: "),
        ('[a]\ndata = "scenes:val"\nmap = { A = "irn" }', "mine.toml, [a]: unknown key 'map'; did you mean maps?"),
        ('[a]\ndata = "scenes:val"\ncolour = 3', "unknown key 'colour'; data, networks, maps, reports"),
        ("[a]\nmaps = {}", "mine.toml, [a]: the key data is missing"),
        ('[a]\ndata = "scenes:val"\nmaps = ["irn"]', "mine.toml, [a]: maps is a table of texts"),
        ('[a]\ndata = "voc:nowhere:val"', "nowhere"),
        ('[a]\ndata = "VOC2012"', "unknown data string 'VOC2012'"),
        ('["a/b"]\ndata = "scenes:val"', "the name 'a/b': a name is of letters"),
        ('[Own]\ndata = "scenes:val"', "the name 'Own' is taken"),
        ('[a]\ndata = "voc:voc:val"\nmaps = { A_1 = "irn" }', "the name 'A_1'"),
        ('[a]\ndata = "voc:voc:val"\nmaps = { A = "no" }', "the maps A: no maps at"),
        ('[a]\ndata = "scenes:val"\nnetworks = { A = "no.pth" }', "the network A: no file "),
        ('[a]\ndata = "scenes:val"\nnetworks = { A = "resnet5" }', "the network A: 'resnet5' is no file"),
        ('[a]\ndata = "scenes:val"\nreports = { A = "no.json" }', "the report A: no file "),
        ('[a]\ndata = "scenes:val"\nreports = { A = "mine.toml" }', "mine.toml is not a report of `evaluate --json`"),
    ],
)
def test_each_mistake_is_one_clear_line(folder: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_file(written(folder, text))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_commands_options_make_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlit.web import cli as streamlit

    monkeypatch.setattr(streamlit, "main", lambda *_args, **_options: 0)
    monkeypatch.setenv(workspace.VARIABLE, "")
    monkeypatch.setenv("WSSS_VIZ_DEVICE", "auto")
    monkeypatch.chdir(folder)
    options = ["--data", "voc:voc:val", "--maps", "IRN=irn", "--maps", "Ours=half", "--classifier", "scenes-classifier"]
    with pytest.raises(SystemExit):
        cli.main(["app", *options, "--headless"])
    (mine,) = workspace.workspaces().values()
    assert (mine.name, mine.data) == ("voc val", f"voc:{folder / 'voc'}:val")
    assert dict(mine.networks) == {"scenes-classifier": "scenes-classifier"}
    assert dict(mine.maps) == {"IRN": str(folder / "irn"), "Ours": str(folder / "half")}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--maps", "IRN=irn"], "are of a data set: give it with --data"),
        (["--data", "scenes:val", "--maps", "irn"], "--maps irn: give it as NAME=DIR"),
        (["--data", "scenes:val", "--maps", "A=x", "--maps", "A=y"], "'A' is given twice"),
        (["--workspace", "none.toml"], "--workspace none.toml: no such file"),
    ],
)
def test_wrong_options_are_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(workspace.VARIABLE, "")
    with pytest.raises(SystemExit) as stopped:
        cli.main(["app", *arguments])
    error = capsys.readouterr().err
    assert (stopped.value.code, error.count("\n")) == (2, 1)
    assert said in error


@pytest.fixture
def served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    maps = {"IRN": str(folder / "irn"), "Half": str(folder / "half")}
    one = Workspace(NAME, f"voc:{folder / 'voc'}:val", {"a": "scenes-classifier", "b": "scenes-classifier"}, maps)
    serve(monkeypatch, one)
    return one


def test_an_address_reaches_what_was_named_and_nothing_else(served: Workspace, folder: Path) -> None:
    query = {"example": "workspace:mine:3", "methods": "maps:IRN,cam", "looking-network": "b", "class": "person"}
    state, notes = ViewState.from_query(query)
    assert (state.example, state.workspace, notes) == ("workspace:mine:3", NAME, ())
    assert (state.methods, state.looking_network, state.focus) == (("cam", "maps:IRN"), "b", "person")
    assert ViewState.from_query(state.to_query()) == (state, ())
    assert state.moved(1).example == "workspace:mine:0"
    for name, value in [
        ("example", "workspace:mine:4"),
        ("example", "workspace:mine:-1"),
        ("example", "workspace:other:0"),
        ("example", f"voc:{folder / 'voc'}:val:0"),
        ("example", f"workspace:{folder / 'voc'}:0"),
        ("methods", f"cam,maps:{folder / 'irn'}"),
        ("methods", "maps:IRN2"),
        ("looking-network", "scenes-classifier"),
        ("looking-network", "/etc/passwd"),
    ]:
        state, notes = ViewState.from_query({name: value})
        assert state == ViewState(), value
        assert len(notes) == 1
        assert value not in notes[0]


def test_a_basket_holds_views_of_a_workspace_beside_the_old_ones(served: Workspace) -> None:
    items = (
        Item("workspace:mine:2", "cow", FINAL, ("cam", "maps:Half")),
        Item("scenes:test:129", "", 3, ("rib",)),
        Item("photos:dog", "", FINAL, ("cam",)),
    )
    state = replace(ViewState(), basket=items)
    assert ViewState.from_query(state.to_query()) == (state, ())
    assert (
        state.to_query()["basket"] == "workspace.mine.2.cow.final.cam_maps:Half,test.129..3.rib,photos.dog..final.cam"
    )


def test_a_workspaces_maps_are_columns_of_a_figure_and_go_along_in_its_folder(
    served: Workspace, folder: Path, tmp_path: Path
) -> None:
    items = (Item("workspace:mine:2", "sofa", FINAL, ("cam", "maps:Half", "maps:IRN")),)
    material = material_of(items)
    spec = replace(basket.spec_of(items, replace(ViewState(), basket=items), material), dpi=72)
    assert spec.columns == ("image", "truth", "cam", "maps:Half", "maps:IRN")
    assert read_spec(spec_bytes(spec)) == spec
    figure = material.folder(spec)
    (row,) = collect_rows(spec, Tracer(cache=None, data=figure.open))
    stored = MapFolder(Path(served.maps["IRN"]), row.sample.classes).read(row.sample.name, row.sample.size)
    trace = row.traces["maps:IRN"]
    np.testing.assert_array_equal(trace.maps[trace.classes.index("sofa")], stored.maps[stored.keys.index("sofa")])
    assert basket.spec_of(items, replace(ViewState(), basket_kind="filmstrip")).columns == ("cam",)
    with zipfile.ZipFile(io.BytesIO(figure.archive(""))) as content:
        content.extractall(tmp_path)
    place = tmp_path / "figure"
    assert not any(str(folder) in file.read_text() for file in place.rglob("*.json"))
    cli.group.main(
        ["figure", str(place / "figure.json"), str(tmp_path / "f.png")], prog_name="x", standalone_mode=False
    )
    assert (tmp_path / "f.png").read_bytes() == controls.rendered(spec, "png", material)


def test_without_a_workspace_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workspace.VARIABLE, raising=False)
    assert dict(workspace.workspaces()) == {}
    assert ViewState.from_query({"example": "workspace:mine:0"})[0] == ViewState()
    assert (title_of("maps:Gone"), colour_of("maps:Gone")[0]) == ("Gone", "#")


def test_two_of_one_name_are_refused(served: Workspace) -> None:
    before = os.environ[workspace.VARIABLE]
    with pytest.raises(InputError, match="two workspaces are called 'mine'"):
        workspace.publish([served, served])
    assert os.environ[workspace.VARIABLE] == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 5000, "hostile.toml is no TOML"),
        ("a = " + "9" * 5000, "hostile.toml is no TOML"),
        ('["\\u001b[2J"]\ndata = "scenes:val"', r"hostile.toml, \[\?\[2J\]: the name '\\x1b\[2J'"),
    ],
)
def test_a_hostile_file_of_workspaces_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "hostile.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=f"^{says}") as caught:
        read_file(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[a]\ndata="photos"\nmaps={x="~nosuchuser9/x"}', "nobody of that name has a folder here"),
        ('[a]\ndata="photos"\nnetworks={x="~nosuchuser9/x.pth"}', "nobody of that name has a folder here"),
        (f'[a]\ndata="photos"\nreports={{x="{5000 * "x"}"}}', "file name too long"),
        (f'[a]\ndata="photos"\nnetworks={{x="{5000 * "x"}"}}', "file name too long"),
        (f"a{20 * '.a'}=1", "a key of 20 parts or more"),
        (f"""[a."b" . 'c'{20 * ".a"}]\nx=1""", "a key of 20 parts or more"),
        (f'[a]\ndata="photos"\nmaps={{x="y", y{20 * ".a"}="z"}}', "a key of 20 parts or more"),
        ("".join(f'[a{number}]\ndata="nothing:{number}"\n' for number in range(41)), "41 workspaces; at most 40"),
    ],
)  # fmt: skip
def test_odd_paths_keys_and_numbers_of_workspaces_are_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_file(written(tmp_path, text))
    assert len(str(caught.value)) < 300


def test_a_mark_of_notepad_and_dots_in_a_path_are_nothing_odd(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("{}")
    file = written(tmp_path, "")
    file.write_bytes(b"\xef\xbb\xbf[a]\ndata='photos'\nmaps={x='v" + b".1" * 30 + b"'}\n")
    with pytest.raises(InputError, match="no maps at"):
        read_file(file)


def test_a_line_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, '[a]\ndata="photos"\nreports={x="r\\u001b[2J\\nerror: none"}')
    with pytest.raises(SystemExit, match="2"):
        cli.main(["app", "--workspace", str(file)])
    assert "r\\x1b[2J\\nerror: none" in capsys.readouterr().err
