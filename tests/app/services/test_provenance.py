"""What is said of the checkpoint is what the register says."""

from wsss_viz.app.services import checkpoints, provenance

SCORES = {
    "scenes:test": {"count": 1000, "map": 0.98765, "f1": 0.9},
    "evaluate": {
        "count": 300,
        "views": "multi-scale",
        "methods": {
            "cam": {
                "threshold": 0.29,
                "miou": 42.64,
                "interval": {"miou": [41.99, 43.28]},
                "part_recall": {"discriminative": 90.1, "non_discriminative": 41.4},
            }
        },
    },
}


def test_scores_are_printed_with_what_they_were_measured_on() -> None:
    assert provenance.measured(SCORES) == {
        "classification": "mAP 0.988, F1 0.900 on 1000 held-out scenes",
        "CAM": "mIoU 42.6 (42.0 to 43.3), 300 held-out scenes, multi-scale, threshold 0.29",
        "its recall": "90.1 of the discriminative parts, 41.4 of the others",
    }
    space = "\N{NO-BREAK SPACE}"
    expected = (
        f"On 300 held-out scenes, multi-scale, threshold 0.29, CAM covers 90{space}% of the discriminative parts and "
        f"41{space}% of the others."
    )
    assert provenance.held_out(SCORES) == expected


def test_what_was_not_measured_is_not_printed() -> None:
    assert provenance.measured({}) == {}
    assert provenance.held_out({}) == ""
    assert provenance.measured({"scenes:test": SCORES["scenes:test"]}).keys() == {"classification"}


def test_the_shipped_checkpoint_was_measured() -> None:
    scores = checkpoints.entry().scores
    assert provenance.measured(scores).keys() == {"classification", "CAM", "its recall"}
    assert provenance.held_out(scores)
