"""From a picture and a model to a Trace in one call: every kind of picture and model, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import resnet18

import wsss_viz
from wsss_viz.data.anything import samples_of
from wsss_viz.errors import InputError

CLASSIFIER = "scenes-classifier"


@pytest.fixture(scope="module")
def sample() -> wsss_viz.Sample:
    return wsss_viz.data.open("scenes:test@96x160")[17]


@pytest.fixture
def photo(sample: wsss_viz.Sample, tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(sample.image).save(path)
    return path


def test_a_picture_becomes_a_saved_overlay_in_one_line(photo: Path) -> None:
    saved = wsss_viz.cam(photo, CLASSIFIER).overlay().save(photo.with_name("cam.png"))
    with Image.open(saved) as drawn:
        assert drawn.size == (160, 96)
        assert np.asarray(drawn).std() > 10


def test_every_kind_of_picture_gives_the_same_maps(sample: wsss_viz.Sample, photo: Path) -> None:
    image = sample.image
    kinds: list[Any] = [
        str(photo),
        photo,
        Image.open(photo),
        image,
        image / np.float32(255),
        torch.from_numpy(image).permute(2, 0, 1),
        torch.from_numpy(image).permute(2, 0, 1).double() / 255,
    ]
    classifier = wsss_viz.load(CLASSIFIER, "cpu")
    traces = [wsss_viz.cam(kind, classifier, "dog") for kind in kinds]
    wanted = wsss_viz.Trace.collect(wsss_viz.methods.cam(classifier, sample))
    for trace in traces:
        assert np.array_equal(trace.maps, wanted.maps)
        assert trace.target_names == ("dog",)
        assert np.array_equal(trace.image, image)
    assert [trace.sample.name for trace in traces[:4]] == ["photo", "photo", "photo", "image"]


def test_a_data_string_and_a_sample_keep_their_labels(sample: wsss_viz.Sample) -> None:
    named = wsss_viz.cam("scenes:test@96x160:17", CLASSIFIER)
    given = wsss_viz.cam(sample, CLASSIFIER)
    assert np.array_equal(named.maps, given.maps)
    assert named.target_names == given.target_names == sample.labels
    assert named.sample.source == sample.source == "scenes:test@96x160:17"


def test_several_pictures_give_as_many_traces_in_order() -> None:
    set_of_three = wsss_viz.data.open("scenes:test")[:3]
    tensors = torch.stack([torch.from_numpy(s.image.copy()).permute(2, 0, 1) for s in set_of_three])
    classifier = wsss_viz.load(CLASSIFIER, "cpu")
    wanted = [wsss_viz.cam(s, classifier).maps for s in set_of_three]
    batch = next(iter(DataLoader(TensorDataset(tensors, torch.arange(3)), batch_size=3)))
    loader = DataLoader(TensorDataset(tensors), batch_size=2)
    for several in (set_of_three, list(set_of_three), tensors, batch, loader, tensors.permute(0, 2, 3, 1).numpy()):
        traces = wsss_viz.cam(several, classifier)
        assert isinstance(traces, list)
        assert all(np.array_equal(t.maps, w) for t, w in zip(traces, wanted, strict=True))
    assert len(wsss_viz.cam(tensors[:1], classifier)) == 1


def test_any_torch_network_with_average_pooling_is_a_model(photo: Path) -> None:
    torch.manual_seed(0)
    network = resnet18(num_classes=3).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    trace = wsss_viz.cam(photo, network, class_names=("cow", "dog", "sofa"))
    assert trace.classes == ("cow", "dog", "sofa")
    assert trace.maps.shape == (3, 3, 5)
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_settings_reach_the_method_and_stand_in_the_trace(sample: wsss_viz.Sample) -> None:
    trace = wsss_viz.rib(sample, CLASSIFIER, steps=2, companions=0)
    assert len(trace) == 3
    assert trace.settings["steps"] == 2
    assert wsss_viz.cam(sample, CLASSIFIER, views="mirror").maps.shape == trace.maps.shape


def test_a_paired_network_comes_from_the_register(sample: wsss_viz.Sample) -> None:
    own = wsss_viz.cs_ae(sample, CLASSIFIER)
    assert own.method == "cs-ae"
    assert not np.array_equal(own.maps, wsss_viz.cam(sample, CLASSIFIER).maps)


def refused(image: Any, model: Any = CLASSIFIER, *args: Any, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        wsss_viz.cam(image, model, *args, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_cannot_be_used_is_said_in_one_line(photo: Path, tmp_path: Path) -> None:
    image = np.zeros((16, 24, 3), np.uint8)
    assert "no such file" in refused(tmp_path / "none.jpg")
    assert f"folder:{tmp_path}" in refused(tmp_path)
    assert "an array of shape (16, 24, 4) is no picture" in refused(np.zeros((16, 24, 4), np.uint8))
    assert "a tensor of shape (16, 24, 3) is no picture" in refused(torch.zeros(16, 24, 3))
    assert "floats from -2 to 0" in refused(image.astype(np.float32) - np.float32([0, 1, 2]))
    assert "floats from 0 to 255" in refused(np.full((16, 24, 3), 255.0) * (np.arange(24) > 3)[:, None])
    assert "floats from nan" in refused(np.full((16, 24, 3), np.nan))
    assert "a picture of int64" in refused(image.astype(np.int64))
    assert "from a NoneType" in refused(None)
    assert "from a dict" in refused({"image": image})
    assert "an empty list" in refused([])
    assert "unknown checkpoint" in refused(photo, "no-such-model")
    assert "from a int" in refused(photo, 3)
    assert "no linear head" in refused(photo, torch.nn.Conv2d(3, 4, 1))
    assert "no class 'unicorn'" in refused(photo, CLASSIFIER, "unicorn")
    assert "single, mirror, multi-scale" in refused(photo, views="all")
    network = resnet18(num_classes=10).eval()
    with pytest.raises(InputError, match="cgnet"):
        wsss_viz.cs_ae(photo, network)


def test_a_path_of_a_windows_drive_is_no_data_string() -> None:
    with pytest.raises(InputError, match=re.escape("C:photo.jpg: no such file")):
        samples_of("C:photo.jpg")
