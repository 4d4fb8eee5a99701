"""Class lists in which one line read wrongly would move every number after it."""

import json

import pytest

from wsss_viz.data.class_sets import read_class_list
from wsss_viz.errors import InputError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\ncat\ndog\n", "reads as a heading"),
        ("label\ncat\ndog\n", "reads as a heading"),
        ("unlabeled\nroad\nsky\n", "background or class 1"),
        ("none\ncat\n", "background or class 1"),
        ("cat, dog, bird\n", "one line with commas"),
        ("['background', 'cat', 'dog']\n", "one line with commas"),
        ("0. background\n1. cat\n", "more than a name"),
        ("0. cat\n1. dog\n", "more than a name"),
        ("0) cat\n1) dog\n", "more than a name"),
        ("0 - background\n1 - cat\n", "more than a name"),
        ("[0] background\n[1] cat\n", "more than a name"),
        ("0.0: background\n1.0: cat\n", "more than a name"),
        ('"background"\n"cat"\n', "more than a name"),
        ("back ground\ncat\n", "more than a name"),
        ("cat,\ndog,\n", "more than a name"),
        ("#classes\ncat\n", "more than a name"),
        ("background 0 0 0\ncat 255 0 0\n", "more than a name"),
        ("0,background,0,0,0\n1,cat,255,0,0\n", "more than a name"),
        ("name,trainId\nego vehicle,255\nunlabeled,255\nroad,0\n", "leave its lines out"),
    ],
)
def test_what_is_more_than_names_is_refused(tmp_path, text, said):
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(InputError, match=said):
        read_class_list(tmp_path / "classes.txt")


@pytest.mark.parametrize(
    "text", ["3.5 mm jack\ncup (red)\n", "class 1\nclass 2\n", "cat\nvoid\n", "C++\n-1\n", "other\nwall\n", "name\n"]
)
def test_plain_names_are_read(tmp_path, text):
    (tmp_path / "classes.txt").write_text(text)
    assert list(read_class_list(tmp_path / "classes.txt").names) == text.split("\n")[:-1]


def test_names_of_a_yaml(tmp_path):
    file = tmp_path / "data.yaml"
    file.write_text("names:  # ours\n  0: cat\n  1: dog\nnc: 2\n")
    assert (read_class_list(file).names, read_class_list(file).numbers) == (("cat", "dog"), (0, 1))
    file.write_text('names: ["light, red", "dog"]\n')
    with pytest.raises(InputError, match="comma"):
        read_class_list(file)


def test_numbers_to_pairs_are_no_names(tmp_path):
    (tmp_path / "classes.json").write_text(json.dumps({"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}))
    with pytest.raises(InputError, match="no class list"):
        read_class_list(tmp_path / "classes.json")
