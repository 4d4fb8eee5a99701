"""The segmentation network's training: pseudo masks by hand, masks that follow their images, early stages frozen."""

import numpy as np
import pytest
import torch

from tests.training.test_training import SHORT, SIZES, quiet, silent
from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.errors import InputError
from wsss_viz.evaluation.counts import count_mask
from wsss_viz.evaluation.scores import summarise
from wsss_viz.models.checkpoint import read_checkpoint
from wsss_viz.models.segmenter import LOW
from wsss_viz.traces.step import Step
from wsss_viz.training import recipes, segmenter
from wsss_viz.training.dense import augment_both
from wsss_viz.training.drawings import Drawings
from wsss_viz.training.loop import Schedule

MASKS = segmenter.PseudoMasks("cam", 0.4, 0.1)


def test_what_is_near_the_threshold_is_left_out():
    maps = np.zeros((len(CLASSES), 1, 4))
    maps[2, 0] = 10, 4.5, 2.9, -5  # by its maximum 1, .45, .29, 0
    mask = segmenter.pseudo_mask_with_ignore(maps, [2], (1, 4), MASKS)
    assert mask.tolist() == [[3, IGNORE, 0, 0]]
    maps[5, 0] = 2, 2, 2, 1.4
    mask = segmenter.pseudo_mask_with_ignore(maps, [2, 5], (1, 4), MASKS)
    assert mask.tolist() == [[3, 6, 6, 6]]  # by its maximum 1, 1, 1, .7; at the first pixel the stronger map


def test_masks_are_mirrored_with_their_images():
    generator = torch.Generator().manual_seed(0)
    masks = torch.randint(0, 2, (12, 6, 10), generator=generator, dtype=torch.uint8)
    x = masks[:, None].float().repeat(1, 3, 1, 1) * 100  # far above what light and colour change
    found, kept = augment_both(x, masks, torch.Generator().manual_seed(1))
    assert ((found[:, 0] > 50) == (kept == 1)).all()
    mirrored = [bool((kept[i] != masks[i]).any()) for i in range(12)]
    assert 0 < sum(mirrored) < 12


def test_the_loss_sees_nothing_where_the_mask_is_unsure():
    logits = torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    masks = torch.tensor([[[0, IGNORE], [2, IGNORE]]], dtype=torch.uint8)
    by_hand = -torch.stack([logits[0, :, 0, 0].log_softmax(0)[0], logits[0, :, 1, 0].log_softmax(0)[2]]).mean()
    assert segmenter.mask_loss(logits, masks).item() == pytest.approx(by_hand.item())


def test_counting_a_mask_by_hand():
    truth = np.array([[0, 1, 1], [2, 2, IGNORE]], dtype=np.uint8)
    parts = np.array([[0, 1, 2], [1, 2, 0]], dtype=np.uint8)
    sample = Sample(np.zeros((2, 3, 3), np.uint8), ("cat", "sofa"), ("cat", "sofa"), "by hand", truth, parts)
    found = count_mask(np.array([[0, 1, 0], [1, 2, 2]], dtype=np.uint8), sample)
    assert found.intersection.tolist() == [[1, 1, 1]]
    assert found.predicted.tolist() == [[2, 2, 1]]
    assert found.target.tolist() == [1, 2, 2]
    assert found.part_intersection.tolist() == [[1, 1]]
    miou = summarise([found], sample.classes, thresholds=np.zeros(1)).miou
    assert miou == pytest.approx(100 * (1 / 2 + 1 / 3 + 1 / 2) / 3)
    with pytest.raises(ValueError, match="no mask of 3 x 2"):
        count_mask(np.zeros((3, 2), dtype=np.uint8), sample)


def test_pseudo_masks_are_made_of_labels_alone():
    samples = [Scenes("train")[i] for i in range(3)]

    def run(sample, views):
        maps = np.random.default_rng(len(sample.name)).normal(size=(len(CLASSES), 8, 8))
        yield Step(0, maps.astype(np.float32), maps.mean(axis=(1, 2)).astype(np.float32), (0,))

    blind = [Sample(s.image, s.classes, s.labels, s.name) for s in samples]
    seen, unseen = (segmenter.draw_training_set(run, given, MASKS) for given in (samples, blind))
    assert (seen.targets == unseen.targets).all()
    assert seen.images.shape == (3, 3, 128, 128)
    for sample, mask in zip(samples, seen.targets.numpy(), strict=True):
        told = {0, IGNORE, *(CLASSES.index(name) + 1 for name in sample.labels)}
        assert set(np.unique(mask)) <= told
    nothing = Sample(blind[0].image, blind[0].classes, (), "nothing")
    with pytest.raises(InputError, match="no scene has a label"):
        segmenter.draw_training_set(run, [nothing], MASKS)


def test_early_stages_stay_and_the_same_seed_gives_the_same_bytes(tmp_path):
    backbone = tmp_path / "b.safetensors"
    recipes.train_backbone(backbone, Schedule(epochs=1, batch=16), **SIZES, progress=quiet, say=silent)
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (16, 3, 64, 64), generator=generator, dtype=torch.uint8)
    data = Drawings(images, (images[:, 0] > 128).to(torch.uint8) * 3)
    schedule = Schedule(epochs=2, batch=8, seed=SHORT.seed)
    made = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}.safetensors"
        network, history = segmenter.train_segmenter(
            out, backbone, data, MASKS, schedule, val=data, progress=quiet, say=silent
        )
        made.append(out.read_bytes())
        assert not (tmp_path / f"{name}.safetensors.state").exists()
    assert made[0] == made[1]
    assert [entry["epoch"] for entry in history.epochs] == [1, 2]
    assert history.epochs[1]["loss"] < history.epochs[0]["loss"]
    before = read_checkpoint(backbone).stages.state_dict()
    for key, value in network.stages.state_dict().items():
        same = bool((value == before[key]).all())
        assert same == (int(key[0]) < LOW), key
    assert not network.training
