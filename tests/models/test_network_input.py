"""What a network is fed with: from its weights, beside its file, as given, or assumed, and always called what it is."""

import json

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from torchvision import transforms

import wsss_viz
from tests.commands.test_run import run
from tests.models.published_files import irn_state, picture, resnet38d_state, resnet_features
from tests.models.test_classifier import seeded_network
from tests.models.test_unwrapping import resnet18
from wsss_viz.data.images import read_image
from wsss_viz.errors import InputError
from wsss_viz.models import Preprocessing, adapt
from wsss_viz.models.checkpoint import read_checkpoint, write_checkpoint
from wsss_viz.models.class_lists import read_class_names
from wsss_viz.models.inspection import inspect
from wsss_viz.models.network_input import NetworkInput, read_sidecar
from wsss_viz.models.preflight import preflight
from wsss_viz.models.published import load_published, read_published
from wsss_viz.models.scene_network import NAME, WIDTHS
from wsss_viz.models.suffixes import WEIGHT_SUFFIXES, beside, weight_suffix

HALVES = (0.5, 0.5, 0.5)


@pytest.fixture
def path(tmp_path):
    save_file(resnet18().state_dict(), tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors"


def test_torchvisions_own_transforms_say_mean_std_and_side(monkeypatch):
    report, _ = inspect("torchvision:mobilenet_v2", numbers=False)
    assert report.preprocessing == {"mean": Preprocessing().mean, "std": Preprocessing().std, "short_side": 232}
    assert (report.input_from, report.stride, report.problems) == ("weights", 32, ())
    weights = torchvision.models.EfficientNet_V2_L_Weights.DEFAULT
    monkeypatch.setattr("wsss_viz.models.adapter.default_weights", lambda name: weights)
    monkeypatch.setattr(
        torchvision.models, "get_model", lambda name, weights: torchvision.models.mobilenet_v2(num_classes=1000)
    )
    classifier = wsss_viz.load("torchvision:efficientnet_v2_l", "cpu")
    assert classifier.preprocessing == Preprocessing(HALVES, HALVES, 480)
    assert classifier.input_from == "weights"
    assert classifier.classes[235] == "German shepherd"
    given = wsss_viz.load("torchvision:efficientnet_v2_l", "cpu", mean=(0.4, 0.4, 0.4), short_side=0)
    assert given.preprocessing == Preprocessing((0.4, 0.4, 0.4), HALVES, None)
    assert given.input_from == "given+weights"


def test_a_module_is_adapted_and_what_nobody_says_is_assumed():
    model = resnet18()
    assert wsss_viz.load(model, "cpu").input_from == "assumed"
    assert adapt(model, preprocessing=Preprocessing(short_side=64)).input_from == "given"
    composed = transforms.Compose([transforms.Resize(200), transforms.ToTensor(), transforms.Normalize(HALVES, HALVES)])
    classifier = wsss_viz.load(model, "cpu", classes="abcd", preprocessing=composed)
    assert (classifier.preprocessing, classifier.input_from) == (Preprocessing(HALVES, HALVES, 200), "given")
    assert classifier.classes == tuple("abcd")
    preset = torchvision.models.ResNet18_Weights.DEFAULT.transforms()
    assert adapt(model, preprocessing=preset, std=HALVES).preprocessing == Preprocessing(std=HALVES, short_side=256)
    for wrong, cause in [
        ({"preprocessing": transforms.ToTensor()}, "no mean and std can be read from a ToTensor"),
        ({"mean": (124, 116, 104)}, "divide numbers of 0 to 255 by 255"),
        ({"std": (0.2, 0.2)}, "three finite numbers"),
        ({"std": (0.2, 0.2, 0.0)}, "each lies from 0.001"),
        ({"mean": (0.2, float("nan"), 0.2)}, "three finite numbers"),
        ({"short_side": 3}, "8 to 8192 pixels"),
        ({"stride": 12}, "give one of 8, 16, 32"),
        ({"classes": "abc"}, "3 class names for the 4 rows"),
    ]:
        with pytest.raises(InputError, match=cause):
            adapt(model, **wrong)


def test_inception_is_refused_for_what_it_is():
    report, classifier = inspect("inception_v3")
    assert classifier is None
    assert "its convolutions have no padding" in report.problems[0]
    with pytest.raises(InputError, match="no padding, so 320 x 256 pixels give 8 x 6 cells"):
        adapt(torchvision.models.inception_v3(weights=None, init_weights=False, num_classes=3))


def test_a_name_that_needs_no_file_is_inspected(capsys):
    code, printed, _ = run(capsys, "inspect", "resnet50", "--no-load", "--stride", "16")
    assert code == 0
    assert "torchvision's resnet50, stride 16" in printed
    assert "232 pixels (by the weights' own transforms)" in printed
    code, printed, _ = run(capsys, "inspect", "scenes-classifier")
    assert code == 0
    assert "(by its own header)" in printed


def test_what_lies_beside_a_checkpoint_says_its_input_and_classes(path):
    assert (preflight(path).input_from, preflight(path).stride_from) == ("assumed", "assumed")
    assert "(assumed)" in preflight(path).rows()["network"]
    assert "assumed: ImageNet's" in preflight(path).rows()["input"]
    assert "weights do not tell" in preflight(path).notes[-1]
    sidecar = {"mean": HALVES, "std": HALVES, "short_side": 96, "stride": 16, "classes": list("abcd")}
    beside(path, ".json").write_text(json.dumps(sidecar))
    report, classifier = read_published(path)
    assert (report.input_from, report.stride_from, report.notes) == ("sidecar", "sidecar", ())
    assert classifier.preprocessing == Preprocessing(HALVES, HALVES, 96)
    assert (classifier.stride, classifier.classes) == (16, tuple("abcd"))
    report, classifier = read_published(path, given=NetworkInput(mean=(0.4, 0.4, 0.4), stride=8))
    assert (report.input_from, report.stride_from) == ("given+sidecar", "given")
    assert classifier.preprocessing == Preprocessing((0.4, 0.4, 0.4), HALVES, 96)
    assert classifier.maps(classifier.preprocess(picture(96, 128))).shape == (1, 4, 12, 16)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("{", "is no JSON: mend it, or rename it"),
        ('{"mean": [0.5, 0.5, 0.5], "size": 3}', "has the field 'size': it may have mean, std"),
        ('{"mean": [0.5, 0.5]}', r"net\.json: mean is .*: give three finite numbers"),
        ('{"mean": [NaN, 0.5, 0.5]}', "give three finite numbers"),
        ('{"mean": "0.5"}', "give three finite numbers"),
        ('{"stride": "16"}', "stride is '16'"),
        ('{"stride": true}', "stride is True"),
        ('{"short_side": 9000}', "8 to 8192 pixels"),
        ('{"classes": ["a", 3]}', "no class"),
        ('{"classes": ["a", "a", "b", "c"]}', "a class twice"),
        ('{"classes": ["a\\nb"]}', "is no class name"),
    ],
)
def test_what_is_wrong_beside_a_checkpoint_is_one_line(path, content, cause):
    beside(path, ".json").write_text(content)
    with pytest.raises(InputError, match=cause) as error:
        preflight(path)
    assert "\n" not in str(error.value)
    assert "net.json" in str(error.value)


def test_a_json_of_another_purpose_says_nothing(path):
    beside(path, ".json").write_text('{"epochs": 20, "lr": 0.1}')
    assert not read_sidecar(path)
    assert not read_sidecar(path.with_name("other.pth"))


@pytest.mark.parametrize("stride", [16, 8])
def test_dilated_resnets_are_torchvisions_own(path, stride):
    torch.manual_seed(1)
    dilation = {16: [False, False, True], 8: [False, True, True]}[stride]
    model = torchvision.models.resnet50(num_classes=4, replace_stride_with_dilation=dilation).eval()
    save_file(model.state_dict(), path)
    classifier = wsss_viz.load(str(path), "cpu", stride=stride)
    x = torch.rand(1, 3, 75, 97)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(x), model(x), rtol=1e-4, atol=1e-6)
        assert classifier.maps(x).shape[2:] == (-(-75 // stride), -(-97 // stride))
    assert adapt(model).stride == stride  # a module that is dilated says so itself


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "regnet_y_400mf", "mnasnet0_5"])
def test_a_finer_grid_has_the_cells_of_the_coarser_one_among_its_own(name):
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None, num_classes=3).eval()
    x = torch.rand(1, 3, 96, 160)
    with torch.no_grad():
        coarse, fine = adapt(model).maps(x), adapt(model, stride=16).maps(x)
    assert fine.shape[2:] == (6, 10)
    if name != "regnet_y_400mf":  # squeeze and excitation means over the grid
        torch.testing.assert_close(fine[..., ::2, ::2], coarse, rtol=1e-3, atol=1e-5)
    assert model.training is False
    assert adapt(model).stride == 32  # the model is left as it was


def test_irns_network_at_stride_8_and_who_cannot_be_dilated(tmp_path):
    state = irn_state()
    save_file(
        {key: value.clone() for key, value in state.items() if key.startswith(("stage", "classifier"))},
        tmp_path / "irn.safetensors",
    )
    classifier = load_published(tmp_path / "irn.safetensors", given=NetworkInput(stride=8))
    backbone = {key.removeprefix("resnet50."): value for key, value in state.items() if key.startswith("resnet50.")}
    x = torch.rand(1, 3, 64, 96)
    with torch.no_grad():
        coarse = torch.einsum(
            "cd,ndhw->nchw", state["classifier.weight"].flatten(1), resnet_features(x, backbone, (1, 2, 2, 1))
        )
        torch.testing.assert_close(classifier.maps(x)[..., ::2, ::2], coarse, rtol=1e-3, atol=1e-4)
    save_file(dict(resnet38d_state()), tmp_path / "psa.safetensors")
    for name, wanted, cause in [
        ("irn", 32, "stride 16 or 8, not 32"),
        ("psa", 16, "ResNet-38d of PSA has maps of stride 8, not 16"),
    ]:
        with pytest.raises(InputError, match=cause):
            load_published(tmp_path / f"{name}.safetensors", given=NetworkInput(stride=wanted))
    with pytest.raises(InputError, match="this project's network for scenes has maps of stride 8, not 16"):
        wsss_viz.load("scenes-classifier", "cpu", stride=16)
    for name in ("densenet121", "shufflenet_v2_x0_5"):
        with pytest.raises(InputError, match="does not shrink by convolutions alone"):
            adapt(torchvision.models.get_model(name, weights=None, num_classes=3), stride=16)


def test_a_registered_networks_stride_is_chosen_when_it_is_loaded():
    at_16 = wsss_viz.load("imagenet-efficientnet-lite0", "cpu")
    at_8 = wsss_viz.load("imagenet-efficientnet-lite0", "cpu", stride=8, short_side=224)
    assert (at_16.stride, at_8.stride) == (16, 8)
    assert (at_8.preprocessing.short_side, at_8.input_from) == (224, "checkpoint+given")
    assert at_8.settings == at_16.settings
    assert torch.equal(at_16.head.weight, at_8.head.weight)


def test_the_options_reach_the_network_and_the_settings_of_a_run(path, capsys, tmp_path):
    options = ["--mean", "0.5,0.4,0.3", "--std", "0.25", "--input-size", "64", "--stride", "16"]
    code, printed, _ = run(capsys, "inspect", path, "--no-load", *options, "--json", tmp_path / "report.json")
    assert code == 0
    assert (
        "minus (0.5, 0.4, 0.3), divided by (0.25, 0.25, 0.25), the shorter side brought to 64 pixels (as given)"
        in printed
    )
    assert json.loads((tmp_path / "report.json").read_text())["input_from"] == "given"
    names = tmp_path / "names.txt"
    names.write_text("bird\nboat\nbus\ncat\n")
    arguments = ["maps", "--data", "scenes:val:3", "--views", "single", "--classifier", path, "--class-names", names]
    code, printed, errors = run(capsys, *arguments, *options, "--device", "cpu", "--out", tmp_path / "maps")
    assert code == 0, errors
    settings = json.loads((tmp_path / "maps" / "settings.json").read_text())
    assert settings["input"] == {"mean": [0.5, 0.4, 0.3], "std": [0.25] * 3, "short_side": 64, "stride": 16}
    assert run(capsys, "inspect", path, "--mean", "a,b")[0] == 2
    assert run(capsys, "inspect", path, "--mean", "120,110,100")[0] == 2


def test_an_extreme_shape_is_refused_before_it_takes_memory(tmp_path):
    with pytest.raises(InputError, match="8 x 60000 pixels would be enlarged to 128 x 960,000") as error:
        Preprocessing(short_side=128).size(60_000, 8)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="40 x 3000 pixels would be enlarged to 320 x 24,000"):
        Preprocessing(short_side=320).size(3000, 40)
    assert Preprocessing(short_side=320).size(640, 480) == (427, 320)
    assert Preprocessing().size(6000, 4000) == (6000, 4000)
    assert Preprocessing(short_side=2000).size(6000, 4000) == (3000, 2000)
    Image.new("L", (8, 6000)).save(tmp_path / "thin.png")
    with pytest.raises(InputError, match="8 x 6000 pixels, more than 100 times as long as wide"):
        read_image(tmp_path / "thin.png")


def test_a_smaller_image_is_averaged_and_not_picked_from():
    # one white column in four: picking every fourth pixel would give all black or all white
    image = np.zeros((64, 96, 3), dtype=np.uint8)
    image[:, ::4] = 255
    x = Preprocessing(mean=(0, 0, 0), std=(1, 1, 1), short_side=16)(image)
    assert x.shape == (1, 3, 16, 24)
    inner = x[..., 2:-2, 2:-2]
    assert float(inner.min()) > 0.15
    assert float(inner.max()) < 0.4
    assert float(x.mean()) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"classes": ["a", 3]}, "no class"),
        ({"classes": ["cat", "cat"]}, "a class twice"),
        ({"classes": ["cat", "x" * 101]}, "no class name"),
        ({"classes": ["cat", "<b>\n"]}, "no class name"),
        ({"split": 99}, "its split is 99, of 5 stages"),
        ({"split": -1}, "its split is -1"),
        ({"preprocessing": {"mean": [float("nan")] * 3, "std": [1, 1, 1], "short_side": None}}, "finite"),
        ({"preprocessing": {"mean": [0, 0, 0], "std": [float("inf")] * 3, "short_side": None}}, "finite"),
        ({"preprocessing": {"mean": [0, 0, 0], "std": [1, 1, 1], "short_side": 10**6}}, "short_side"),
    ],
)
def test_what_a_header_of_ours_claims_is_checked(tmp_path, change, cause):
    from safetensors import safe_open
    from safetensors.torch import load_file

    path = tmp_path / "c.safetensors"
    write_checkpoint(path, seeded_network(("cat", "sofa")), {"name": NAME, "widths": list(WIDTHS)})
    with safe_open(path, framework="pt") as file:
        meta = json.loads(file.metadata()["wsss_viz"])
    save_file(load_file(path), path, metadata={"wsss_viz": json.dumps({**meta, **change})})
    with pytest.raises(InputError, match=cause):
        read_checkpoint(path)
    with pytest.raises(InputError, match=cause):
        preflight(path)


def test_weights_are_of_the_bytes_that_were_read_and_stay_so(path, tmp_path):
    save_file(dict(resnet38d_state(seed=1)), path)
    classifier = load_published(path)
    before = {key: value.clone() for key, value in classifier.state_dict().items()}
    other = {key: value * 2 for key, value in resnet38d_state(seed=2).items()}
    save_file(other, tmp_path / "other.safetensors")
    with path.open("r+b") as file:
        file.write((tmp_path / "other.safetensors").read_bytes())
    with path.open("r+b") as file:
        file.truncate(1000)
    for key, value in classifier.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_one_list_of_suffixes_in_any_case(tmp_path):
    for name, suffix in {"a.PTH": ".pth", "b.pth.tar": ".pth.tar", "c.ckpt": ".ckpt", "d.BIN": ".bin", "e": ""}.items():
        assert weight_suffix(name) == suffix
    assert {".safetensors", ".pth", ".pt", ".pth.tar", ".ckpt", ".bin", ".params"} == set(WEIGHT_SUFFIXES)
    assert beside(tmp_path / "best.PTH.TAR", ".classes.txt").name == "best.classes.txt"
    save_file(dict(resnet38d_state(4)), tmp_path / "x.CKPT")
    (tmp_path / "x.classes.txt").write_text("a\nb\nc\nd\n")
    assert wsss_viz.load(str(tmp_path / "x.CKPT"), "cpu").classes == tuple("abcd")


def test_a_given_module_is_left_as_it_was_and_so_is_a_given_classifier():
    model = resnet18().train()
    before = {name: (id(value), value.requires_grad, value.device) for name, value in model.named_parameters()}
    loaded = wsss_viz.load(model, "cpu")
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert not loaded.training
    assert model.training
    assert before == {name: (id(value), value.requires_grad, value.device) for name, value in model.named_parameters()}
    assert all(value.requires_grad for value in model.parameters())
    meta = loaded.to("meta")
    assert {value.device.type for value in meta.parameters()} == {"meta"}
    assert {value.device.type for value in (*model.parameters(), *model.buffers())} == {"cpu"}
    own = seeded_network().train().requires_grad_(True)
    again = wsss_viz.load(own, "cpu")
    assert not again.training
    assert own.training
    assert all(value.requires_grad for value in own.parameters())
    assert again.head.weight.data_ptr() == own.head.weight.data_ptr()
    assert again.classes == own.classes
    assert again.split == own.split
    assert again.layout == own.layout


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("_background_\ncat\ndog\n", ("cat", "dog")),
        ("1: dog\n0: cat\n", ("cat", "dog")),
        ('{"2": "dog", "1": "cat"}', ("cat", "dog")),
        ("".join(f"{n}: c{n}\n" for n in range(1000)), tuple(f"c{n}" for n in range(1000))),
    ],
)
def test_the_names_of_a_head_are_read_from_any_form_of_class_list(tmp_path, text, names):
    (tmp_path / "names.txt").write_text(text)
    assert read_class_names(tmp_path / "names.txt") == names
    (tmp_path / "names.txt").write_text("0: cat\n2: dog\n")
    with pytest.raises(InputError, match="no class has the number 1"):
        read_class_names(tmp_path / "names.txt")
