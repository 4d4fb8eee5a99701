"""The segmentation network: sizes, candidates, its file."""

import numpy as np
import pytest
import torch

import wsss_viz
from wsss_viz.errors import InputError
from wsss_viz.models.network_file import read_network
from wsss_viz.models.segmenter import FORMAT, Segmenter, _build, segment, write_segmenter

CLASSES = ("cat", "sofa", "train")


@pytest.fixture
def segmenter():
    torch.manual_seed(0)
    return Segmenter(CLASSES, (8, 8, 8, 8, 8)).eval().requires_grad_(False)


def image(height, width):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_logits_are_at_stride_four_and_a_mask_has_the_images_size(segmenter):
    x = segmenter.preprocessing(image(128, 192))
    assert segmenter(x).shape == (1, 4, 32, 48)
    for height, width in ((96, 160), (200, 130)):
        mask = segment(segmenter, image(height, width))
        assert mask.shape == (height, width)
        assert mask.dtype == np.uint8
        assert mask.max() <= 3


def test_a_mask_is_the_argmax_of_enlarged_logits_with_the_background_first(segmenter):
    segmenter.head.weight.zero_()
    segmenter.head.bias.copy_(torch.tensor([0.0, -1.0, 2.0, 1.0]))
    assert (segment(segmenter, image(128, 140)) == 2).all()
    assert (segment(segmenter, image(128, 140), ("cat", "train")) == 3).all()
    assert (segment(segmenter, image(128, 140), ("cat",)) == 0).all()
    assert (segment(segmenter, image(128, 140), ()) == 0).all()


def test_file_and_back(segmenter, tmp_path):
    path = tmp_path / "s.safetensors"
    write_segmenter(path, segmenter)
    again = read_network(path, FORMAT, _build)
    assert (segment(again, image(128, 140)) == segment(segmenter, image(128, 140))).all()
    assert again.classes == CLASSES


def test_a_segmenter_is_no_classifier_and_the_other_way_round(segmenter, tmp_path):
    path = tmp_path / "s.safetensors"
    write_segmenter(path, segmenter)
    with pytest.raises(InputError, match="no classifier"):
        wsss_viz.load(str(path), device="cpu")
    classifier = wsss_viz.models.manifest.checkpoints_folder() / "scenes-classifier.safetensors"
    with pytest.raises(InputError, match="want 'segmenter-1'"):
        read_network(classifier, FORMAT, _build)
