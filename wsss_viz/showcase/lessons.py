"""What the lecture shows beside the methods' own traces: what a segmentation network says, masks that spill over.

The traces, each of one scene by the name in the file:

    segmented     one step, what the segmentation network says, told no label: `maps` (C, h, w), each class's logit
                  less the background's, `scores` (C,) their highest values, in `arrays` the mask `found` (H, W)
    refined       one step, CAM through a dense CRF with IRN's preset, `REFINED` the background's score: `maps`
                  (K, H, W) of the scene's labels, in `arrays` the `background` (H, W)
    spill-NAME    what the ordinary classifier says once the class NAME is erased, and more than that: step 0 by the
                  class's own CS-AE mask m, step 1 by m and the true objects of all other labels, step 2 by one mask
                  for all labels, max_c m_c. Each with the erased image, its `mask` (H, W), `scores` (C,), in `terms`
                  `l_cse`, the loss against the labels that should remain, and `object/OTHER`, the mean of the mask on
                  each other label's object
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wsss_viz.data.sample import Sample
from wsss_viz.errors import InputError
from wsss_viz.models.manifest import checkpoints_folder, read_manifest
from wsss_viz.traces import Step, Trace
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.segmenter import Segmenter

__all__ = [
    "CARRIER",
    "REFINED",
    "SEGMENTER",
    "build_lessons",
    "class_sum",
    "lessons_path",
    "refined_cam",
    "segmented",
    "spill",
]

SEGMENTER = "scenes-segmenter"
REFINED = 0.3
CARRIER = "sofa"
"""The class something stands on: its mask meets another object's."""


def lessons_path() -> Path:
    """Where they are: beside the showcase's traces.

    Examples:
        >>> lessons_path().parts[-3:]
        ('checkpoints', 'showcase', 'lessons.zip')
    """
    return checkpoints_folder() / "showcase" / "lessons.zip"


def class_sum(classifier: Classifier, sample: Sample) -> Trace:
    """The trace `class-sum`.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> image = np.zeros((2, 3, 3), np.uint8)
        >>> image[0, :, 0] = 255
        >>> (step,) = class_sum(colour_network(), Sample(image, ("red", "green", "blue"), ("red",), "stripe"))
        >>> step.scores.tolist(), step.arrays["weights"].tolist()
        ([0.5, 0.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    """
    import torch

    with torch.no_grad():
        features = classifier.features(classifier.early(classifier.preprocess(sample.image).to(classifier.device)))
        maps = classifier.head(features)
        scores = classifier.pool(maps)[0]
    weights = classifier.head.weight.detach()[:, :, 0, 0]
    arrays = {"features": _numpy(features[0]), "weights": _numpy(weights)}
    return Trace((Step(0, _numpy(maps[0]), _numpy(scores), arrays=arrays),), classes=classifier.classes)


def segmented(network: Segmenter, sample: Sample) -> Trace:
    """The trace `segmented`.

    Examples:
        >>> from wsss_viz.data.sources import sample
        >>> from wsss_viz.models.segmenter import load_segmenter
        >>> trace = segmented(load_segmenter(), sample("scenes:test:17"))
        >>> [trace.classes[i - 1] for i in np.unique(trace.steps[0].arrays["found"]) if i]
        ['dog']
    """
    import torch

    from wsss_viz.models.segmenter import segment

    with torch.no_grad():
        logits = network(network.preprocessing(sample.image))[0]
    maps = _numpy(logits[1:] - logits[:1])
    arrays = {"found": segment(network, sample.image)}
    return Trace((Step(0, maps, maps.max(axis=(1, 2)), arrays=arrays),), classes=network.classes)


def refined_cam(classifier: Classifier, sample: Sample) -> Trace:
    """The trace `refined`.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network, flag
        >>> trace = refined_cam(colour_network(), flag())
        >>> trace.classes, trace.maps[:, 0].round(1).tolist()
        (('red', 'blue'), [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    """
    from wsss_viz.methods import bind
    from wsss_viz.methods.views import SINGLE
    from wsss_viz.refinement import refiner
    from wsss_viz.traces.step import last_step

    names = tuple(name for name in classifier.classes if name in (sample.labels or ()))
    step = last_step(bind("cam", classifier)(sample, SINGLE))
    maps = step.image_maps(sample.size, [classifier.classes.index(name) for name in names])
    refined = last_step(refiner(f"crf:irn@{REFINED}").steps(sample.image, maps))
    return Trace((refined,), "cam", names)


def spill(classifier: Classifier, network: Classifier, sample: Sample, name: str) -> Trace:
    """The trace `spill-NAME`.

    Args:
        classifier: the ordinary one, frozen.
        network: CS-AE's, whose maps are the masks.
        name: a label of the sample, which has others too.

    Raises:
        InputError: the sample has no mask, the class is not a label of it, or it is the only one.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> image = np.zeros((2, 3, 3), np.uint8)
        >>> image[0, :, 0], image[1, 0, 2] = 255, 255
        >>> mask = np.array([[1, 1, 1], [3, 0, 0]], np.uint8)
        >>> sample = Sample(image, ("red", "green", "blue"), ("red", "blue"), "flag", mask)
        >>> for step in spill(colour_network(), colour_network(), sample, "red"):  # red erased; red and all blue; both
        ...     print(step.mask.round().tolist(), round(step.terms["object/blue"], 2))
        [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]] 0.0
        [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]] 1.0
        [[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]] 1.0
    """
    import torch

    from wsss_viz.methods.cse import cse_loss, erase_all, erase_class
    from wsss_viz.methods.masking import erase
    from wsss_viz.methods.views import SINGLE, class_maps

    others = [label for label in sample.labels or () if label != name]
    if sample.mask is None or name not in (sample.labels or ()) or not others:
        raise InputError(f"{sample.name} has not {name!r} and another label with masks: take a scene with both")
    x = classifier.preprocess(sample.image).to(classifier.device)
    maps = class_maps(network, x, SINGLE)[0][None]
    labels = torch.from_numpy(sample.label_vector(classifier.classes))[None].to(x)
    target = torch.tensor([classifier.classes.index(name)], device=x.device)
    erased, together = erase_class(x, maps, labels, target), erase_all(x, maps, labels)
    objects = np.any([sample.class_mask(other) for other in others], axis=0)
    over = torch.from_numpy(objects.astype(np.float32)).to(x)[None, None]
    spilled = torch.maximum(erased.mask, torch.nn.functional.interpolate(over, erased.mask.shape[2:]))
    steps = []
    for k, mask in enumerate((erased.mask, spilled, together.mask)):
        image = erase(x, mask)
        with torch.no_grad():
            response, scores = class_maps(classifier, image, SINGLE)
        area = _numpy(mask[0, 0])
        terms = {"l_cse": float(cse_loss(scores[None], erased.remaining)), "area": float(area.mean())}
        terms |= {f"object/{other}": float(area[_at(sample, other, area.shape)].mean()) for other in others}
        restored = classifier.preprocessing.restore(image[0])
        steps.append(Step(k, _numpy(response), _numpy(scores), (int(target),), image=restored, mask=area, terms=terms))
    return Trace(tuple(steps), classes=classifier.classes)


def build_lessons(
    path: Path,
    classifier: Classifier,
    network: Classifier | None,
    segmenter: Segmenter | None,
    sources: Sequence[str],
) -> None:
    """Computes the lecture's traces on the first scene and on those with a `CARRIER` and another label; writes them.

    Args:
        path: written whole or not at all.
        network: CS-AE's; None leaves `spill` out.
        segmenter: None leaves `segmented` out.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models import load
        >>> from wsss_viz.models.segmenter import load_segmenter
        >>> from wsss_viz.traces.trace_file import TraceFile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "lessons.zip"
        ...     build_lessons(path, load("scenes-classifier", "cpu"), None, load_segmenter(), ["scenes:test:17"])
        ...     list(TraceFile(path))
        ['segmented/scenes:test:17', 'refined/scenes:test:17']
    """

    from wsss_viz.data.files import whole_file
    from wsss_viz.data.sources import open as open_data
    from wsss_viz.showcase.building import digests
    from wsss_viz.showcase.reading import FORMAT
    from wsss_viz.showcase.scenes import trace_name
    from wsss_viz.traces.trace_file import write_traces

    traces = {}
    for number, source in enumerate(sources):
        (sample,) = open_data(source)
        labels = sample.labels or ()
        if number == 0 and segmenter is not None:
            traces[trace_name("segmented", source)] = segmented(segmenter, sample)
            traces[trace_name("refined", source)] = refined_cam(classifier, sample)
        if network is not None and CARRIER in labels and len(labels) > 1:
            traces[trace_name(f"spill-{CARRIER}", source)] = spill(classifier, network, sample, CARRIER)
    methods = ("cs-ae",) if network is not None else ()
    about: dict[str, Any] = {"format": FORMAT, "version": __version__, "experiment": {}}
    about["checkpoints"] = digests(methods)
    if segmenter is not None:
        about["checkpoints"][SEGMENTER] = read_manifest()[SEGMENTER].sha256
    with whole_file(path) as file:
        write_traces(file, traces, about)


def _at(sample: Sample, name: str, size: Iterable[int]) -> Any:
    """The class's true pixels at another size."""
    from PIL import Image

    height, width = size
    mask = Image.fromarray(sample.class_mask(name).astype(np.uint8))
    return np.asarray(mask.resize((width, height), Image.Resampling.NEAREST)) > 0


def _numpy(values: Any) -> Any:
    return np.array(values.detach().float().cpu().numpy())
