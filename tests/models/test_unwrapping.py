"""Checkpoints as other people's programs write them: wrappers, extras, several networks, heads of every spelling."""

import argparse
import json
from collections import OrderedDict

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision import models

import wsss_viz
from tests.models.published_files import irn_state, normalised, picture, resnet38d_state, resnet_features
from tests.models.reading_files import Runs, read_in_fork, saved
from wsss_viz.errors import InputError
from wsss_viz.models.architectures.recognition import recognise
from wsss_viz.models.preflight import preflight
from wsss_viz.models.published import load_published, read_published
from wsss_viz.models.reading import TensorInfo, opening

IMAGE = picture(64, 96)


@pytest.fixture(autouse=True)
def in_fork(monkeypatch):
    """The child that reads pickles without the seconds that its own start takes."""

    def read(path, target, name):
        answer = read_in_fork(path, target)
        assert isinstance(answer, dict), answer
        if "error" in answer:
            raise InputError(answer["error"])
        return answer

    monkeypatch.setattr(opening, "_in_child", read)


@pytest.fixture(scope="module")
def state():
    return resnet38d_state(seed=1)


def prefixed(state, prefix):
    return OrderedDict((prefix + key, value) for key, value in state.items())


def write(tmp_path, content, name="net.pth"):
    (tmp_path / name).write_bytes(saved(content))
    return tmp_path / name


def moved(state, by):
    """Other weights of the same network."""
    return OrderedDict((key, value * by if value.ndim > 1 else value) for key, value in state.items())


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "encoder.", "_orig_mod.module.", "anything.at.all."])
@pytest.mark.parametrize("keys", [(), ("state_dict",), ("otherkey",), ("a", "b", "c")])
def test_whatever_wraps_the_network_is_taken_off(state, tmp_path, prefix, keys):
    content = prefixed(state, prefix)
    for key in reversed(keys):
        content = {"epoch": 3, key: content}
    report = preflight(write(tmp_path, content))
    assert (report.problems, report.matched, report.expected) == ((), 192, 192)
    assert report.wrapper == ".".join([*keys, *prefix.split(".")]).strip(".")
    assert report.others == (("epoch",) if keys else ())


def test_a_tensor_beside_a_state_dict_does_not_hide_it(state, tmp_path):
    optimizer = torch.optim.Adam(nn.Linear(2, 2).parameters()).state_dict()
    for best in (torch.tensor(71.5), torch.tensor(float("inf")), 71.5):
        content = {"epoch": 9, "best_acc1": best, "state_dict": prefixed(state, "module."), "optimizer": optimizer}
        report, classifier = read_published(write(tmp_path, content, "best.pth.tar"))
        assert classifier is not None
        assert report.wrapper == "state_dict.module"
        assert sorted(report.others) == ["best_acc1", "epoch", "optimizer (an optimizer's state)"]


def test_what_is_of_no_network_is_named_and_left_out(state, tmp_path):
    lightning = {"state_dict": {**prefixed(state, "model."), "criterion.pos_weight": torch.ones(20)}}
    report, classifier = read_published(write(tmp_path, lightning, "lit.ckpt"))
    assert classifier is not None
    assert report.unused == {"state_dict.criterion.pos_weight": "not of the network"}
    averaged = {"n_averaged": torch.tensor(7), **prefixed(state, "module.")}
    assert preflight(write(tmp_path, averaged)).unused == {"n_averaged": "not of the network"}


@pytest.mark.parametrize(
    ("name", "shape", "cause"),
    [
        ("neck.conv.weight", (32, 32, 3, 3), "1 tensor has no place in ResNet-38d of PSA, first neck.conv.weight"),
        ("b3.attention.weight", (8,), "1 tensor has no place"),
        ("pool.p", (1,), "pools by a power mean"),
    ],
)
def test_what_a_forward_would_use_is_never_passed_over(state, tmp_path, name, shape, cause):
    save_file({**state, name: torch.ones(shape)}, tmp_path / "x.safetensors")
    assert cause in preflight(tmp_path / "x.safetensors").problems[0]


@pytest.mark.parametrize(
    ("content", "address"),
    [
        (lambda a, b: {"state_dict": a, "state_dict_ema": b, "epoch": 1}, "state_dict_ema"),
        (lambda a, b: {"model_ema": b, "model": a}, "model_ema"),
        (lambda a, b: {"net": {**prefixed(a, "student."), **prefixed(b, "teacher.")}}, "net.teacher"),
    ],
)
def test_of_two_networks_the_average_is_named_and_can_be_asked_for(state, tmp_path, content, address):
    average = moved(state, 0.9)
    path = write(tmp_path, content(state, average))
    report, first = read_published(path)
    assert f"another network: net.pth#{address}" in report.others
    second = wsss_viz.load(f"{path}#{address}", "cpu")
    assert torch.equal(first.head.weight, state["fc8.weight"])
    assert torch.equal(second.head.weight, average["fc8.weight"])
    with pytest.raises(InputError, match="no part 'nothing': it has"):
        preflight(f"{path}#nothing")


def test_an_average_alone_is_the_network(state, tmp_path):
    report = preflight(write(tmp_path, {"ema_state_dict": state, "epoch": 1}))
    assert (report.wrapper, report.problems) == ("ema_state_dict", ())


def test_scores_and_arguments_beside_weights_are_left_out_and_nothing_runs(state, tmp_path):
    beside = {"best_miou": np.float64(61.5), "args": argparse.Namespace(lr=0.1, names=["a"]), "path": tmp_path}
    report, classifier = read_published(write(tmp_path, {"model": state, **beside}))
    assert classifier is not None
    assert "an object of argparse.Namespace, left out" in report.others
    assert {"best_miou", "args", "path"} <= set(report.others)
    path = write(tmp_path, {"model": state, "args": argparse.Namespace(made=Runs(tmp_path / "ran"))})
    with pytest.raises(InputError, match=r"objects of Python beside weights \(posix\.mkdir\)"):
        preflight(path)
    assert not (tmp_path / "ran").exists()


def test_nesting_without_end_is_refused(tmp_path):
    content = {"a": torch.ones(2)}
    for _ in range(30):
        content = {"left": content, "right": content}
    report = preflight(write(tmp_path, content | {"w": torch.ones(3)}))
    assert not report.ready
    wide = {f"k{i}": i for i in range(200)}
    path = write(tmp_path, {f"m{i}": wide for i in range(600)} | {"w": torch.ones(3)})
    with pytest.raises(InputError, match="nests more than 100,000 entries"):
        preflight(path)


@pytest.mark.parametrize("cut", [lambda w: w[:20], lambda w: w[:1].expand(20, -1, -1, -1)])
def test_a_sliced_or_expanded_head_names_its_remedy(state, tmp_path, cut):
    head = torch.randn(40, 32, 1, 1)
    with pytest.raises(InputError, match=r"fc8\.weight claims .* save its \.clone\(\)"):
        preflight(write(tmp_path, {**state, "fc8.weight": cut(head)}))


def test_resnet38ds_head_as_a_linear_layer_or_with_a_bias(state, tmp_path):
    linear = {**state, "fc8.weight": state["fc8.weight"].flatten(1)}
    assert preflight(write(tmp_path, linear)).problems == ()
    bias = torch.arange(20.0) * 0.1
    classifier = load_published(write(tmp_path, {**state, "fc8.bias": bias}))
    assert torch.equal(classifier.bias, bias)


def resnet18():
    torch.manual_seed(0)
    model = models.resnet18(num_classes=4)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
    return model.eval()


def spelled(model, how):
    """The model's state_dict as other programs spell its head."""
    state, weight, bias = dict(model.state_dict()), model.fc.weight.data, model.fc.bias.data
    backbone = {key: value for key, value in state.items() if not key.startswith("fc.")}
    return {
        "dropout and linear": {**backbone, "fc.1.weight": weight, "fc.1.bias": bias},
        "convolution": {**backbone, "fc.weight": weight[:, :, None, None].clone(), "fc.bias": bias},
        "head.fc": {**backbone, "head.fc.weight": weight, "head.fc.bias": bias},
        "classifier beside": {**prefixed(backbone, "backbone."), "classifier.weight": weight, "classifier.bias": bias},
        "unheard-of name": {**prefixed(backbone, "features."), "logits.weight": weight, "logits.bias": bias},
        "sequential": dict(nn.Sequential(*model.children()).state_dict()),
        "in two parts": {"encoder": backbone, "decoder": {"weight": weight, "bias": bias}},
    }[how]


@pytest.mark.parametrize(
    "how",
    ["dropout and linear", "convolution", "head.fc", "classifier beside", "unheard-of name", "sequential"],
)
def test_resnets_heads_of_every_spelling_have_the_models_logits(tmp_path, how):
    model = resnet18()
    classifier = load_published(write(tmp_path, {"state_dict": spelled(model, how)}))
    x = normalised(IMAGE)
    with torch.no_grad():
        torch.testing.assert_close(classifier.logits(x), model(x), rtol=1e-4, atol=1e-5)
        features = resnet_features(x, model.state_dict(), (1, 2, 2, 2), (2, 2, 2, 2))
        maps = torch.einsum("cd,ndhw->nchw", model.fc.weight, features)
        torch.testing.assert_close(classifier.maps(x), maps, rtol=1e-4, atol=1e-4)


def test_a_head_without_a_bias_and_one_in_a_dictionary_of_its_own(tmp_path):
    model = resnet18()
    state = dict(model.state_dict())
    weight = state.pop("fc.weight")
    del state["fc.bias"]
    for content in (
        {**state, "fc.weight": weight[:, :, None, None].clone()},
        {"enc": state, "cls": {"fc.weight": weight}},
    ):
        classifier = load_published(write(tmp_path, content))
        assert classifier.bias is None
        assert torch.equal(classifier.head.weight.flatten(1), weight)


@pytest.mark.parametrize(
    ("head", "cause"),
    [
        ({"fc.0.weight": (64, 512), "fc.0.bias": (64,), "fc.2.weight": (4, 64)}, "hidden layer (fc.0, then fc.2)"),
        ({"fc.0.weight": (512,), "fc.0.running_mean": (512,), "fc.1.weight": (4, 512)}, "normalises between pooling"),
        ({"fc.weight": (4, 25088)}, "fc.weight is 4 x 25088, the network wants 4 x 512"),
        (
            {"fc.weight": (4, 512), "classifier.weight": (7, 512)},
            "several layers that could be its head (fc, classifier)",
        ),
        ({}, "there is no linear head"),
    ],
)
def test_heads_without_class_maps_are_refused_with_the_reason(tmp_path, head, cause):
    backbone = {key: value for key, value in resnet18().state_dict().items() if not key.startswith("fc.")}
    save_file({**backbone, **{key: torch.ones(shape) for key, shape in head.items()}}, tmp_path / "x.safetensors")
    assert cause in preflight(tmp_path / "x.safetensors").problems[0]


def infos(state):
    return {key: TensorInfo("F32", tuple(value.shape)) for key, value in state.items()}


def test_one_of_several_heads_can_be_asked_for():
    state = infos(resnet18().state_dict()) | {"aux.weight": TensorInfo("F32", (7, 512))}
    assert recognise(state).rows == 4
    assert "no place" not in str(recognise(state, part="aux").problems)
    asked = recognise(state, part="aux")
    assert (asked.rows, asked.head, asked.bias) == (7, "aux.weight", "")
    assert asked.unused["fc.weight"] == asked.unused["fc.bias"] == "another head"


def test_recams_own_head_is_read_where_it_is_asked_for_and_never_guessed():
    state = infos(irn_state()) | {"recam_predictor.classifier.weight": TensorInfo("F32", (20, 2048, 1, 1))}
    assert "ReCAM's recam_predictor" in recognise(state).problems[0]
    own, irns = recognise(state, part="recam_predictor"), recognise(state, part="classifier")
    assert own.sources[own.head] == ("recam_predictor.classifier.weight",)
    assert own.problems == ()
    assert "classifier.weight" in irns.sources[irns.head]


def test_resnext_and_wide_resnets_are_known_by_their_shapes():
    for name, groups, base in (("resnext50_32x4d", 32, 4), ("wide_resnet50_2", 1, 128)):
        with torch.device("meta"):
            found = recognise(infos(models.get_model(name, weights=None).state_dict()))
        assert (found.variant.groups, found.variant.base) == (groups, base)
        assert (found.missing, found.unexpected, found.problems) == ((), (), ())


def test_a_file_of_one_network_saves_as_plain_safetensors(state, tmp_path):
    from safetensors.torch import load_file

    from wsss_viz.models.published import save_tensors

    path = write(tmp_path, {"state_dict": prefixed(state, "module."), "state_dict_ema": moved(state, 0.5)})
    save_tensors(path, tmp_path / "out.safetensors")
    assert load_file(tmp_path / "out.safetensors").keys() == state.keys()
    save_tensors(f"{path}#state_dict_ema", tmp_path / "ema.safetensors")
    assert torch.equal(load_file(tmp_path / "ema.safetensors")["fc8.weight"], state["fc8.weight"] * 0.5)
    assert json.loads(json.dumps(preflight(path).as_dict()))["ready"]
