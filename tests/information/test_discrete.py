"""Tables with known entropies, the bias of the plug-in, and what must hold for any table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from wsss_viz.errors import InputError
from wsss_viz.information import NotApplicable
from wsss_viz.information import discrete as d

TABLES = {  # table: H(X), H(Y), H(X,Y), I(X;Y); rows are X
    "copy": ([[0.5, 0], [0, 0.5]], 1, 1, 1, 1),
    "independent": ([[0.25, 0.25], [0.25, 0.25]], 1, 1, 2, 0),
    "swap": ([[0, 0.5], [0.5, 0]], 1, 1, 1, 1),
    "nine in ten": ([[0.45, 0.05], [0.05, 0.45]], 1, 1, 1.468996, 0.531004),
    "four in five": ([[0.4, 0.1], [0.1, 0.4]], 1, 1, 1.721928, 0.278072),
    "three in four": (np.array([[3, 1], [1, 3]]) / 8, 1, 1, 1.811278, 0.188722),
    "skewed": ([[0.5, 0.25], [0, 0.25]], 0.811278, 1, 1.5, 0.311278),
    "constant": ([[1, 0], [0, 0]], 0, 0, 0, 0),
    # Cover and Thomas, example 2.2.1; there X is along the columns, here along the rows
    "Cover and Thomas": (
        np.array([[4, 2, 1, 1], [2, 4, 1, 1], [2, 2, 2, 2], [8, 0, 0, 0]]) / 32,
        2,
        1.75,
        3.375,
        0.375,
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_known_tables(name):
    table, h_x, h_y, h_xy, information = TABLES[name]
    m = d.table_measures(table)
    found = [m.x, m.y, m.joint, m.information, m.x_given_y, m.y_given_x, m.variation]
    expected = [h_x, h_y, h_xy, information, h_xy - h_y, h_xy - h_x, 2 * h_xy - h_x - h_y]
    assert [result.value_bits for result in found] == pytest.approx(expected, abs=1e-6)
    assert all(np.copysign(1, result.value_bits) == 1 for result in found), "a zero is printed as 0, not -0"
    assert d.mutual_information(table) == m.information


def test_entropy_of_a_distribution():
    result = d.entropy([0.5, 0.25, 0.25])
    assert (result.value_bits, result.n, result.estimator, result.quantity) == (1.5, None, "exact table", "H(X)")
    assert result.cap_bits == pytest.approx(np.log2(3))


joint_tables = (
    arrays.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(0, 1))
    .filter(lambda table: table.sum() > 1e-3)
    .map(lambda table: table / table.sum())
)


@given(joint_tables, st.randoms(use_true_random=False))
def test_properties_of_any_table(table, random):
    m = d.table_measures(table)
    information = m.information.value_bits
    assert -1e-12 <= information <= min(m.x.value_bits, m.y.value_bits) + 1e-12
    assert m.joint.value_bits >= max(m.x.value_bits, m.y.value_bits) - 1e-12
    assert d.mutual_information(table.T).value_bits == pytest.approx(information, abs=1e-12)
    for axis in (0, 1):
        order = random.sample(range(table.shape[axis]), table.shape[axis])
        relabelled = d.mutual_information(np.take(table, order, axis=axis))
        assert relabelled.value_bits == pytest.approx(information, abs=1e-12)
    for result in (m.x, m.y, m.joint, m.information, m.x_given_y, m.y_given_x, m.variation):
        assert result.value_bits <= result.cap_bits + 1e-12


@given(joint_tables, st.integers(0, 2**32 - 1))
def test_samples_agree_with_the_table_of_their_frequencies(table, seed):
    cells = np.random.default_rng(seed).choice(table.size, size=60, p=table.ravel())
    x, y = np.unravel_index(cells, table.shape)
    plug_in = d.sample_information(x, y, shuffles=0)
    assert plug_in.value_bits == pytest.approx(
        d.mutual_information(contingency_matrix(x, y) / len(x)).value_bits, abs=1e-12
    )
    assert plug_in.value_bits == pytest.approx(mutual_info_score(x, y) / np.log(2), abs=1e-9)
    relabelled = d.sample_information(np.array(list("edcba"))[x], 10 - y, shuffles=0)
    assert relabelled.value_bits == pytest.approx(plug_in.value_bits, abs=1e-12)


@pytest.mark.parametrize(
    ("K", "L", "n", "measured"), [(10, 10, 1000, 0.0576), (30, 2, 500, 0.0406), (2, 2, 100, 0.0067)]
)
def test_bias_under_independence_and_its_correction(K, L, n, measured):
    generator = np.random.default_rng(0)
    pairs = [(generator.integers(K, size=n), generator.integers(L, size=n)) for _ in range(400)]
    values = np.array([d.sample_information(x, y, shuffles=0).value_bits for x, y in pairs])
    corrected = [d.sample_information(x, y, "miller_madow", shuffles=0).value_bits for x, y in pairs]
    formula = (K - 1) * (L - 1) / (2 * n * np.log(2))
    assert values.mean() == pytest.approx(measured, abs=0.003)
    assert values.mean() == pytest.approx(formula, abs=0.003)
    assert abs(np.mean(corrected)) < 0.1 * formula


def test_plug_in_is_near_the_truth_and_its_interval_covers_it():
    channel = stats.bernoulli(0.1)
    covered = 0
    for seed in range(100):
        x = np.random.default_rng(seed).integers(2, size=2000)
        result = d.sample_information(x, x ^ channel.rvs(2000, random_state=seed), shuffles=0)
        assert result.value_bits == pytest.approx(0.531004, abs=0.09)
        covered += result.ci[0] <= 0.531004 <= result.ci[1]
    assert 88 <= covered <= 100


def test_null_says_what_nothing_looks_like():
    generator = np.random.default_rng(1)
    x, y = generator.integers(10, size=1000), generator.integers(10, size=1000)
    nothing = d.sample_information(x, y)
    assert nothing.null.mean_bits == pytest.approx(0.0576, abs=0.003)
    assert nothing.null.mean_bits < nothing.null.upper_bits < 0.09
    something = d.sample_information(x, (x + generator.integers(2, size=1000)) % 10)
    assert something.value_bits > 10 * something.null.upper_bits
    assert not any("no dependence" in note for note in something.notes)
    assert d.sample_information(x, y, seed=3).null == d.sample_information(x, y, seed=3).null


def test_a_constant_is_marked():
    result = d.sample_information(np.zeros(50), np.arange(50) % 2)
    assert result.value_bits == 0
    assert any("constant" in note for note in result.notes)
    assert any("no dependence" in note for note in result.notes)


def test_few_samples_are_marked():
    generator = np.random.default_rng(0)
    few = d.sample_information(generator.integers(30, size=500), generator.integers(30, size=500), shuffles=0)
    assert any("below 5 K L = 4500" in note for note in few.notes)
    many = d.sample_information(generator.integers(2, size=500), generator.integers(2, size=500), shuffles=0)
    assert many.notes == ()
    continuous = d.sample_information(generator.normal(size=64), generator.integers(2, size=64), shuffles=0)
    assert continuous.value_bits == pytest.approx(continuous.cap_bits)
    assert any("symbol of its own" in note for note in continuous.notes)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[0.5, 0.6], [0.1, -0.2]], "negative entry, -0.2"),
        ([[0.5, 0.6], [0.1, 0.2]], "sums to 1.4"),
        ([[0.5, np.nan], [0.1, 0.2]], "NaN"),
        ([0.5, 0.5], "2 dimensions"),
        (np.zeros((0, 2)), "2 dimensions"),
        ([[0.5, 0.5], [0]], "different lengths"),
        ([["a", "b"]], "real numbers"),
    ],
)
def test_bad_tables_are_refused(table, message):
    with pytest.raises(InputError, match=message) as caught:
        d.table_measures(table)
    assert "\n" not in str(caught.value)


def test_bad_samples_are_refused():
    with pytest.raises(InputError, match="got 3 and 4"):
        d.sample_information([1, 2, 3], [1, 2, 3, 4])
    with pytest.raises(InputError, match="NaN"):
        d.sample_information([1, np.nan, 3], [1, 2, 3])
    with pytest.raises(InputError, match="miller_madow"):
        d.sample_information([1, 2], [1, 2], correction="jackknife")
    with pytest.raises(InputError, match="the samples show 3 and 1 symbols"):
        d.sample_information([1, 2, 3], [1, 1, 1], alphabet=(2, 1))
    with pytest.raises(NotApplicable, match="n = 3 samples cannot show an alphabet of 8 symbols"):
        d.sample_information([1, 2, 3], [1, 1, 1], alphabet=(8, 2))
