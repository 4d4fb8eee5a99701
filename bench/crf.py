"""The dense CRF beside pydensecrf: `python -m bench.crf [PHOTOGRAPH]`, 500 x 375 with five labels, IRN's preset.

Without the extra `crf` our own time alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time

import numpy as np
from PIL import Image

from wsss_viz.data.sources import sample
from wsss_viz.refinement import REFINERS, CrfSettings, dense_crf
from wsss_viz.traces.step import last_step

HEIGHT, WIDTH, LABELS, RUNS = 375, 500, 5, 5


def main(name: str) -> None:
    """Prints the medians of both, their ratio and how far the masks agree."""
    settings = REFINERS["crf:irn"]
    assert isinstance(settings, CrfSettings)
    image = np.array(Image.fromarray(sample(f"photos:{name}").image).resize((WIDTH, HEIGHT)))
    blocks = np.random.default_rng(0).integers(0, LABELS, (4, 5), dtype=np.uint8)
    labels = np.array(Image.fromarray(blocks).resize((WIDTH, HEIGHT), Image.Resampling.NEAREST))
    scores = (np.arange(LABELS)[:, None, None] == labels).astype(np.float32)

    def ours() -> np.ndarray:
        step = last_step(dense_crf(image, scores, settings))
        return np.concatenate([step.arrays["background"][None], step.maps])

    def theirs() -> np.ndarray:
        densecrf = importlib.import_module("pydensecrf.densecrf")
        crf = densecrf.DenseCRF2D(WIDTH, HEIGHT, LABELS)
        certain = scores * settings.certainty + (1 - scores) * (1 - settings.certainty) / (LABELS - 1)
        crf.setUnaryEnergy(np.ascontiguousarray(-np.log(certain).reshape(LABELS, -1), np.float32))
        crf.addPairwiseGaussian(sxy=settings.gaussian[0], compat=settings.gaussian[1])
        far, colour, weight = settings.bilateral
        crf.addPairwiseBilateral(sxy=far, srgb=colour, rgbim=image.copy(), compat=weight)
        return np.array(crf.inference(settings.iterations)).reshape(LABELS, HEIGHT, WIDTH)

    both = [ours, *([theirs] if importlib.util.find_spec("pydensecrf") else [])]
    times: dict[str, list[float]] = {run.__name__: [] for run in both}
    results = {}
    for _ in range(RUNS):
        for run in both:
            start = time.perf_counter()
            results[run.__name__] = run()
            times[run.__name__].append(time.perf_counter() - start)
    for key, values in times.items():
        print(f"{key}: {np.median(values):.2f} s (of {RUNS}, {min(values):.2f} to {max(values):.2f})")
    if len(results) == 2:
        difference = np.abs(results["ours"] - results["theirs"]).max()
        equal = (results["ours"].argmax(0) == results["theirs"].argmax(0)).mean()
        print(f"ratio {np.median(times['ours']) / np.median(times['theirs']):.2f}; Q within {difference:.1e}, ", end="")
        print(f"masks equal in {equal:.3%}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cow")
