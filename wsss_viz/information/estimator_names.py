"""The estimators' names and what may stand after the colon; what an address or a command line is checked against.

Apart from `estimators`, which brings scikit-learn.
"""

from __future__ import annotations

from wsss_viz.errors import InputError

__all__ = ["DEFAULTS", "ESTIMATORS", "FAMILIES", "check_estimator", "number_of"]

FAMILIES = ("logistic", "mlp")
ESTIMATORS = {
    "default": "the usual bins: width 1/15 for bounded activations, 0.07 for others",
    "bins": "equal intervals, so many on [-1, 1]; refused for unbounded activations",
    "idnns": "Shwartz-Ziv and Tishby's bins, so many points on [-1, 1]; refused for unbounded activations",
    "width": "bins of this width without ends",
    "range": "so many equal bins over the range of the whole run",
    "quantile": "so many bins that the activations of the whole run fill equally",
    "preactivation": "so many points on [-50, 50] before the nonlinearity; refused for the softmax",
    "mixture": "bounds of the layer with Gaussian noise of this variance",
    "noise": "the layer with Gaussian noise of this variance, by Monte Carlo",
    "noisy": "noise of this variance at every layer and passed on, by nested Monte Carlo",
    "ross": "nearest neighbours of this number, I(T;Y) of narrow layers only",
    "probe": "held-out probe of this family (logistic, mlp), I(T;Y) only",
}
DEFAULTS = {
    "bins": "30", "idnns": "30", "width": "0.07", "range": "100", "quantile": "30", "preactivation": "30",
    "mixture": "0.001", "noise": "0.001", "noisy": "0.1", "ross": "3", "probe": "logistic",
}  # fmt: skip


def check_estimator(text: str) -> tuple[str, str]:
    """(kind, value) of `KIND` or `KIND:VALUE`, the value filled in where it was left out.

    Raises:
        InputError: no such estimator, or a value it cannot have.

    Examples:
        >>> check_estimator("bins:30"), check_estimator("default")
        (('bins', '30'), ('default', ''))
        >>> check_estimator("bins:2.5")
        Traceback (most recent call last):
            ...
        wsss_viz.errors.InputError: `estimator` bins wants a whole number from 2 to 10000, got 2.5
    """
    kind, colon, value = text.strip().partition(":")
    if kind not in ESTIMATORS or (kind == "default" and colon):
        raise InputError(
            f"`estimator` is one of {', '.join(ESTIMATORS)}, all but the first with a value after a colon, got {text!r}"
        )
    value = value or DEFAULTS.get(kind, "")
    if kind == "probe" and value not in FAMILIES:
        raise InputError(f"`estimator` probe wants one of {', '.join(FAMILIES)} after the colon, got {value!r}")
    if kind not in ("probe", "default"):
        number_of(kind, value)
    return kind, value


def number_of(kind: str, value: str) -> float:
    """The number after the colon. Raises InputError where it is none, or out of the estimator's range.

    Examples:
        >>> number_of("bins", "30"), number_of("noise", "0.1")
        (30.0, 0.1)
    """
    try:
        number = float(value)
    except ValueError as error:
        raise InputError(f"`estimator` {kind} wants a number after the colon, got {value!r}") from error
    whole = kind in ("bins", "idnns", "range", "quantile", "preactivation", "ross")
    low, high = (2.0, 10_000.0) if whole and kind != "ross" else (1.0, 100.0) if whole else (1e-6, 1e3)
    if not low <= number <= high or (whole and number != int(number)):
        raise InputError(f"`estimator` {kind} wants a {'whole ' * whole}number from {low:g} to {high:g}, got {value}")
    return number
