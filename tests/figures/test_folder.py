"""A figure as a folder: what the archive holds, that it stays in its folder, and that one command gives the bytes."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wsss_viz import cli
from wsss_viz.data.class_sets import MOST_CLASSES
from wsss_viz.data.fingerprints import data_digest
from wsss_viz.data.folder import PictureFolder
from wsss_viz.data.numbering import ClassNumbering, by_lines
from wsss_viz.data.photographs import read_photographs
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.figures import FigureSpec, Row, folder, read_spec
from wsss_viz.figures.folder import FigureFolder, NetworkFile, PictureSet
from wsss_viz.figures.paths import resolved
from wsss_viz.figures.rendering import render
from wsss_viz.figures.tracing import Tracer
from wsss_viz.models.manifest import checkpoints_folder, read_manifest
from wsss_viz.traces.map_folder import MapWriter
from wsss_viz.traces.storage import StoredMaps

SIZE = (90, 122)


def drawn(index: int, name: str) -> Sample:
    """A drawn scene that is not square, as a picture of somebody's."""
    return replace(Scenes("test", size=SIZE)[index], name=name, parts=None)


def numbered(numbers: tuple[int, ...]) -> ClassNumbering:
    return ClassNumbering(CLASSES, numbers, form="numbers", names_from="a test")


@pytest.fixture
def figure(tmp_path: Path) -> FigureFolder:
    """Two pictures with a mask, one without a mask, one without labels; maps by others; rows that differ."""
    samples = [
        drawn(129, "b c"),
        drawn(17, "000017"),
        replace(drawn(21, "a,sofa"), mask=None),
        replace(drawn(9, "d"), mask=None, labels=None),
    ]
    pictures = PictureSet(samples, numbered(tuple(range(11, 31, 2))))
    maps = MapWriter(tmp_path / "theirs", CLASSES, "irn", numbering=pictures.numbering)
    for one in pictures:
        labels = one.labels or ("cow",)
        values = np.random.default_rng(0).random((len(labels), *SIZE)).astype(np.float32)
        maps.write(one.name, StoredMaps(values, np.zeros(len(labels), np.float32), labels, SIZE))
    (tmp_path / "theirs" / "settings.json").write_text(json.dumps({**maps.settings(), "data": "/secret/place"}))
    rows = (
        Row("folder:mine:b c", "cow", views="mirror", show="mask", threshold=0.45, settings={"ae": {"steps": 1}}),
        Row(f"folder:mine:{pictures.position('000017')}", columns=("image", "truth", "cam"), show="map"),
        Row("folder:mine:a,sofa", columns=("truth", "cam", "maps:Theirs")),
        Row("folder:mine:d", "cow", columns=("cam",)),
    )
    spec = FigureSpec(
        "grid",
        ("image", "truth", "cam", "ae", "maps:Theirs"),
        rows,
        dpi=72,
        settings={"ae": {"steps": 2}},
        maps={"Theirs": str(tmp_path / "theirs")},
        classifier="scenes-classifier",
    )
    return FigureFolder(spec, {"mine": pictures}, {"Theirs": sorted((tmp_path / "theirs").glob("*.npy"))})


def unpacked(archive: bytes, place: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(place)
    return place / "figure"


def test_the_command_of_the_readme_gives_the_pages_bytes(
    figure: FigureFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "my own.safetensors"
    shutil.copyfile(checkpoints_folder() / "scenes-classifier.safetensors", checkpoint)
    spec = replace(figure.spec, classifier=str(checkpoint))
    figure = replace(figure, spec=spec, networks={checkpoint.name: NetworkFile.at(checkpoint)})
    here = render(figure.spec, "png", Tracer(cache=None, data=figure.open))
    place = unpacked(figure.archive("A caption."), tmp_path / "elsewhere")
    (tmp_path / "theirs").rename(tmp_path / "gone")
    checkpoint.unlink()
    readme = (place / "README.md").read_text()
    (command,) = [line.split() for line in readme.splitlines() if line.startswith("    python -m wsss_viz")]
    monkeypatch.chdir(place)
    cli.group.main([*command[3:-1], "figure.png"], prog_name="x", standalone_mode=False)
    assert (place / "figure.png").read_bytes() == here
    assert "A caption." in readme
    assert "/secret" not in (place / "maps" / "Theirs" / "settings.json").read_text()
    assert str(tmp_path) not in (place / "figure.json").read_text()


def test_a_trace_of_the_page_is_the_one_that_the_folders_command_reads(figure: FigureFolder, tmp_path: Path) -> None:
    spec = read_spec((unpacked(figure.archive(""), tmp_path) / "figure.json").read_bytes(), "figure.json")
    there = resolved(spec, tmp_path / "figure")
    here, elsewhere = Tracer(cache=None, data=figure.open), Tracer(cache=None)
    for row, other in zip(figure.spec.rows[:2], there.rows[:2], strict=True):
        for method in ("cam", "rib"):
            assert here._key(figure.spec, method, row.image) == elsewhere._key(there, method, other.image)
    one = data_digest(figure.open("folder:mine"))
    assert one == data_digest(open_data(f"folder:{tmp_path / 'figure' / 'mine'}"))
    changed = PictureSet([replace(drawn(3, s.name), labels=s.labels, mask=s.mask) for s in figure.sets["mine"]],
                         figure.sets["mine"].numbering)  # fmt: skip
    assert data_digest(replace(figure, sets={"mine": changed}).open("folder:mine")) != one


def test_the_folder_is_read_as_it_was_in_memory(figure: FigureFolder, tmp_path: Path) -> None:
    archive = figure.archive("")
    assert figure.archive("") == archive
    read = PictureFolder(unpacked(archive, tmp_path) / "mine")
    held = figure.sets["mine"]
    assert (read.names, read.classes, read.labels_in_use) == (held.names, held.classes, held.labels_in_use)
    for one, other in zip(held, (read[i] for i in range(len(read))), strict=True):
        assert (one.name, one.labels, one.classes) == (other.name, other.labels, other.classes)
        np.testing.assert_array_equal(one.image, other.image)
        assert (one.mask is None) == (other.mask is None)
        if one.mask is not None:
            np.testing.assert_array_equal(one.mask, other.mask)


def test_every_class_of_imagenet_can_be_a_label(tmp_path: Path) -> None:
    names = read_manifest()["imagenet-efficientnet-lite0"].classes
    image = np.zeros((10, 12, 3), np.uint8)
    for start in range(0, len(names), MOST_CLASSES):
        some = names[start : start + MOST_CLASSES]
        held = PictureSet([Sample(image, some, some, "a")], by_lines(some, "a test"))
        place = tmp_path / str(start)
        place.mkdir()
        for file in held.files():
            (place / file).write_bytes(held.content(file))
        read = PictureFolder(place)
        assert read[0].labels == read.classes == some
    assert {photo.imagenet for photo in read_photographs()} <= set(names)


def test_nothing_leads_out_of_the_folder_and_nothing_is_too_large(
    figure: FigureFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("../../b", "..", "/etc/b", "a/../b", "C:\\b", ".hidden"):
        held = PictureSet([drawn(17, name)], by_lines(CLASSES, "a test"))
        archive = FigureFolder(FigureSpec("plane", ("tanh",)), {"pictures": held}).archive("")
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            for member in content.namelist():
                parts = member.split("/")
                assert parts[0] == "figure"
                assert not {"", ".", ".."} & set(parts)
                assert "\\" not in member
    with pytest.raises(InputError, match="would lead out"):
        replace(figure, sets={"../mine": figure.sets["mine"]}).archive("")
    with pytest.raises(InputError, match="two images of one name"):
        PictureSet([drawn(17, "a"), drawn(18, "a")], by_lines(CLASSES, "a test"))
    monkeypatch.setattr(folder, "MOST_BYTES", 50_000)
    with pytest.raises(InputError, match="take rows out"):
        figure.archive("")


def test_the_command_says_how_many_threads_the_figure_was_computed_with(figure: FigureFolder) -> None:
    with zipfile.ZipFile(io.BytesIO(figure.archive("", threads=3))) as content:
        assert (
            "    python -m wsss_viz figure figure.json figure.pdf --threads 3\n"
            in content.read("figure/README.md").decode()
        )


def test_a_network_that_is_too_large_for_the_folder_is_named_with_its_digest(figure: FigureFolder) -> None:
    path = Path("/data/nets/res50_cam.pth")
    network = NetworkFile(path, "ab" * 32, folder.MOST_NETWORK_BYTES + 1)
    of = replace(figure, spec=replace(figure.spec, classifier=str(path)), networks={path.name: network})
    assert of.absent == (path.name,)
    with zipfile.ZipFile(io.BytesIO(of.archive(""))) as content:
        assert json.loads(content.read("figure/figure.json"))["classifier"] == "networks/res50_cam.pth"
        assert not [name for name in content.namelist() if name.startswith("figure/networks/")]
        assert f"- `networks/res50_cam.pth`, 64 MB, SHA-256 {'ab' * 32}" in content.read("figure/README.md").decode()
    with pytest.raises(InputError, match=r"checkpoint res50_cam\.pth is not there any more"):
        NetworkFile.at(path)


def test_a_link_among_maps_takes_no_other_file_along(figure: FigureFolder, tmp_path: Path) -> None:
    private = tmp_path / "private.txt"
    private.write_text("a secret")
    path = figure.maps["Theirs"][0]
    path.unlink()
    path.symlink_to(private)
    with pytest.raises(InputError, match=f"{path.name} of the maps Theirs is none of these maps: take them out"):
        figure.archive("")


def test_names_in_the_readme_are_no_links(figure: FigureFolder) -> None:
    name = "[click](http://evil.example) <img src=x>"
    with zipfile.ZipFile(io.BytesIO(figure.archive(f"Maps of {', '.join(12 * [name])}."))) as content:
        lines = content.read("figure/README.md").decode().splitlines()
    of_names = [line for line in lines if "evil" in line or "img" in line]
    assert len(of_names) > 1
    assert all(line.startswith("    ") for line in of_names)
