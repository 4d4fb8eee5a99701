"""The 12-bit data set against the counts that identify it."""

import itertools

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from wsss_viz.data import icosahedron


def test_geometry_has_thirty_edges_and_six_antipodal_pairs():
    edges, antipodes = icosahedron.adjacency()
    assert edges.sum(axis=0).tolist() == [5] * 12
    assert antipodes.sum(axis=0).tolist() == [1] * 12
    triangles = np.trace(np.linalg.matrix_power(edges.astype(int), 3)) // 6
    assert triangles == 20
    np.testing.assert_allclose(np.linalg.norm(icosahedron.vertices(), axis=1), 1)


def test_patterns_are_all_different_and_in_binary_order():
    patterns = icosahedron.patterns()
    assert patterns.shape == (4096, 12)
    np.testing.assert_array_equal(patterns @ (2 ** np.arange(11, -1, -1)), np.arange(4096))


def test_label_counts():
    labels = icosahedron.labels()
    weight = icosahedron.patterns().sum(axis=1)
    assert labels.sum() == 2118
    assert labels.mean() == 0.51708984375
    assert np.bincount(weight, weights=labels).tolist() == [0, 0, 0, 0, 0, 60, 532, 732, 495, 220, 66, 12, 1]


def test_label_entropy():
    p = icosahedron.labels().mean()
    assert -p * np.log2(p) - (1 - p) * np.log2(1 - p) == pytest.approx(0.9991571208502711, abs=1e-15)


def test_every_bit_alone_says_the_same():
    patterns, labels = icosahedron.patterns(), icosahedron.labels()
    for bit in range(12):
        assert labels[patterns[:, bit] == 1].mean() == 0.625
        assert labels[patterns[:, bit] == 0].mean() == 0.4091796875


def test_cells_and_exclusions():
    counts, labels = icosahedron.pair_counts(), icosahedron.labels()
    cells = np.unique(counts, axis=0)
    assert len(cells) == 64
    assert int(((counts[:, 0] == 7) & (labels == 0)).sum()) == 60
    for cell in cells:
        assert len(np.unique(labels[(counts == cell).all(axis=1)])) == 1


def test_rule_is_not_linear_in_the_counts():
    counts, labels = icosahedron.pair_counts(), icosahedron.labels()
    assert LogisticRegression(C=1e6, max_iter=2000).fit(counts, labels).score(counts, labels) < 1


def symmetries(rotations_only):
    """The vertex permutations (12,) of isometries; three independent vertices fix one: all their images are tried."""
    points = icosahedron.vertices()
    base = points[[0, *np.flatnonzero(icosahedron.adjacency()[0][0])[:2]]]
    for triple in itertools.permutations(range(icosahedron.BITS), 3):
        image = points[list(triple)]
        if np.allclose(image @ image.T, base @ base.T):
            isometry = np.linalg.solve(base, image)
            if np.linalg.det(isometry) > 0 or not rotations_only:
                yield np.argmax(points @ isometry @ points.T, axis=1)


@pytest.mark.parametrize(("rotations_only", "group", "expected"), [(False, 120, 82), (True, 60, 96)])
def test_label_is_constant_on_orbits(rotations_only, group, expected):
    permutations = list(symmetries(rotations_only))
    assert len(np.unique(permutations, axis=0)) == group
    weights = 2 ** np.arange(icosahedron.BITS)
    images = [icosahedron.patterns()[:, one] @ weights for one in permutations]
    names, members = np.unique(np.min(images, axis=0), return_inverse=True)
    assert len(names) == expected
    ones = np.bincount(members, weights=icosahedron.labels())
    assert np.all((ones == 0) | (ones == np.bincount(members)))


def test_tables_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        icosahedron.labels()[0] = 1
