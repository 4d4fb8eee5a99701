"""The pipeline: its stages, begun again, and on a folder in VOC's layout."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from wsss_viz.cli import group
from wsss_viz.data.images import read_mask_file
from wsss_viz.data.sources import open as open_data
from wsss_viz.data.voc_writer import write_voc
from wsss_viz.errors import InputError
from wsss_viz.refinement import refiner
from wsss_viz.traces.storage import read_maps
from wsss_viz.training.drawings import Drawings
from wsss_viz.training.pipeline import SCHEDULE, trained


def pipeline(out, data, *arguments):
    given = ("pipeline", "--data", data, "--views", "single", "--epochs", 1, "--out", out, *arguments)
    return CliRunner().invoke(group, [str(argument) for argument in given], standalone_mode=False)


def test_each_stage_on_a_voc_folder_and_again(tmp_path):
    write_voc(open_data("scenes:val")[:11], tmp_path / "voc", "train")
    data, out = f"voc:{tmp_path / 'voc'}:train", tmp_path / "out"
    arguments = ("--refine", "crf:irn@0.3", "--score-limit", 3)
    first = pipeline(out, data, *arguments)
    assert first.exception is None, first.output
    report = json.loads((out / "report.json").read_text())
    assert report["pseudo_masks"]["count"] == 11
    assert report["pseudo_masks"]["miou"] > 20
    assert (report["scored_on"], report["network"]["count"]) == (data, 3)
    samples = open_data(data)
    sample = samples[2]
    stored = read_maps(out / "maps" / f"{sample.name}.npz")
    by = refiner("crf:irn@0.3")
    wanted = by.masks(sample.image, stored.maps)[0]
    mask = samples.numbering.read(Path("m.png"), read_mask_file(out / "masks" / f"{sample.name}.png"))[0]
    lookup = np.array([0, *(samples.classes.index(key) + 1 for key in stored.keys)])
    np.testing.assert_array_equal(mask, lookup[wanted])
    weights = (out / "segmenter.safetensors").read_bytes()
    again = pipeline(out, data, *arguments)
    assert again.exception is None, again.output
    assert "0 files written" in again.output
    assert (out / "segmenter.safetensors").read_bytes() == weights
    assert json.loads((out / "report.json").read_text())["network"] == report["network"]
    other = pipeline(out, data, "--refine", "pamr")
    assert isinstance(other.exception, InputError)
    assert "another run" in str(other.exception)


def test_a_network_of_other_settings_is_not_taken_for_this_ones(tmp_path):
    path = tmp_path / "s.safetensors"
    path.write_bytes(b"x")
    path.with_suffix(".json").write_text("{}")
    drawn = Drawings(torch.zeros(2, 3, 8, 8), torch.zeros(2, 8, 8))
    with pytest.raises(InputError, match="other settings"):
        trained(path, Path("b"), drawn, (), {}, SCHEDULE, lambda items, title: items)
