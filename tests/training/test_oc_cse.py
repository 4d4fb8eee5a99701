"""OC-CSE's own recipe: two steps by hand in float64, its groups and rates, its views, what is frozen, and a run."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file
from torch.nn.functional import binary_cross_entropy_with_logits, dropout2d, interpolate

from tests.models.published_files import NARROW, mxnet_names, resnet38d_features, resnet38d_state, write_mxnet
from tests.training.test_training import KillError, killed_after, quiet, silent
from wsss_viz.commands.train import command
from wsss_viz.data import open as open_data
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.models.classifier import Preprocessing
from wsss_viz.models.published import load_published
from wsss_viz.models.random_window import RandomWindow
from wsss_viz.training import oc_cse
from wsss_viz.training.cse import cse_objective
from wsss_viz.training.loop import Batch
from wsss_viz.training.oc_cse import OFFICIAL, OFFICIAL_SCHEDULE, PolyDescent, train_official
from wsss_viz.training.watch import Means

VIEW = RandomWindow(40, 72, 64)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The ordinary classifier, and ImageNet's weights in MXNet's form."""
    folder = tmp_path_factory.mktemp("oc-cse")
    state = resnet38d_state(seed=1)
    state["fc8.weight"] *= 1e-6  # random blocks let their input grow to thousands
    save_file(dict(state), folder / "od_cam.safetensors")
    return folder / "od_cam.safetensors", write_mxnet(
        folder / "resnet_38d.params", mxnet_names(resnet38d_state(None, seed=2))
    )


def by_hand(state, ordinary, x, y, drawn, epoch):
    """The loss of `models/model_cse.py`, from the tensors."""

    def maps(z, weights):
        return torch.einsum("cd,ndhw->nchw", weights["fc8.weight"].flatten(1), resnet38d_features(z, weights))

    cam = maps(x, state)
    mask = interpolate(cam[torch.arange(len(x)), drawn][:, None], x.shape[2:], mode="bilinear", align_corners=False)
    mask = mask.relu() / (mask.relu().max() + 1e-5)
    remaining = y.clone()
    remaining[torch.arange(len(x)), drawn] = 0
    l_all = binary_cross_entropy_with_logits(cam.mean(dim=(2, 3)), y)
    l_select = binary_cross_entropy_with_logits(maps(x * (1 - mask), ordinary).mean(dim=(2, 3)), remaining)
    return l_all + (0.3 + 0.05 * epoch) * l_select


def test_two_steps_by_hand(files, monkeypatch):
    monkeypatch.setattr(oc_cse, "DROPOUT", {})
    ordinary_file, start = files
    backbone, cgnet = oc_cse.start_cgnet(start, VOC_CLASSES, seed=5)
    cgnet.double().head.weight.data *= 1e-6
    oc_cse.in_training(cgnet)
    state = {name: value.detach().clone() for name, value in backbone.state_dict().items() if "tracked" not in name}
    state["fc8.weight"] = cgnet.head.weight.detach().clone()
    trained = [name for name in state if ("conv_" in name and not name.startswith("b2")) or name == "fc8.weight"]
    assert {id(p) for p in cgnet.parameters() if p.requires_grad} == {
        id(p) for n, p in [*backbone.named_parameters(), ("fc8.weight", cgnet.head.weight)] if n in trained
    }
    oc_state = {name: value.double() for name, value in load_file(ordinary_file).items()}
    steps, rate, decay = 7, 1e-5, 5e-4  # random blocks have steep gradients: a small rate
    groups = oc_cse.parameter_groups([*cgnet.stages, cgnet.head], rate, decay)
    assert [len(group["params"]) for group in groups] == [len(trained), 0, 0, 0]
    descent = PolyDescent(groups, steps, decay=decay)
    objective = cse_objective(cgnet, load_published(ordinary_file).double(), OFFICIAL, Means())
    generator = torch.Generator().manual_seed(0)
    buffers, at_first = {}, dict(state)
    for t in range(2):
        x = torch.randn(2, 3, 57, 75, generator=generator).double()
        y = torch.zeros(2, 20).double()
        y[0, [1, 11]], y[1, [4, 14]] = 1, 1
        drawn = torch.tensor([(1, 11), (4, 14)])[[0, 1], [int(u * 2) for u in torch.rand(2, generator=_seeded(t))]]
        leaves = {name: value.clone().requires_grad_(name in trained) for name, value in state.items()}
        loss = by_hand(leaves, oc_state, x, y, drawn, t)
        gradients = torch.autograd.grad(loss, [leaves[name] for name in trained])
        for name, gradient in zip(trained, gradients, strict=True):
            step = gradient + decay * state[name]
            buffers[name] = step if t == 0 else decay * buffers[name] + step  # the official momentum
            state[name] = state[name] - rate * (1 - t / steps) ** 0.9 * buffers[name]
        assert 0.1 < loss.item() < 20
        value = descent.step(objective(Batch(x, y, t, _seeded(t))), t)
        assert value == pytest.approx(loss.item(), rel=1e-12)
        now = {**backbone.state_dict(), "fc8.weight": cgnet.head.weight}
        for name, expected in state.items():
            torch.testing.assert_close(now[name].detach(), expected, rtol=1e-11, atol=1e-14)
        moved = {name: float((state[name] - at_first[name]).abs().max()) for name in trained}
        assert min(moved.values()) > 1e-9


def _seeded(t):
    return torch.Generator().manual_seed(40 + t)


def test_whole_channels_are_dropped_in_b6_and_b7_alone(files):
    backbone, cgnet = oc_cse.start_cgnet(files[1], VOC_CLASSES)
    oc_cse.in_training(cgnet)
    z = torch.randn(2, NARROW[4], 7, 9)
    block = backbone.b6
    torch.manual_seed(3)
    with torch.no_grad():
        seen = block(z)
        torch.manual_seed(3)
        first = block.bn_branch2a(z).relu()
        y = dropout2d(block.bn_branch2b1(block.conv_branch2a(first)).relu(), 0.3)
        y = dropout2d(block.bn_branch2b2(block.conv_branch2b1(y)).relu(), 0.3)
    torch.testing.assert_close(seen, block.conv_branch1(first) + block.conv_branch2b2(y))
    assert (backbone.b6.dropout, backbone.b7.dropout) == (0.3, 0.5)
    assert not any(m.training for m in cgnet.modules() if isinstance(m, torch.nn.BatchNorm2d))
    cgnet.eval()
    with torch.no_grad():
        torch.testing.assert_close(block(z), block(z), rtol=0, atol=0)


def test_the_rates_go_down_as_the_official_optimisers(files):
    layer = torch.nn.Conv2d(3, 2, 1)
    descent = PolyDescent(oc_cse.parameter_groups([layer], 0.01, 5e-4), 4, decay=5e-4)
    rates = []
    for _ in range(4):
        rates.append([group["lr"] for group in descent.optimiser.param_groups])
        descent.step(layer(torch.ones(1, 3, 1, 1)).sum(), 0)
    expected = [[k * 0.01 * (1 - t / 4) ** 0.9 for k in (1, 2, 10, 20)] for t in range(4)]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)
    assert {group["momentum"] for group in descent.optimiser.param_groups} == {5e-4}


def test_views_are_resized_placed_and_padded_with_the_mean():
    image = np.full((30, 60, 3), 200, np.uint8)
    sides, zeros = set(), set()
    for seed in range(12):
        torch.manual_seed(seed)
        x = RandomWindow(40, 80, 64)(image, Preprocessing(), torch.Generator().manual_seed(seed))
        assert x.shape == (3, 64, 64)
        inside = (x != 0).any(dim=0)
        rows, columns = inside.any(dim=1).sum().item(), inside.any(dim=0).sum().item()
        assert inside.sum() == rows * columns
        assert 20 <= rows <= 40
        assert columns == 64 or abs(columns - 2 * rows) <= 1
        sides.add(rows)
        zeros.add(int(inside.any(dim=1).nonzero()[0]))
    assert len(sides) > 4
    assert len(zeros) > 4


def test_a_stopped_run_goes_on_and_the_file_is_oc_cses(files, tmp_path):
    samples = open_data("scenes:train@48x61")[:6]
    schedule = replace(OFFICIAL_SCHEDULE, epochs=2, batch=2, rate=1e-6)

    def run(out, progress):
        return train_official(
            out, *files, samples, samples.classes, schedule, window=VIEW, progress=progress, say=silent
        )

    _, history = run(tmp_path / "whole.safetensors", quiet)
    with pytest.raises(KillError):
        run(tmp_path / "again.safetensors", killed_after(4))
    assert not (tmp_path / "again.safetensors").exists()
    run(tmp_path / "again.safetensors", quiet)
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert list(history.epochs[1]) == ["epoch", "loss", "l_cls", "l_cse", "area"]
    cgnet = load_published(tmp_path / "whole.safetensors")
    assert cgnet.classes == samples.classes
    start, end = resnet38d_state(None, seed=2), load_file(tmp_path / "whole.safetensors")
    for name in start:
        frozen = "conv" not in name or name.startswith(("conv1a", "b2"))
        assert torch.equal(start[name], end[name]) == frozen, name


def test_the_command_trains_on_a_folder_in_vocs_layout(files, tmp_path):
    from wsss_viz.data import write_voc

    write_voc(open_data("scenes:train@40x56")[:3], tmp_path / "voc", "train")
    arguments = ["oc-cse", "--data", f"voc:{tmp_path / 'voc'}:train", "--classifier", str(files[0])]
    arguments += [
        "--start",
        str(files[0]),
        "--epochs",
        "1",
        "--batch",
        "2",
        "--rate",
        "1e-6",
        "--crop",
        "48",
        "--long-side",
        "40",
        "64",
    ]
    result = CliRunner().invoke(command, [*arguments, "--device", "cpu", "--out", str(tmp_path / "n.safetensors")])
    assert result.exit_code == 0, result.output
    assert "minutes of training" in result.output
    assert load_published(tmp_path / "n.safetensors").head.out_channels == 10
