"""What RIB's own figure shows, read off its picture: never measured here."""

from __future__ import annotations

__all__ = ["HGR", "LAYERS", "NOTE", "UNVERIFIED"]

NOTE = "read off figure 1 (c) of RIB (NeurIPS 2021), ±0.02"
LAYERS = ("G1", "G2", "G3", "G4", "G5", "G6")
HGR = {
    "discriminative": (1.00, 1.00, 0.98, 0.93, 0.62, 0.39),
    "non_discriminative": (1.00, 1.00, 1.00, 1.00, 0.88, 0.12),
    "irrelevant": (1.00, 0.04, 0.09, 0.03, 0.03, 0.05),
}
"""By region, G_1 to G_6; `docs/sources.md#hgr`."""

UNVERIFIED = (
    "The full paper was not at hand. Threshold (0.3), division by the map's own maximum and absolute values are "
    "inferred from its figure, hence the band from 0.2 to 0.4.",
    "That G sums a layer over channels and places, that there are five convolutions and one fully connected layer, and "
    "the canvas' size are recalled or inferred, not verified.",
    "Digits, canvas, widths, training and the shapes' sizes are our own: the dotted line is another network on "
    "other pictures, and no agreement is claimed.",
    "The toy's network without the sigmoid is trained that way from the start; RIB itself tunes a trained classifier, "
    "as on the scenes here.",
)
