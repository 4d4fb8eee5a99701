"""Random walks: against values of the official code, brute force, and files of the published layouts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional

from tests.models.published_files import NARROW, Draw, resnet38d_state, resnet50_backbone
from wsss_viz.errors import InputError
from wsss_viz.refinement import affinity_network, refiner
from wsss_viz.refinement.affinity import affinity_of, affinity_within, offsets, transition, walk
from wsss_viz.refinement.affinity_network import AffinityNet, BoundaryNet, read_affinity
from wsss_viz.refinement.settings import WalkSettings
from wsss_viz.refinement.walks import akin_to
from wsss_viz.traces.step import last_step

PLACES = (0, 0), (4, 3), (5, 9), (8, 12), (2, 7)
Y, X = np.mgrid[:9, :13].astype(np.float32)
MAPS = torch.from_numpy(
    np.stack([np.exp(-((X - 3) ** 2 + (Y - 4) ** 2) / 6), np.exp(-((X - 9) ** 2 + (Y - 5) ** 2) / 4)])
)


def after(matrix: torch.Tensor, start: torch.Tensor, beta: float, doublings: int) -> np.ndarray:
    *_, last = walk(start.flatten(1), transition(matrix, beta), doublings)
    return last.view(-1, 9, 13).numpy()


IRN_8 = ((0.012177, 0.0), (0.33888, 8e-06), (0.000228, 0.277197), (0.0, 0.003833), (0.110111, 0.058159))
IRN_2 = ((0.012018, 0.0), (0.534082, 4.7e-05), (0.001017, 0.494574), (0.0, 0.003791), (0.071209, 0.076141))
PSA_8 = ((0.015504, 0.0), (0.192251, 0.0874), (0.153678, 0.11053), (0.0, 0.011109), (0.154738, 0.109895))
"""At `PLACES` as `propagate_to_edge` of jiwoon-ahn/irn gives it, with 2^8 and 2^2 steps, and `infer_aff.py` of psa."""


@pytest.mark.parametrize(("doublings", "recorded"), [(8, IRN_8), (2, IRN_2)])
def test_the_walk_between_boundaries_is_irns(doublings: int, recorded: tuple[tuple[float, ...], ...]) -> None:
    boundary = torch.from_numpy((0.5 + 0.5 * np.sin(X * 1.3 + Y * 0.7)) ** 2 * np.float32(0.9))
    found = after(affinity_within(boundary), MAPS * (1 - boundary), 10, doublings)
    np.testing.assert_allclose([found[:, y, x] for y, x in PLACES], recorded, atol=1e-5)


def test_the_walk_between_features_is_affinitynets() -> None:
    features = torch.from_numpy(np.stack([np.sin(X / 2), np.cos(Y / 3), (X > 6) * np.float32(1)]).astype(np.float32))
    matrix = affinity_of(features)
    assert float(matrix.sum()) == pytest.approx(1213.5562, abs=1e-2)
    found = after(matrix, MAPS, 8, 8)
    np.testing.assert_allclose([found[:, y, x] for y, x in PLACES], PSA_8, atol=1e-5)


def test_affinities_are_pair_by_pair_what_they_are_said_to_be() -> None:
    features = np.random.default_rng(0).normal(size=(4, 8, 11))
    matrix = affinity_of(torch.from_numpy(features)).numpy()
    expected = np.eye(88)
    for y in range(4):  # of these pixels all neighbours are in the image
        for x in range(4, 7):
            for dy, dx in offsets():
                one, other = y * 11 + x, (y + dy) * 11 + x + dx
                near = np.exp(-np.abs(features[:, y, x] - features[:, y + dy, x + dx]).mean())
                expected[one, other] = expected[other, one] = near
    np.testing.assert_allclose(matrix, expected, atol=1e-6)
    assert (affinity_of(torch.zeros(2, 3, 8)) == torch.eye(24)).all(), "too small for any pair"


def test_boundaries_beyond_the_image_shut_it_off_and_every_pair_within_is_there() -> None:
    matrix = affinity_within(torch.zeros(6, 7))
    near = (X[:6, :7].ravel()[:, None] - X[:6, :7].ravel()) ** 2 + (Y[:6, :7].ravel()[:, None] - Y[:6, :7].ravel()) ** 2
    assert (matrix.numpy() == (near < 25)).all()


def psa_file(path: Path) -> dict[str, torch.Tensor]:
    state, draw = dict(resnet38d_state(None)), Draw(3)
    for name, inner, outer in (("f8_3", NARROW[3], 6), ("f8_4", NARROW[4], 8), ("f8_5", NARROW[6], 10), ("f9", 24, 12)):
        state[f"{name}.weight"] = draw.conv(outer, inner, 1)
    save_file(state, path)
    return state


def scene(height: int = 42, width: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """An image and the maps of two classes."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows * 4, columns * 4, (columns > 20) * 200], 2).astype(np.uint8)
    maps = np.stack([np.exp(-((columns - 10) ** 2) / 60.0), np.exp(-((columns - 36) ** 2 + rows**2) / 90.0)])
    return image, maps.astype(np.float32)


def test_a_file_of_affinitynets_layout_is_read_and_its_features_are_as_in_the_official_forward(tmp_path: Path) -> None:
    state = psa_file(tmp_path / "res38_aff.safetensors")
    network = read_affinity(tmp_path / "res38_aff.safetensors")
    assert isinstance(network, AffinityNet)
    seen: dict[str, torch.Tensor] = {}
    for name in ("b5", "b6"):
        block = network.stages[3][0] if name == "b5" else network.stages[4]
        block.bn_branch2a.register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out.relu()))
    x = torch.randn(1, 3, 24, 40, generator=torch.Generator().manual_seed(0))
    found = network(x)
    whole = x
    for stage in network.stages:
        whole = stage(whole)
    read = [
        functional.elu(functional.conv2d(of, state[f"{name}.weight"]))
        for name, of in (("f8_3", seen["b5"]), ("f8_4", seen["b6"]), ("f8_5", whole))
    ]
    expected = functional.elu(functional.conv2d(torch.cat(read, 1), state["f9.weight"]))
    torch.testing.assert_close(found, expected)
    assert found.shape == (1, 12, 3, 5)


def test_affinitynets_refiner_is_its_inference_step_by_step(tmp_path: Path) -> None:
    psa_file(tmp_path / "res38_aff.safetensors")
    by = refiner(f"psa:{tmp_path / 'res38_aff.safetensors'}@4")
    image, maps = scene()
    steps = list(by.steps(image, maps))
    assert [step.index for step in steps] == list(range(10))
    assert steps[-1].stop
    akin = read_affinity(tmp_path / "res38_aff.safetensors").akin(image)
    assert akin.size == (6, 7)
    values = maps / (maps.max(axis=(1, 2), keepdims=True) + 1e-5)
    scores = np.concatenate([(1 - values.max(0, keepdims=True)) ** 4, values])
    padded = torch.from_numpy(np.pad(scores, ((0, 0), (0, 6), (0, 6)))).float()
    cells = functional.avg_pool2d(padded, 8).flatten(1).double()
    matrix = akin.matrix.double() ** 8
    matrix = torch.linalg.matrix_power(matrix / matrix.sum(0, keepdim=True), 256)
    whole = functional.interpolate((cells @ matrix).view(1, 3, 6, 7), (48, 56), mode="bilinear")[0, :, :42, :50]
    np.testing.assert_allclose(steps[-1].arrays["background"], whole[0], atol=1e-4)
    np.testing.assert_allclose(steps[-1].maps, whole[1:], atol=1e-4)
    levels = dataclasses.replace(by, backgrounds=(2.0, 4.0, 16.0)).masks(image, maps)
    assert (levels[1] == np.concatenate([steps[-1].arrays["background"][None], steps[-1].maps]).argmax(0)).all()
    assert isinstance(by.settings, WalkSettings)
    row = matrix[2 * 7 + 3].view(1, 1, 6, 7)  # of the cell of the pixel in row 23, column 24
    whole = functional.interpolate(row, (48, 56), mode="bilinear")[0, 0, :42, :50]
    shares = akin_to(image, read_affinity(tmp_path / "res38_aff.safetensors"), by.settings, 23, 24)
    np.testing.assert_allclose(shares, whole / whole.max(), atol=1e-3)
    with pytest.raises(InputError, match="no pixel 42, 0 in an image of 42 x 50"):
        akin_to(image, read_affinity(tmp_path / "res38_aff.safetensors"), by.settings, 42, 0)


def test_irns_file_is_read_and_its_refiner_is_its_inference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affinity_network, "_CROP", 64)
    state = {f"resnet50.{key}": value for key, value in resnet50_backbone(counters=False).items()}
    generator = torch.Generator().manual_seed(5)
    for name, tensor in BoundaryNet([]).state_dict().items():
        if name.startswith("fc_"):
            state[name] = torch.randn(tensor.shape, generator=generator) * 0.2
    state["mean_shift.running_mean"] = torch.tensor([0.5, -0.25])
    state["path_indices0"], state["disp_target"] = torch.zeros(2, 3), torch.zeros(1, 2, 34, 1)
    save_file({key: value.contiguous() for key, value in state.items()}, tmp_path / "res50_irn.safetensors")
    network = read_affinity(tmp_path / "res50_irn.safetensors")
    assert isinstance(network, BoundaryNet)
    image, maps = scene()
    boundary, moved = network.boundaries(image)
    assert (tuple(boundary.shape), tuple(moved.shape)) == ((11, 13), (2, 11, 13))
    x = functional.pad(network.preprocessing(image), (0, 14, 0, 22))
    _, whole = network(x)
    torch.testing.assert_close(moved, whole[0, :, :11, :13], atol=1e-4, rtol=1e-4)
    shifted = BoundaryNet(network.stages)
    shifted.load_state_dict({**network.state_dict(), "mean_shift": torch.zeros(2)})
    torch.testing.assert_close(shifted.eval()(x)[1][0, :, 0, 0] - whole[0, :, 0, 0], torch.tensor([0.5, -0.25]))
    steps = list(refiner(f"irn:{tmp_path / 'res50_irn.safetensors'}@0.3").steps(image, maps))
    assert steps[-1].maps.max() == pytest.approx(1)
    assert (steps[-1].arrays["background"] == np.float32(0.3)).all()
    cells = functional.interpolate(torch.from_numpy(maps)[None], (11, 13), mode="bilinear", antialias=True)[0]
    cells = cells / cells.amax((1, 2), keepdim=True) * (1 - boundary)
    matrix = affinity_within(boundary).double() ** 10
    matrix = torch.linalg.matrix_power(matrix / matrix.sum(0, keepdim=True), 256)
    walked = (cells.flatten(1).double() @ matrix).view(1, 2, 11, 13)
    large = functional.interpolate(walked, scale_factor=4, mode="bilinear")[0, :, :42, :50]
    np.testing.assert_allclose(steps[-1].maps, large / large.max(), atol=1e-3)


@pytest.mark.parametrize("count", [0, 1])
def test_no_label_and_an_all_zero_map_are_all_background(count: int, tmp_path: Path) -> None:
    psa_file(tmp_path / "res38_aff.safetensors")
    image, _ = scene()
    step = last_step(
        refiner(f"psa:{tmp_path / 'res38_aff.safetensors'}").steps(image, np.zeros((count, 5, 6), np.float32))
    )
    assert step.maps.shape == (count, 42, 50)
    assert (np.concatenate([step.arrays["background"][None], step.maps]).argmax(0) == 0).all()


def test_what_is_no_such_network_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    with pytest.raises(InputError, match="no network at"):
        refiner(f"psa:{path}")
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="is no AffinityNet"):
        refiner(f"psa:{path}")
    save_file(dict(resnet38d_state(20)), path)
    with pytest.raises(InputError, match="is a classifier: give res38_aff"):
        refiner(f"psa:{path}")
    state = psa_file(path)
    with pytest.raises(InputError, match="is AffinityNet: give psa:"):
        refiner(f"irn:{path}")
    del state["b4_2.conv_branch2a.weight"]
    save_file(state, path)
    with pytest.raises(InputError, match=r"lacks 1 tensor of its backbone, b4_2\.conv_branch2a"):
        refiner(f"psa:{path}")
    with pytest.raises(InputError, match="give a file"):
        refiner("irn:")
