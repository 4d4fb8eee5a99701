"""How colours look, and how far apart, to normal sight and to dichromats: the formulas of their papers."""

import numpy as np

DICHROMATS = (  # Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1.0, on linear RGB
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


def lab(linear):
    """(N, 3) linear sRGB to CIELAB, D65."""
    xyz = linear @ np.array(TO_XYZ).T / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def ciede2000(one, other):
    """Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005."""
    mean_chroma = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    g = 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25**7)))
    (l1, a1, b1), (l2, a2, b2) = one, other
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    dl, dc, dh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    cosines = [np.cos(np.radians(k * hue + at)) for k, at in ((1, -30), (2, 0), (3, 6), (4, -63))]
    t = 1 + np.dot((-0.17, 0.24, 0.32, -0.20), cosines)
    s_l = 1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turned = np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    r = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * turned
    return np.sqrt((dl / s_l) ** 2 + (dc / s_c) ** 2 + (dh / s_h) ** 2 + r * (dc / s_c) * (dh / s_h))


def linear(colours):
    """(N, 3) linear sRGB of colours as #rrggbb or as (R, G, B) to 255."""
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] if isinstance(c, str) else c for c in colours]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def least_differences(colours):
    """The least CIEDE2000 over the four sights, of each pair (i, j) with j < i."""
    light = linear(colours)
    seen = [lab(light), *(lab(np.clip(light @ np.array(m).T, 0, 1)) for m in DICHROMATS)]
    pairs = [(i, j) for i in range(len(colours)) for j in range(i)]
    return {(i, j): min(ciede2000(each[i], each[j]) for each in seen) for i, j in pairs}


def contrast(one, other):
    """WCAG 2's contrast of two colours, 1 to 21."""
    luminance = linear([one, other]) @ np.array(TO_XYZ[1])
    return (luminance.max() + 0.05) / (luminance.min() + 0.05)


def mixed(colour, ground, opacity):
    """The colour over a ground, as (R, G, B) to 255."""
    one, other = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (colour, ground))
    return tuple(opacity * one + (1 - opacity) * other)
