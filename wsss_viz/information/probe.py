"""What a held-out probe finds: a lower bound of I(T;Y) that holds for features of any dimension. Bits.

I_V(T -> Y) = H(Y) - CE(Y | q(T)), with q from a family V (logistic, a small network), fitted on some samples and scored
on others. Whatever q, its expectation is at most I(T;Y) (D. Barber and F. Agakov, 2003), up to the sampling of the
scored samples; how far below depends on the family, so the family is part of the number (Y. Xu et al., "A theory of
usable information under computational constraints", ICLR 2020). It does not obey the data-processing inequality: a
layer may make easy for V what was hard before, so a curve that rises with depth is no mistake. Sources:
`docs/sources.md#probe`.

In-sample values are never given: with 512 features, 600 samples and random labels they reach 0.94 bits of nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from wsss_viz.errors import InputError
from wsss_viz.information.discrete import entropy_of
from wsss_viz.information.inputs import features, generator, same_length, symbols
from wsss_viz.information.result import MIResult, NotApplicable, Null

__all__ = [
    "FAMILIES",
    "FEWEST_GROUPS",
    "HIDDEN",
    "INNER_FOLDS",
    "MOST_EPOCHS",
    "PATIENCE",
    "REGULARISATIONS",
    "SAMPLES_PER_FEATURE",
    "STOPPING_FOLDS",
    "Array",
    "Codes",
    "probe_information",
]

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
REGULARISATIONS = tuple(float(C) for C in np.logspace(-5, 2, 8))
INNER_FOLDS = 3
STOPPING_FOLDS = 5
FEWEST_GROUPS = 5
SAMPLES_PER_FEATURE = 10
HIDDEN = 64
MOST_EPOCHS = 300
PATIENCE = 15


class _Probe(Protocol):
    def predict_proba(self, X: Array) -> Array: ...


_Fit = Callable[[Array, Codes, Codes, int], tuple[_Probe, dict[str, float]]]


def probe_information(
    values: ArrayLike,
    labels: ArrayLike,
    family: str = "logistic",
    *,
    groups: ArrayLike | None = None,
    held_out: ArrayLike | None = None,
    bootstraps: int = 1000,
    permutations: int = 0,
    seed: int = 0,
) -> MIResult:
    """I_V(T -> Y) = H(Y) - CE(Y | q(T)) on held-out samples, with q fitted on the rest.

    `logistic` is an L2-regularised multinomial regression on standardised features, its C chosen by inner
    cross-validation of the log loss; `mlp` has 64 ReLU units and stops by the log loss of a fifth of the fitting
    samples. Both choices see the fitting samples only. Never clipped: nothing found scores a little below 0.

    Args:
        values: T, (n, d), or (n,).
        labels: Y, (n,) discrete.
        family: V, one of `FAMILIES`.
        groups: (n,) the image of each sample, where several come from one: no image is both fitted and scored, and the
            bootstrap draws images. Each sample its own where None.
        held_out: (n,) bool, the samples to score; a stratified half where None.
        bootstraps: resamplings of the scored samples behind the 95 % interval; 0 for none.
        permutations: how often the fitting labels are shuffled and everything repeated, for the null; 0 for none.
        seed: of the split, the network's weights, the bootstrap and the shuffles.

    Raises:
        InputError: lengths differ, NaN, `family` unknown, `held_out` keeps or leaves nothing, or a group on both sides.
        NotApplicable: one class only, or a class with too few groups to be fitted, chosen by and scored.

    >>> import numpy as np
    >>> from wsss_viz.information.probe import probe_information
    >>> y = np.arange(100) % 2
    >>> T = 4 * y[:, None] + np.random.default_rng(0).normal(size=(100, 3))
    >>> result = probe_information(T, y, bootstraps=0)
    >>> result.n, result.cap_bits, result.value_bits > 0.5
    (50, 1.0, True)
    """
    T = features(values, "values")
    y, alphabet = symbols(labels, "labels")
    group = np.arange(len(y)) if groups is None else symbols(groups, "groups")[0]
    same_length(T, y, "values and labels")
    same_length(T, group, "values and groups")
    if len(alphabet) == 1:
        raise NotApplicable("one class only: H(Y) = 0, there is nothing to know")
    fit, test = _family(family), _split(y, group, held_out, seed)
    _check_classes(y, group, ~test, len(alphabet))
    surprise, choice = _surprise(fit, T, y, group, test, seed)
    value, h_y = _information(surprise, y[test]), float(entropy_of(np.bincount(y[test]) / test.sum()))
    null = _null(fit, T, y, group, test, permutations, seed) if permutations else None
    interval = _interval(surprise, y[test], group[test], bootstraps, seed) if bootstraps else None
    fitted, d = len(T) - len(surprise), T.shape[1]
    params = {"family": family, "d": d, "fitted": fitted, **choice, "seed": seed}
    notes = _notes(fitted, d, value, null)
    return MIResult(value, "held-out probe", params, len(surprise), h_y, interval, notes, "I_V(T->Y)", null)


def _surprise(
    fit: _Fit, T: Array, y: Codes, group: Codes, test: NDArray[np.bool_], seed: int
) -> tuple[Array, dict[str, float]]:
    """-log2 q(y|t) of the held-out samples, and what the fit chose."""
    X = StandardScaler().fit(T[~test]).transform(T)
    probe, choice = fit(X[~test], y[~test], group[~test], seed)
    q = probe.predict_proba(X[test])[np.arange(int(test.sum())), y[test]]
    return -np.log2(np.maximum(q, np.finfo(float).tiny)), choice


def _null(fit: _Fit, T: Array, y: Codes, group: Codes, test: NDArray[np.bool_], permutations: int, seed: int) -> Null:
    """The value with the fitting labels shuffled; whole groups where a group has one label, as regions of an image."""
    random, train = generator(seed, "probe permutations"), np.flatnonzero(~test)
    names, first, member = np.unique(group[train], return_index=True, return_inverse=True)
    together = (y[train][first][member] == y[train]).all()
    values = []
    for _ in range(permutations):
        shuffled = y.copy()
        order = random.permutation(len(names) if together else len(train))
        shuffled[train] = y[train][first][order][member] if together else y[train][order]
        values.append(_information(_surprise(fit, T, shuffled, group, test, seed)[0], y[test]))
    return Null(float(np.mean(values)), float(np.quantile(values, 0.95)), permutations)


def _split(y: Codes, group: Codes, held_out: ArrayLike | None, seed: int) -> NDArray[np.bool_]:
    """(n,) which samples are scored."""
    test = np.zeros(len(y), dtype=bool)
    if held_out is not None:
        test = np.asarray(held_out)
        if test.dtype != bool or test.shape != y.shape:
            raise InputError(f"`held_out` wants one bool per sample, got {test.shape} {test.dtype}")
        if test.all() or not test.any():
            raise InputError("`held_out` wants samples on both sides, to fit and to score")
        both = np.intersect1d(group[test], group[~test])
        if len(both):
            raise InputError(f"{len(both)} groups are both fitted and scored; keep an image on one side")
        return test
    if len(np.unique(group)) < 2:
        raise NotApplicable("one group only; a held-out score wants groups on both sides")
    if np.bincount(y).min() < 2:
        raise NotApplicable("a class has one sample; it cannot be both fitted and scored")
    test[next(_folds(y, group, 2, seed))[1]] = True
    return test


def _folds(y: Codes, group: Codes, folds: int, seed: int) -> Iterator[tuple[Codes, Codes]]:
    """Stratified folds that keep a group together; the plain ones, which are faster, where every sample is one."""
    if len(np.unique(group)) == len(group):
        return StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y)
    return StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(y, y, group)


def _check_classes(y: Codes, group: Codes, train: NDArray[np.bool_], classes: int) -> None:
    for label in range(classes):
        here = y == label
        fitted, scored = (len(np.unique(group[here & side])) for side in (train, ~train))
        if fitted < FEWEST_GROUPS or scored < 1:
            raise NotApplicable(
                f"a class has {fitted} groups to fit and {scored} to score; at least {FEWEST_GROUPS} and 1 are needed"
            )


def _information(surprise: Array, y: Codes) -> float:
    return float(entropy_of(np.bincount(y) / len(y)) - surprise.mean())


def _interval(surprise: Array, y: Codes, group: Codes, bootstraps: int, seed: int) -> tuple[float, float]:
    """The middle 95 % of the value over resampled groups, H(Y) resampled with them."""
    names, member = np.unique(group, return_inverse=True)
    counts = np.zeros((len(names), int(y.max()) + 1))
    np.add.at(counts, (member, y), 1)
    totals = np.bincount(member, weights=surprise)
    random = generator(seed, "probe bootstrap")
    draws = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=bootstraps)
    masses = draws @ counts
    sizes = masses.sum(axis=1)
    values = entropy_of(masses / sizes[:, None], axis=1) - draws @ totals / sizes
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _notes(fitted: int, d: int, value: float, null: Null | None) -> tuple[str, ...]:
    notes = ["a lower bound of I(T;Y) up to the sampling of the scored samples; other families may find more"]
    if fitted < SAMPLES_PER_FEATURE * d:
        notes.append(f"{fitted} fitted samples for {d} features: fewer than {SAMPLES_PER_FEATURE} per feature")
    if value < 0:
        notes.append("below zero: on held-out samples the probe does worse than the class shares alone; not clipped")
    if null is not None and value <= null.upper_bits:
        notes.append("not above 95 % of the shuffled fits: nothing shown")
    return tuple(notes)


def _fit_logistic(X: Array, y: Codes, group: Codes, seed: int) -> tuple[_Probe, dict[str, float]]:
    losses = np.zeros(len(REGULARISATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the loosest C on separable data; the scores decide
        for inner, outer in _inner_folds(y, group, INNER_FOLDS, seed):
            probe = LogisticRegression(warm_start=True, max_iter=200)
            for index, C in enumerate(REGULARISATIONS):
                probe.set_params(C=C).fit(X[inner], y[inner])
                losses[index] += log_loss(y[outer], probe.predict_proba(X[outer]), labels=probe.classes_)
        C = REGULARISATIONS[int(np.argmin(losses))]
        return LogisticRegression(C=C, max_iter=500).fit(X, y), {"C": C}


def _fit_mlp(X: Array, y: Codes, group: Codes, seed: int) -> tuple[_Probe, dict[str, float]]:
    inner, outer = next(_inner_folds(y, group, STOPPING_FOLDS, seed))
    probe = MLPClassifier((HIDDEN,), alpha=1e-3, batch_size=min(64, len(inner)), random_state=seed)
    best, epochs, best_probe = np.inf, 0, probe
    for epoch in range(1, MOST_EPOCHS + 1):
        probe.partial_fit(X[inner], y[inner], classes=np.unique(y))
        loss = log_loss(y[outer], probe.predict_proba(X[outer]), labels=probe.classes_)
        if loss < best:
            best, epochs, best_probe = loss, epoch, deepcopy(probe)
        elif epoch >= epochs + PATIENCE:
            break
    return best_probe, {"hidden": HIDDEN, "epochs": epochs}


def _inner_folds(y: Codes, group: Codes, folds: int, seed: int) -> Iterator[tuple[Codes, Codes]]:
    """Folds of the fitting samples, without those that would leave a class out of the fit."""
    any_fold = False
    for inner, outer in _folds(y, group, folds, seed):
        if len(np.unique(y[inner])) == len(np.unique(y)):
            any_fold = True
            yield inner, outer
    if not any_fold:
        raise NotApplicable("a class's samples are in too few groups to choose the probe by; take more images")


_FITS: dict[str, _Fit] = {"logistic": _fit_logistic, "mlp": _fit_mlp}
FAMILIES = tuple(_FITS)


def _family(name: str) -> _Fit:
    if name not in _FITS:
        raise InputError(f"`family` is one of {', '.join(FAMILIES)}, got {name!r}")
    return _FITS[name]
