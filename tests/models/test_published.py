"""Each published layout: a file with random weights and exactly its names and shapes loads, and its maps are those of
an independent computation from the same tensors."""

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torchvision import models

import wsss_viz
from tests.models.published_files import (
    NARROW,
    irn_state,
    mxnet_names,
    normalised,
    picture,
    resnet38d_features,
    resnet38d_state,
    resnet50_backbone,
    resnet_features,
    seam_state,
    write_mxnet,
)
from wsss_viz.commands.inspect import command
from wsss_viz.data import Sample
from wsss_viz.data.coco_classes import COCO_CLASSES
from wsss_viz.data.palette import VOC_CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods import bind
from wsss_viz.methods.views import SINGLE
from wsss_viz.models.published import load_backbone, load_published, read_published
from wsss_viz.models.self_check import self_check

IMAGE = picture()


def assert_same(classifier, expected, size=None):
    """The maps of `IMAGE` by the classifier's own preprocessing, to 1e-5 of the largest."""
    with torch.no_grad():
        maps = classifier.maps(classifier.preprocess(IMAGE))
        assert maps.shape == expected.shape
        if size:
            assert tuple(maps.shape[2:]) == size
        assert float(expected.std()) > 0
        assert float((maps - expected).abs().max()) <= 1e-5 * float(expected.abs().max())
        logits = classifier.logits(classifier.preprocess(IMAGE))
    torch.testing.assert_close(logits, expected.mean(dim=(2, 3)), rtol=1e-4, atol=1e-5)


def maps_of(features, head):
    return torch.einsum("cd,ndhw->nchw", head.flatten(1), features)


@pytest.fixture(scope="module")
def irn():
    return irn_state()


@pytest.fixture(scope="module")
def irn_path(irn, tmp_path_factory):
    path = tmp_path_factory.mktemp("irn") / "res50_cam.pth"
    torch.save(irn, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(scope="module")
def irn_loaded(irn_path):
    return read_published(irn_path)


def test_irns_legacy_file_has_three_names_a_tensor_and_its_maps(irn, irn_loaded):
    report, classifier = irn_loaded
    assert len(irn) == 956
    assert report.format == "torch pickle (before 1.6)"
    assert (report.matched, report.expected, report.missing, report.unexpected) == (266, 266, (), ())
    assert report.aliases == 2 * 265 + 1
    assert (report.tensors, len(report.unused)) == (956, 3 * 53)
    assert classifier.classes == VOC_CLASSES
    backbone = {key.removeprefix("resnet50."): value for key, value in irn.items() if key.startswith("resnet50.")}
    features = resnet_features(normalised(IMAGE), backbone, (1, 2, 2, 1))
    assert_same(classifier, maps_of(features, irn["classifier.weight"]), (6, 9))
    assert classifier.stride == 16


def test_irns_stages_and_what_rib_tunes(irn_loaded):
    classifier = irn_loaded[1]
    x = classifier.preprocess(picture(64, 80))
    assert classifier.split == 3
    with torch.no_grad():
        assert classifier.early(x).shape[1] == 512  # through layer2
        before = classifier.early(x).clone()
        whole = classifier.maps(x)
        classifier.late(before)
        assert torch.equal(classifier.late(before), whole)


def test_cam_rib_and_erasing_run_on_irns_file_with_the_official_settings(irn_loaded):
    classifier = irn_loaded[1]
    sample = Sample(picture(48, 64), VOC_CLASSES, ("dog",), "s")
    state = {key: value.clone() for key, value in classifier.state_dict().items()}
    plain = list(bind("cam", classifier)(sample, SINGLE))[-1]
    steps = list(bind("rib", classifier, steps=2, gradient_views=SINGLE)(sample, SINGLE))
    assert steps[0].maps.shape == plain.maps.shape == (20, 3, 4)
    assert steps[0].terms["rate"] == 8e-6
    assert [step.index for step in steps] == [0, 1]
    assert steps[-1].terms["companions"] == 0
    assert steps[-1].terms["logit dog"] > steps[0].terms["logit dog"]
    assert len(list(bind("ae", classifier, steps=1)(sample, SINGLE))) >= 1
    for key, value in classifier.state_dict().items():
        assert torch.equal(value, state[key]), key


def test_a_plain_family_of_names_is_enough_and_two_that_differ_are_refused(irn, tmp_path):
    alone = {key: value.clone() for key, value in irn.items() if key.startswith("stage")}
    alone["classifier.weight"] = irn["classifier.weight"].clone()
    save_file(alone, tmp_path / "alone.safetensors")
    classifier = load_published(tmp_path / "alone.safetensors")
    backbone = {key.removeprefix("resnet50."): value for key, value in irn.items() if key.startswith("resnet50.")}
    features = resnet_features(normalised(IMAGE), backbone, (1, 2, 2, 1))
    assert_same(classifier, maps_of(features, irn["classifier.weight"]))
    alone["resnet50.layer4.2.conv3.weight"] = irn["resnet50.layer4.2.conv3.weight"] + 1
    save_file(alone, tmp_path / "mixed.safetensors")
    with pytest.raises(InputError, match=r"layer4\.2\.conv3\.weight and .* are two names of one tensor and differ"):
        load_published(tmp_path / "mixed.safetensors")


@pytest.mark.parametrize("counters", [False, True])
def test_psas_resnet38d(tmp_path, counters):
    state = resnet38d_state(counters=counters)
    assert len(state) == (229 if counters else 192)
    save_file(dict(state), tmp_path / "res38_cls.safetensors")
    report, classifier = read_published(tmp_path / "res38_cls.safetensors")
    assert (report.matched, report.expected, report.unexpected) == (192, 192, ())
    assert classifier.classes == VOC_CLASSES
    assert (classifier.stride, classifier.split) == (8, 1)
    assert_same(classifier, maps_of(resnet38d_features(normalised(IMAGE), state), state["fc8.weight"]), (12, 17))


def test_an_oc_cse_pair_gives_cs_ae(tmp_path):
    own, trained = resnet38d_state(seed=1), resnet38d_state(seed=2)
    torch.save({"state_dict": {f"module.{key}": value for key, value in own.items()}}, tmp_path / "od_cam.pth")
    save_file(dict(trained), tmp_path / "14net_er.safetensors")
    report, classifier = read_published(tmp_path / "od_cam.pth")
    assert report.wrapper == "state_dict.module"
    assert report.format == "torch pickle in a zip (1.6 and newer)"
    cgnet = load_published(tmp_path / "14net_er.safetensors")
    sample = Sample(picture(40, 56), VOC_CLASSES, ("cow", "person"), "s")
    steps = list(bind("cs-ae", classifier, {"cgnet": (cgnet,)})(sample, SINGLE))
    expected = maps_of(resnet38d_features(normalised(sample.image), trained), trained["fc8.weight"])[0]
    assert float((torch.from_numpy(steps[-1].maps) - expected).abs().max()) <= 1e-5 * float(expected.abs().max())
    assert [classifier.classes[step.sampled] for step in steps] == ["cow", "person"]


def test_a_partner_of_other_classes_is_refused(tmp_path):
    save_file(dict(resnet38d_state(80)), tmp_path / "coco.safetensors")
    save_file(dict(resnet38d_state(20)), tmp_path / "voc.safetensors")
    coco, voc = (load_published(tmp_path / f"{name}.safetensors") for name in ("coco", "voc"))
    with pytest.raises(InputError, match="have 20 and 80 classes, not the same"):
        bind("cs-ae", voc, {"cgnet": (coco,)})


def test_seams_background_row_is_left_out(tmp_path):
    state = seam_state()
    save_file(dict(state), tmp_path / "resnet38_SEAM.safetensors")
    report, classifier = read_published(tmp_path / "resnet38_SEAM.safetensors")
    assert report.background
    assert report.layout == "seam-resnet38d"
    assert classifier.classes == VOC_CLASSES
    assert_same(classifier, maps_of(resnet38d_features(normalised(IMAGE), state), state["fc8.weight"][1:]))


def test_cocos_eighty_rows_and_half_precision(tmp_path):
    state = {key: value.half() for key, value in resnet38d_state(80).items()}
    save_file(state, tmp_path / "coco.safetensors")
    report, classifier = read_published(tmp_path / "coco.safetensors")
    assert classifier.classes == COCO_CLASSES
    assert (classifier.classes[0], classifier.classes[16], classifier.classes[79]) == ("person", "dog", "toothbrush")
    assert report.dtypes == ("F16",)
    wide = {key: value.float() for key, value in state.items()}
    assert_same(classifier, maps_of(resnet38d_features(normalised(IMAGE), wide), wide["fc8.weight"]))


def test_sc_cams_twenty_rows_are_used_and_its_two_hundred_are_refused(tmp_path):
    state = resnet38d_state(head="fc8_20")
    state["fc8_200.weight"] = torch.randn(200, NARROW[-1], 1, 1)
    save_file(dict(state), tmp_path / "both.safetensors")
    report, classifier = read_published(tmp_path / "both.safetensors")
    assert report.unused == {"fc8_200.weight": "SC-CAM's sub-category head"}
    assert_same(classifier, maps_of(resnet38d_features(normalised(IMAGE), state), state["fc8_20.weight"]))
    del state["fc8_20.weight"]
    save_file(dict(state), tmp_path / "alone.safetensors")
    with pytest.raises(InputError, match=r"SC-CAM's 200 sub-categories alone, .* give a file with fc8_20"):
        load_published(tmp_path / "alone.safetensors")
    save_file(dict(resnet38d_state(200)), tmp_path / "sub.safetensors")
    with pytest.raises(InputError, match="its head has 200 rows: SC-CAM's sub-categories"):
        load_published(tmp_path / "sub.safetensors")
    names = [f"bird {i}" for i in range(200)]
    assert load_published(tmp_path / "sub.safetensors", names).classes == tuple(names)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_mxnets_backbone_has_features_and_no_maps(tmp_path, version):
    state = resnet38d_state(None)
    path = write_mxnet(tmp_path / "resnet_38d.params", mxnet_names(state), version)
    if version == 0:
        report, classifier = read_published(path)
        assert classifier is None
        assert (report.matched, report.expected, report.unexpected) == (191, 191, ())
        assert report.format == "MXNet parameters"
        assert set(report.unused) == {"arg:linear1000_weight", "arg:linear1000_bias"}
        with pytest.raises(InputError, match=r"backbone that PSA, .* without a classifier there are no class maps"):
            load_published(path)
    backbone = load_backbone(path)
    x = normalised(IMAGE)
    with torch.no_grad():
        expected = resnet38d_features(x, state)
        assert float((backbone(x) - expected).abs().max()) <= 1e-5 * float(expected.abs().max())


@pytest.mark.parametrize(
    ("name", "blocks", "width"), [("resnet18", (2, 2, 2, 2), 512), ("resnet50", (3, 4, 6, 3), 2048)]
)
def test_torchvisions_resnets_by_their_state_dict(tmp_path, name, blocks, width):
    if name == "resnet50":
        state = dict(resnet50_backbone(seed=5))
    else:
        torch.manual_seed(0)
        state = {key: value for key, value in models.resnet18().state_dict().items() if not key.startswith("fc")}
    generator = torch.Generator().manual_seed(1)
    state["fc.weight"], state["fc.bias"] = (
        torch.randn(7, width, generator=generator) * 0.05,
        torch.randn(7, generator=generator),
    )
    save_file(state, tmp_path / "mine.safetensors")
    (tmp_path / "mine.classes.txt").write_text("\n".join("abcdefg"), encoding="utf-8")
    classifier = load_published(tmp_path / "mine.safetensors")
    assert classifier.classes == tuple("abcdefg")
    features = resnet_features(normalised(IMAGE), state, (1, 2, 2, 2), blocks)
    expected = maps_of(features, state["fc.weight"])
    with torch.no_grad():
        x = classifier.preprocess(IMAGE)
        assert float((classifier.maps(x) - expected).abs().max()) <= 1e-5 * float(expected.abs().max())
        torch.testing.assert_close(
            classifier.logits(x), expected.mean(dim=(2, 3)) + state["fc.bias"], rtol=1e-4, atol=1e-5
        )


def test_load_takes_a_path_a_torchvision_name_and_says_what_is_wrong(tmp_path):
    save_file(dict(resnet38d_state(7)), tmp_path / "seven.safetensors")
    path = str(tmp_path / "seven.safetensors")
    assert wsss_viz.load(path, "cpu").classes == tuple(f"class {i}" for i in range(7))
    assert wsss_viz.load(path, "cpu", classes="abcdefg").classes == tuple("abcdefg")
    with pytest.raises(InputError, match="3 class names for the 7 rows"):
        wsss_viz.load(path, "cpu", classes="abc")
    with pytest.raises(InputError, match="no checkpoint at"):
        wsss_viz.load(str(tmp_path / "nothing.pth"))
    with pytest.raises(InputError, match="no classification model 'resnet5000'"):
        wsss_viz.load("torchvision:resnet5000")
    with pytest.raises(InputError, match="has its own class names"):
        wsss_viz.load("torchvision:resnet18", classes="ab")


def test_the_self_check_measures_the_difference_and_refuses_what_has_no_maps(tmp_path):
    state = resnet38d_state()
    save_file(dict(state), tmp_path / "good.safetensors")
    classifier = load_published(tmp_path / "good.safetensors")
    found = self_check(classifier)
    assert 0 <= found.difference < 1e-5
    assert found.grid == (12, 16)
    assert "GAP(maps) = logits" in found.line()
    classifier.pool = lambda maps: maps.amax(dim=(2, 3))
    with pytest.raises(InputError, match="differ from its maps' means"):
        self_check(classifier)
    state["fc8.weight"].zero_()
    save_file(dict(state), tmp_path / "zero.safetensors")
    with pytest.raises(InputError, match="are all 0"):
        load_published(tmp_path / "zero.safetensors")


def test_no_converted_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = write_mxnet(tmp_path / "x.params", mxnet_names(resnet38d_state(None)))
    load_backbone(path)
    assert [found.name for found in tmp_path.iterdir()] == ["x.params"]


def test_finite_weights_whose_logits_overflow_are_a_network_with_a_warning(tmp_path):
    state = resnet38d_state()
    state |= {key: torch.full_like(value, 1e12) for key, value in state.items() if "conv" in key}
    save_file(dict(state), tmp_path / "overflow.safetensors")
    report, classifier = read_published(tmp_path / "overflow.safetensors")
    assert report.ready
    assert report.notes[0].startswith("WARNING")
    found = self_check(classifier)
    assert (found.finite, found.grid) == (False, (12, 16))
    assert "see the warning" in found.line()
    done = CliRunner().invoke(command, [str(tmp_path / "overflow.safetensors")])
    assert done.exit_code == 0
    assert "WARNING" in done.output
    state["fc8.weight"][0, 0] = float("nan")
    save_file(dict(state), tmp_path / "nan.safetensors")
    with pytest.raises(InputError, match="NaN"):
        read_published(tmp_path / "nan.safetensors")
