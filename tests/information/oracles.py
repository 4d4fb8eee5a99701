"""Values in closed form that the estimators are held to, in bits."""

import numpy as np


def white_noise_channel(ratio):
    """I(X;X+N) = 1/2 log2(1 + s) of Gaussian X and N at the signal-to-noise ratio s."""
    return float(np.log2(1 + ratio)) / 2
