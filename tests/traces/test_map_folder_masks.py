"""Pseudo masks of others whose numbers cannot be those of the data set are scored with a warning."""

import numpy as np
import pytest

from tests.data.inputs import boxes, mask_file, voc
from wsss_viz.data import open as open_data
from wsss_viz.data.audit import audit
from wsss_viz.evaluation.stored_report import stored_report
from wsss_viz.traces.map_folder import MapFolder


@pytest.mark.parametrize(
    ("numbers", "kinds", "about"),
    [
        ((12, 15), [], []),
        ((12, 8), [], []),  # a class too many may be a wrong prediction
        ((11, 14), ["maps-other-classes"], ["diningtable, motorbike"]),
        ((255,), ["maps-0-255"], []),
    ],
)
def test_pseudo_masks_in_other_numbers(tmp_path, numbers, kinds, about):
    data = f"voc:{voc(tmp_path / 'voc', boxes(12, 15))}:train"
    mask_file(tmp_path / "maps" / "2007_000032.png", boxes(*numbers))
    findings = stored_report(tmp_path / "maps", data).get("findings", [])
    assert [finding["kind"] for finding in findings] == kinds
    assert [detail for finding in findings for detail in finding["details"]] == about
    samples = open_data(data)
    maps = MapFolder(tmp_path / "maps", samples.numbering)
    named = [finding.kind for finding in audit(samples, maps=maps).findings]
    assert named == kinds


def test_maps_that_are_no_scores_are_refused_by_their_type(tmp_path):
    data = f"voc:{voc(tmp_path / 'voc', boxes(12, 15))}:train"
    (tmp_path / "maps").mkdir()
    maps = np.stack([boxes(12) > 0, boxes(15) > 0])
    np.save(tmp_path / "maps" / "2007_000032.npy", {"keys": np.array([11, 14]), "high_res": maps})
    (finding,) = audit(open_data(data), maps=MapFolder(tmp_path / "maps", open_data(data).numbering)).findings
    assert finding.kind == "maps-unreadable"
    assert "maps of bool" in finding.details[0]
