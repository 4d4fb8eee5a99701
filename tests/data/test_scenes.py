"""The drawn scenes as a data set: determinism, splits, sizes, masks, labels and parts, and what the scenes hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from wsss_viz.data.sample import IGNORE, Sample
from wsss_viz.data.scenes import CLASSES, COATS, SPLITS, Drawing, Scenes, Singles, draw, touching
from wsss_viz.errors import InputError

EXPECTED_PIXELS = {
    ("train", 0): {"bird": 4317},
    ("train", 1): {"bus": 2072, "cat": 1830},
    ("train", 13): {"bird": 3823},
    ("val", 2): {"bird": 950, "cow": 2080},
    ("val", 9): {"cow": 4387},
    ("test", 9): {"dog": 2116, "sofa": 2930},
    ("test", 17): {"dog": 4370},
}
ANIMALS = ("bird", "cat", "cow", "dog", "sheep")


def digest(sample: Sample | Drawing) -> str:
    assert sample.mask is not None
    assert sample.parts is not None
    return hashlib.sha256(sample.image.tobytes() + sample.mask.tobytes() + sample.parts.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def drawings() -> list[Drawing]:
    scenes = Scenes("train")
    return [scenes.drawing(i) for i in range(240)]


def test_the_ten_classes_are_vocs() -> None:
    assert CLASSES == ("bird", "boat", "bus", "cat", "cow", "dog", "horse", "sheep", "sofa", "train")
    assert COATS == ("plain", "stripes", "blotches", "saddle", "spots")


def test_the_same_seed_gives_the_same_bytes_also_from_threads() -> None:
    indices = [0, 3, 5, 7, 11, 200, 499] * 2
    one_by_one = [digest(Scenes("val")[i]) for i in indices]
    assert len(set(one_by_one)) == 7
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda i: digest(Scenes("val")[i]), indices)) == one_by_one


def test_the_global_random_state_is_neither_read_nor_moved() -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = digest(draw(5))
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert digest(draw(5)) == first


def test_scenes_stay_those_the_shipped_classifier_was_trained_on() -> None:
    """Pinned to a few pixels, so that another version of Pillow passes and another drawing does not."""
    for (split, index), counts in EXPECTED_PIXELS.items():
        sample = Scenes(split)[index]
        assert sample.mask is not None
        found = {name: int((sample.mask == CLASSES.index(name) + 1).sum()) for name in sample.labels or ()}
        assert found == pytest.approx(counts, abs=12)


def test_splits_and_singles_share_no_picture() -> None:
    seen: set[str] = set()
    for split in SPLITS:
        scenes, singles = Scenes(split), Singles(split)
        seen |= {digest(scenes[i]) for i in range(8)} | {digest(singles[i].sample) for i in range(8)}
    assert len(seen) == 3 * 16


def test_default_counts_names_and_sources() -> None:
    assert {split: len(Scenes(split)) for split in SPLITS} == {"train": 4000, "val": 500, "test": 1000}
    sample = Scenes("test")[17]
    assert (sample.name, sample.source, sample.classes) == ("test_000017", "scenes:test:17", CLASSES)
    assert sample.image.shape == (128, 128, 3)


def test_count_changes_the_length_and_no_scene() -> None:
    few, many = Scenes("val", count=3), Scenes("val", count=9000)
    assert (len(few), len(many)) == (3, 9000)
    assert digest(few[2]) == digest(many[2]) == digest(few[-1])
    assert [s.name for s in few] == ["val_000000", "val_000001", "val_000002"]
    assert [s.name for s in few[1:]] == ["val_000001", "val_000002"]
    with pytest.raises(IndexError, match="outside the 3 drawings"):
        few[3]
    with pytest.raises(IndexError, match="outside the 3 drawings"):
        few[-4]


def test_masks_parts_and_labels_agree(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        known = (drawing.mask > 0) & (drawing.mask != IGNORE)
        assert np.array_equal(drawing.parts > 0, known)
        assert set(np.unique(drawing.parts).tolist()) <= {0, 1, 2}
        counts = np.bincount(drawing.mask.ravel(), minlength=256)
        assert drawing.labels == tuple(name for i, name in enumerate(CLASSES) if counts[i + 1] > 0)
        assert all(counts[CLASSES.index(name) + 1] >= 40 for name in drawing.labels)


def test_no_scene_is_empty_and_none_holds_more_than_three_classes(drawings: list[Drawing]) -> None:
    counts = Counter(len(d.labels) for d in drawings)
    assert set(counts) == {1, 2, 3}
    assert 0.3 < counts[1] / len(drawings) < 0.55
    assert counts[3] / len(drawings) > 0.07


def test_foreground_is_about_a_quarter_and_bodies_are_larger_than_heads(drawings: list[Drawing]) -> None:
    assert np.mean([(d.mask > 0).mean() for d in drawings]) == pytest.approx(0.24, abs=0.025)
    for index, name in enumerate(CLASSES):
        parts = np.concatenate([d.parts[d.mask == index + 1] for d in drawings if name in d.labels])
        assert 0.52 < (parts == 2).mean() < 0.74, name


def test_heads_are_visible_where_their_class_is_a_label(drawings: list[Drawing]) -> None:
    hidden = [((d.mask == CLASSES.index(name) + 1) & (d.parts == 1)).sum() < 30 for d in drawings for name in d.labels]
    assert np.mean(hidden) < 0.02


def test_classes_are_balanced(drawings: list[Drawing]) -> None:
    shares = Counter(name for d in drawings for name in d.labels)
    for name in CLASSES:
        assert 0.10 < shares[name] / len(drawings) < 0.26, name


def test_boats_are_on_water_trains_on_rails_sofas_indoors(drawings: list[Drawing]) -> None:
    def share(name: str, setting: str) -> float:
        return float(np.mean([d.setting == setting for d in drawings if name in d.labels]))

    assert 0.85 < share("boat", "water") <= 1
    assert 0.85 < share("train", "rails") <= 1
    assert 0.65 < share("sofa", "room") < 1
    assert any("boat" not in d.labels for d in drawings if d.setting == "water")
    assert any("train" not in d.labels for d in drawings if d.setting == "rails")
    assert 0.04 < np.mean([d.setting == "photograph" for d in drawings]) < 0.16


def test_half_of_the_sofas_have_an_animal_on_them(drawings: list[Drawing]) -> None:
    sofas = [d for d in drawings if "sofa" in d.labels]
    shared = [d for d in sofas if touching(d.mask) and any(name in d.labels for name in ANIMALS)]
    assert 0.08 < len(shared) / len(drawings) < 0.18
    assert 0.4 < len(shared) / len(sofas) < 0.85


@pytest.mark.parametrize("size", [(32, 32), (160, 256), (256, 128), (97, 131)])
def test_any_size_is_drawn(size: tuple[int, int]) -> None:
    for sample in Scenes("test", count=4, size=size):
        assert sample.size == size
        assert sample.labels
        assert 0.03 < (sample.mask != 0).mean() < 0.7


def test_a_larger_picture_of_the_same_aspect_is_the_same_scene() -> None:
    for index in range(6):
        small, large = Scenes("test")[index], Scenes("test", size=(256, 256))[index]
        assert small.mask is not None
        assert large.mask is not None
        assert small.labels == large.labels
        assert (large.mask[::2, ::2] == small.mask).mean() > 0.97
        reduced = np.asarray(Image.fromarray(large.image).reduce(2), dtype=float)
        assert np.abs(reduced - small.image).mean() < 10


def test_a_wider_scene_is_not_a_stretched_one() -> None:
    """Heads keep their aspect: the extent of a single animal's head does not grow with the picture's width alone."""
    ratios = []
    for index in range(40):
        square, wide = Singles("train")[index], Singles("train", size=(128, 256))[index]
        if CLASSES[square.class_index] not in ("cat", "cow", "dog", "sheep"):
            continue
        for sample in (square.sample, wide.sample):
            rows, columns = np.nonzero(sample.parts == 1)
            ratios.append(np.ptp(columns) / np.ptp(rows))
    assert np.mean(ratios[1::2]) == pytest.approx(np.mean(ratios[::2]), rel=0.15)


def test_singles_hold_one_class_and_every_pair_of_class_and_coat() -> None:
    singles = [Singles("train")[i] for i in range(150)]
    for single in singles:
        assert single.sample.labels == (CLASSES[single.class_index],)
        assert single.fine_label == single.class_index * 5 + single.coat_index
    for class_index in range(len(CLASSES)):
        coats = {s.coat_index for s in singles if s.class_index == class_index}
        assert len(coats) >= 4
    assert all(16 <= n <= 46 for n in Counter(s.coat_index for s in singles).values())


def test_touching_wants_two_classes_side_by_side() -> None:
    mask = np.zeros((4, 5), dtype=np.uint8)
    mask[1, 1], mask[2, 2] = 3, 4
    assert not touching(mask)  # diagonal only
    mask[1, 2] = 3
    assert touching(mask)  # 3 above 4
    assert touching(np.array([[7, 2]], dtype=np.uint8))
    assert not touching(np.array([[7, 7, 0, 2]], dtype=np.uint8))
    assert not touching(np.array([[7, IGNORE, 2]], dtype=np.uint8))


def test_unknown_split_is_told_in_one_line() -> None:
    with pytest.raises(InputError, match=r"^there is no split 'dev' of the scenes: take one of train, val, test$"):
        Scenes("dev")
    with pytest.raises(InputError, match="take one of train, val, test"):
        Singles("trainval")


@pytest.mark.parametrize("size", [(31, 128), (128, 16), (2049, 128), (0, 0), (-128, 128)])
def test_sizes_that_cannot_be_drawn_are_told(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="each side must be from 32 to 2048"):
        Scenes("test", size=size)
    with pytest.raises(InputError, match="each side must be from 32 to 2048"):
        draw(1, size)


def test_a_size_that_is_none_and_a_negative_count_are_told() -> None:
    with pytest.raises(InputError, match="a scene's size is"):
        draw(1, (128, "wide"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="must not be negative"):
        Scenes("test", count=-1)
