"""The recipes at a toy size: what stops and goes on ends where an undisturbed run ends; what is frozen stays."""

import itertools
import sys
import types
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from wsss_viz.errors import InputError
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.training import recipes
from wsss_viz.training.drawings import Drawings, augment, crop, crop_windows, draw_all, to_input
from wsss_viz.training.loop import Schedule, fit, supervised

SIZES = {"train_count": 48, "val_count": 20}
SHORT = Schedule(epochs=3, batch=16, seed=1)


def quiet(items, title):
    return items


def silent(line):
    return None


class KillError(Exception):
    """Stands for Ctrl-C and kill: it ends the training wherever it is."""


def killed_after(batches):
    left = itertools.count(batches, -1)

    def progress(items, title):
        if not title.startswith("epoch"):
            return items
        return watched(items)

    def watched(items):
        for item in items:
            if next(left) <= 0:
                raise KillError
            yield item

    return progress


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    out = tmp_path_factory.mktemp("backbone") / "b.safetensors"
    _, history = recipes.train_backbone(out, SHORT, **SIZES, progress=quiet, say=silent)
    return out, history


def test_a_stopped_training_goes_on_with_the_same_settings_alone_and_ends_with_the_same_bytes(backbone, tmp_path):
    out, history = backbone
    again = tmp_path / "again.safetensors"
    with pytest.raises(KillError):  # in the second epoch
        recipes.train_backbone(again, SHORT, **SIZES, progress=killed_after(4), say=silent)
    assert recipes.state_path(again).exists()
    assert not again.exists()
    for change in ({"seed": 2}, {"crop": 0.3}):
        with pytest.raises(InputError, match="other settings"):
            recipes.train_backbone(again, replace(SHORT, **change), **SIZES, progress=quiet, say=silent)
    said = []
    _, resumed = recipes.train_backbone(again, SHORT, **SIZES, progress=quiet, say=said.append)
    assert said[0] == "taken up after epoch 1 of 3"
    assert [entry["loss"] for entry in resumed.epochs] == [entry["loss"] for entry in history.epochs]
    assert again.read_bytes() == out.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.safetensors"]


def fit_line(path, *, progress=quiet):
    """A training of eight weights by what trains all networks."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 2))
    data = Drawings(torch.arange(6 * 3 * 32 * 48).view(6, 3, 32, 48).to(torch.uint8), torch.ones(6, 2))
    return fit(
        model,
        data,
        supervised(model, torch.nn.functional.mse_loss),
        Schedule(epochs=3, batch=2),
        preprocessing=Preprocessing(),
        state_path=path,
        settings={"recipe": "line"},
        validate=dict,
        progress=progress,
        say=silent,
    )


def test_a_state_of_nothing_is_refused(tmp_path):
    path = tmp_path / "line.state"
    with pytest.raises(KillError):
        fit_line(path, progress=killed_after(4))
    whole = path.read_bytes()
    state = torch.load(path, weights_only=True)
    first = next(key for key, value in state["model"].items() if value.is_floating_point())
    poisoned = {**state["model"], first: torch.full_like(state["model"][first], torch.nan)}
    optimiser = state["optimiser"]
    groups = [{**group, "lr": torch.inf} for group in optimiser["param_groups"]]
    for change in (
        {"model": poisoned},
        {"optimiser": {**optimiser, "param_groups": groups}},
        {"model": {}},
        {"model": 3},
        {"epochs": 7},
        {"epochs": [1]},
        {"seconds": "x"},
        {"seconds": torch.inf},
        {"seconds": torch.nan},
    ):
        torch.save({**state, **change}, path)
        with pytest.raises(InputError, match="is damaged, or holds NaN or infinity"):
            fit_line(path)
    path.write_bytes(b"half a file")
    with pytest.raises(InputError, match="no state of a training"):
        fit_line(path)
    path.write_bytes(whole)
    assert len(fit_line(path).epochs) == 3


def test_the_loss_falls_and_the_seed_decides(backbone, tmp_path):
    out, history = backbone
    assert history.epochs[-1]["loss"] < history.epochs[0]["loss"]
    other = Schedule(epochs=3, batch=16, seed=2)
    recipes.train_backbone(tmp_path / "o.safetensors", other, **SIZES, progress=quiet, say=silent)
    assert (tmp_path / "o.safetensors").read_bytes() != out.read_bytes()


def test_the_classifier_keeps_the_early_stages_and_trains_the_rest(backbone, tmp_path):
    out = tmp_path / "classifier.safetensors"
    classifier, history = recipes.train_classifier(out, backbone[0], SHORT, **SIZES, progress=quiet, say=silent)
    assert set(history.epochs[0]) == {"epoch", "loss", "map", "f1"}
    before, after = load_file(backbone[0]), load_file(out)
    for key in after:
        if key == "head.weight":
            continue
        frozen = key.startswith(("stages.0.", "stages.1.", "stages.2."))
        assert torch.equal(before[key], after[key]) == frozen, key
    assert not classifier.training
    assert read_checkpoint(out).classes == recipes.CLASSES
    with pytest.raises(InputError, match="not a pretrained backbone"):
        recipes.train_classifier(tmp_path / "d.safetensors", out, SHORT, **SIZES, progress=quiet, say=silent)


def test_drawings_are_the_scenes_in_order(monkeypatch):
    from wsss_viz.data.scenes import COATS, Scenes, Singles

    # the pages' tests leave the app's script as __main__, which spawned workers would run
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    scenes = draw_all("scenes", "val", 201, quiet)  # enough for several processes
    assert scenes.images.shape == (201, 3, 128, 128)
    sample = Scenes("val")[157]
    assert torch.equal(scenes.images[157], torch.from_numpy(sample.image).permute(2, 0, 1))
    assert scenes.targets[157].tolist() == sample.label_vector().tolist()
    singles = draw_all("singles", "val", 3, quiet)
    single = Singles("val")[2]
    assert singles.targets[2] == single.class_index * len(COATS) + single.coat_index


def test_augmentation_mirrors_resizes_and_follows_its_seed():
    x = to_input(torch.randint(0, 256, (8, 3, 64, 128), dtype=torch.uint8), Preprocessing())
    first = augment(x, torch.Generator().manual_seed(3))
    assert torch.equal(first, augment(x, torch.Generator().manual_seed(3)))
    sizes = {tuple(augment(x, torch.Generator().manual_seed(seed)).shape[2:]) for seed in range(30)}
    assert sizes == {(48, 96), (56, 112), (64, 128), (72, 144), (80, 160)}
    flat = torch.zeros(200, 3, 64, 64)
    flat[:, :, :, 0] = 100
    seeds = (s for s in range(99) if augment(flat[:1], torch.Generator().manual_seed(s)).shape[2] == 64)
    mirrored = augment(flat, torch.Generator().manual_seed(next(seeds)))
    share = (mirrored[:, 0, 5, -1] > 50).float().mean()
    assert 0.35 < share < 0.65


def test_windows_keep_their_share_of_the_image_and_stay_inside_it():
    windows = crop_windows(4000, 0.25, torch.Generator().manual_seed(0))
    centre, half = windows[:, :2], windows[:, 2:]
    assert (centre.abs() + half).max() <= 1 + 1e-6
    area, aspect = half.prod(dim=1), half[:, 0] / half[:, 1]
    whole = half.max(dim=1).values == 1  # where a side was cut short to the image's
    assert aspect[~whole].min() >= 3 / 4 - 1e-6
    assert aspect[~whole].max() <= 4 / 3 + 1e-6
    assert area[~whole].min() >= 0.25 - 1e-6
    small = area[~whole & (area < 0.55)]  # where nothing is cut short, the area is uniform: half is below the middle
    assert (small < 0.4).float().mean() == pytest.approx(0.5, abs=0.05)
    assert torch.equal(windows, crop_windows(4000, 0.25, torch.Generator().manual_seed(0)))


def test_a_crop_is_the_window_enlarged():
    x = torch.arange(48.0, dtype=torch.float64).view(1, 1, 4, 12).repeat(2, 3, 1, 1)
    # the left third of the upper half, and the right half of everything
    windows = torch.tensor([[-2 / 3, -0.5, 1 / 3, 0.5], [0.5, 0.0, 0.5, 1.0]])
    same = crop(x, windows, (2, 4))[0]
    assert torch.allclose(same, x[0, :, :2, :4], atol=1e-5)
    half = crop(x, windows, (4, 6))[1]
    assert torch.allclose(half, x[1, :, :, 6:], atol=1e-5)


def test_augmentation_without_crops_is_as_it_was_and_with_them_shows_parts_alone():
    x = torch.zeros(64, 3, 64, 64)
    x[:, :, :, :16] = 100
    plain, whole = (augment(x, torch.Generator().manual_seed(5), smallest) for smallest in (1.0, 0.999))
    assert plain.shape == whole.shape
    cropped = augment(x, torch.Generator().manual_seed(5), 0.2)
    lit = (cropped[:, 0] > 50).flatten(1).float().mean(dim=1)
    assert (lit == 0).any()  # the lit quarter is outside the window
    assert lit.max() > 0.4
    assert ((plain[:, 0] > 50).flatten(1).float().mean(dim=1) - 0.25).abs().max() < 0.02


def test_a_cropped_training_is_another(backbone, tmp_path):
    out = tmp_path / "cropped.safetensors"
    recipes.train_backbone(out, replace(SHORT, crop=0.3), **SIZES, progress=quiet, say=silent)
    assert out.read_bytes() != backbone[0].read_bytes()
