"""The drawn videos: the same bytes for the same index, and a truth that is as the file says."""

import itertools

import numpy as np
import pytest

from wsss_viz.data.sequences import ACTIONS, DISCRIMINATIVE, FRAME_SIZE, LENGTH, NON_DISCRIMINATIVE, Sequences
from wsss_viz.data.sequences.poses import MOMENTS, between, moment, running
from wsss_viz.errors import InputError

VIDEOS = [Sequences("val")[i] for i in range(25)]


def bouts(video):
    """(action, [moments]) of each stretch of one action."""
    stretches = itertools.groupby(zip(video.truth, video.moments, strict=True), key=lambda pair: pair[0])
    return [(int(action), [int(moment) for _, moment in frames]) for action, frames in stretches if action]


def test_an_action_is_a_run_up_a_moment_and_a_run_out():
    actions = [bout for video in VIDEOS for bout in bouts(video)]
    assert {action for action, _ in actions} == {1, 2, 3}
    for _, moments in actions:
        kinds = [(kind, len(list(frames))) for kind, frames in itertools.groupby(moments)]
        assert [kind for kind, _ in kinds] == [NON_DISCRIMINATIVE, DISCRIMINATIVE, NON_DISCRIMINATIVE]
        before, peak, after = (frames for _, frames in kinds)
        assert 8 <= before <= 12
        assert 5 <= peak <= 6
        assert 4 <= after <= 7


def test_labels_are_what_is_in_the_video():
    for video in VIDEOS:
        assert video.frames.shape == (LENGTH, FRAME_SIZE, FRAME_SIZE, 3)
        assert video.labels == tuple(ACTIONS[c - 1] for c in np.unique(video.truth) if c)
        assert ((video.truth == 0) == (video.moments == 0)).all()
        assert video.label_vector().tolist() == [float(action in video.labels) for action in ACTIONS]
    assert {len(video.labels) for video in VIDEOS} == {0, 1, 2}


def test_a_video_depends_on_split_and_index_alone():
    again = Sequences("val", count=8)[7]
    assert (again.frames == VIDEOS[7].frames).all()
    assert (Sequences("test")[7].frames != again.frames).any()
    large = Sequences("val", side=48)[7]
    assert (large.truth == again.truth).all()
    shrunk = large.frames.reshape(LENGTH, 24, 2, 24, 2, 3).mean(axis=(2, 4))
    assert np.abs(shrunk - again.frames).mean() < 8
    assert Sequences("val")[-1].name == f"val_{len(Sequences('val')) - 1:06d}"


def test_the_rest_of_an_action_is_drawn_from_the_same_poses_whatever_the_action():
    """Mean pictures of the rest differ between actions no more than between two halves of one action's videos."""
    frames = {action: [] for action in ACTIONS}
    for i in range(60):
        video = Sequences("train")[i]
        for c, action in enumerate(ACTIONS, start=1):
            chosen = (video.truth == c) & (video.moments == NON_DISCRIMINATIVE)
            if chosen.any():
                frames[action].append(video.frames[chosen].astype(float).mean(axis=(0, 3)))
    means = {action: np.mean(found, axis=0) for action, found in frames.items()}
    within = np.abs(np.mean(frames["kick"][::2], axis=0) - np.mean(frames["kick"][1::2], axis=0)).mean()
    across = np.mean([np.abs(means[a] - means[b]).mean() for a, b in itertools.combinations(ACTIONS, 2)])
    assert across < 1.5 * within


def test_poses_between_keys():
    first, second = MOMENTS["kick"][:2]
    assert between(first, second, 0.25).thigh == pytest.approx(-55 + 0.25 * 75)
    assert moment("kick", 0) == first
    assert moment("kick", 1) == MOMENTS["kick"][-1]
    assert moment("kick", 0.25) == pytest.approx(second)
    assert running(0.3) == pytest.approx(running(1.3))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sequences("nowhere"), "no split"),
        (lambda: Sequences("test", count=-1), "negative"),
        (lambda: Sequences("test", side=8), "from 16 to 512"),
    ],
)
def test_what_cannot_be_drawn_is_said(make, says):
    with pytest.raises(InputError, match=says):
        make()
    with pytest.raises(IndexError):
        Sequences("test", count=3)[3]
