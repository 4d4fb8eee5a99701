"""The viewer's arithmetic is the library's: both on the same maps, the one in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page

from wsss_viz.app.encoded import run_lengths
from wsss_viz.app.widgets.viewer.component import assets
from wsss_viz.app.widgets.viewer.payload import encoded_maps
from wsss_viz.data.sample import Sample
from wsss_viz.data.scenes import CLASSES, Scenes
from wsss_viz.evaluation.seeds import pseudo_mask, score_image
from wsss_viz.traces import NORMALISATIONS, normalise, upsample


@pytest.fixture(scope="module")
def script(window: BrowserContext) -> Iterator[Page]:
    """A page with the viewer's functions on `window.viewer`."""
    page = window.new_page()
    page.evaluate(
        """async source => {
            const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }))
            window.viewer = await import(address)
        }""",
        assets()[2],
    )
    yield page
    page.close()


def called(script: Page, expression: str, given: Any) -> Any:
    """The value of a JavaScript expression in `given` and the viewer's functions; typed arrays come back as lists."""
    return script.evaluate(
        f"""given => {{
            const plain = value => ArrayBuffer.isView(value) ? Array.from(value) : value
            const {{ decodeMaps, decodeLabels, upsample, normalise, pseudoMask, score }} = window.viewer
            const found = {expression}
            return Array.isArray(found) ? found.map(plain) : plain(found)
        }}""",
        given,
    )


def random_maps(count: int, size: tuple[int, int]) -> NDArray[np.float32]:
    return np.random.default_rng(sum(size)).normal(size=(count, *size)).astype(np.float32) * 7


@pytest.mark.parametrize(
    ("cells", "size"),
    [((4, 6), (32, 48)), ((16, 24), (107, 160)), ((1, 1), (9, 5)), ((5, 7), (5, 7)), ((32, 40), (20, 11))],
)
def test_upsample_is_the_librarys(script: Page, cells: tuple[int, int], size: tuple[int, int]) -> None:
    (plane,) = random_maps(1, cells)
    given = {"plane": plane.ravel().tolist(), "from": cells, "to": size}
    found = called(script, "upsample(Float32Array.from(given.plane), ...given.from, ...given.to)", given)
    expected = upsample(plane[None], size)[0]
    assert np.abs(np.reshape(found, size) - expected).max() < 1e-5


@pytest.mark.parametrize("by", NORMALISATIONS)
@pytest.mark.parametrize("sign", [1, -1])
def test_normalise_is_the_librarys(script: Page, by: str, sign: int) -> None:
    maps = random_maps(3, (6, 8)) + sign * np.array([0, 10, 30], np.float32)[:, None, None]
    given = {"maps": [plane.ravel().tolist() for plane in maps], "by": by}
    found = called(script, "normalise(given.maps.map(plane => Float32Array.from(plane)), given.by)", given)
    assert np.abs(np.reshape(found, maps.shape) - normalise(maps, by)).max() <= 1e-6 * max(1, np.abs(maps).max())


@pytest.mark.parametrize("threshold", [0.0, 0.17, 0.3, 0.62, 1.0])
def test_masks_and_their_scores_are_the_librarys(script: Page, threshold: float) -> None:
    sample = Scenes("val", size=(72, 104))[3]
    assert sample.mask is not None
    assert sample.parts is not None
    ignored = sample.mask.copy()
    ignored[:5] = 255
    sample = Sample(sample.image, CLASSES, sample.labels, "s", ignored, sample.parts)
    labels = [CLASSES.index(name) for name in sample.labels or ()]
    maps = random_maps(len(CLASSES), (9, 13))
    for index in labels:
        maps[index] += 8 * np.asarray(upsample((ignored == index + 1)[None].astype(np.float32), (9, 13)))[0]
    sent = encoded_maps(maps[labels])
    levels = called(script, "decodeMaps(given).planes", sent)
    back = np.reshape(levels, (len(labels), 9, 13)).astype(np.float32)
    assert np.abs(back - maps[labels]).max() <= (maps[labels].max() - maps[labels].min()) / 510 + 1e-5
    given = {
        "maps": sent,
        "mask": run_lengths(ignored),
        "parts": run_lengths(sample.parts),
        "threshold": threshold,
        "size": sample.size,
    }
    mask = called(
        script,
        """(() => {
            const { h, w, planes } = decodeMaps(given.maps)
            const values = normalise(planes.map(plane => upsample(plane, h, w, ...given.size)), "relu_max")
            return pseudoMask(values, given.threshold)
        })()""",
        given,
    )
    whole = np.full((len(CLASSES), 9, 13), -1, np.float32)
    whole[labels] = back
    expected = pseudo_mask(whole, labels, sample.size, threshold)
    names = np.array([0, *(index + 1 for index in labels)])
    found = names[np.reshape(mask, sample.size)]
    assert (found == expected).mean() > 0.9995, "of single pixels rounding may decide"
    for own, index in enumerate(labels):
        scores = called(
            script,
            """score(Uint8Array.from(given.found), given.own, decodeLabels(given.mask).labels,
                decodeLabels(given.parts).labels, given.index)""",
            {**given, "found": mask, "own": own + 1, "index": index + 1},
        )
        truth = score_image(found == index + 1, sample, CLASSES[index])
        named = {"rest": truth.non_discriminative, **{n: getattr(truth, n) for n in scores if n != "rest"}}
        assert scores == pytest.approx(named, nan_ok=True)
