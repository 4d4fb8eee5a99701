"""Values in closed form that the estimators are held to, in bits."""

import numpy as np


def gaussian_information(covariance, split):
    """I(X;Y) = 1/2 log2(|S_x| |S_y| / |S|) of a joint Gaussian whose first `split` coordinates are X."""
    S = np.asarray(covariance, dtype=float)
    x, y, both = (np.linalg.slogdet(block)[1] for block in (S[:split, :split], S[split:, split:], S))
    return float(x + y - both) / 2 / np.log(2)


def white_noise_channel(ratio):
    """I(X;X+N) = 1/2 log2(1 + s) of Gaussian X and N at the signal-to-noise ratio s."""
    return float(np.log2(1 + ratio)) / 2
