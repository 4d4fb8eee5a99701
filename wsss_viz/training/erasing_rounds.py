"""AE by retraining: train, erase, retrain (AE-PSL, `docs/sources.md#ae`; `methods.erasing_rounds`).

Round 1 is the ordinary classifier. Each further round is trained, by the classification loss alone, on images from
which the regions of all rounds before were erased. Ours: it goes on from the round before instead of from the backbone,
for a few epochs instead of a whole training; that keeps the rounds within minutes.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from wsss_viz.methods.erasing_rounds import erased_regions
from wsss_viz.models.classifier import Classifier, Preprocessing
from wsss_viz.training.continued import Run, Trained, read_ordinary, train_on
from wsss_viz.training.drawings import Drawings, draw_all, to_input
from wsss_viz.training.loop import supervised
from wsss_viz.training.recipes import state_path

__all__ = ["BATCH", "AeOptions", "erase_drawings", "mean_colour", "round_path", "train_rounds"]

BATCH = 100


@dataclass(frozen=True)
class AeOptions:
    """How much is erased, and how often.

    Attributes:
        rounds: T, how many classifiers there are in the end, the ordinary one among them.
        mask, threshold, share: of F_t, see `erased_regions`.
    """

    rounds: int = 3
    mask: str = "hard"
    threshold: float = 0.5
    share: float = 0.2


def round_path(out: Path, number: int) -> Path:
    """Where round `number` is written: `scenes-ae.safetensors` to `scenes-ae-2.safetensors`.

    Examples:
        >>> round_path(Path("trained/ae.safetensors"), 2).as_posix()
        'trained/ae-2.safetensors'
    """
    return out.with_name(f"{out.stem}-{number}{out.suffix}")


@torch.no_grad()
def erase_drawings(classifier: Classifier, data: Drawings, options: AeOptions, run: Run) -> Drawings:
    """The images with what the classifier finds of their labels replaced by the mean colour.

    Examples:
        >>> from wsss_viz.models.colour_network import colour_network
        >>> images = torch.zeros(1, 3, 2, 4, dtype=torch.uint8)
        >>> images[0, 0, :, :2], images[0, 1, :, 2:] = 255, 255  # red on the left, green on the right
        >>> run = Run(Path("unused"), lambda items, title: items, lambda line: None)
        >>> data = erase_drawings(colour_network(), Drawings(images, torch.tensor([[1.0, 0.0, 0.0]])), AeOptions(), run)
        >>> data.images[0, :, 0].tolist()  # red is this network's mean colour now, black
        [[0, 0, 0, 0], [0, 0, 255, 255], [0, 0, 0, 0]]
    """
    batches = range(0, len(data), BATCH)
    pieces = []
    for start in run.progress(list(batches), "erasing"):
        images, labels = data.images[start : start + BATCH], data.targets[start : start + BATCH]
        maps = classifier.maps(to_input(images, classifier.preprocessing))
        size = (images.shape[2], images.shape[3])
        region = erased_regions(maps, labels, size, mask=options.mask, threshold=options.threshold, share=options.share)
        pieces.append(torch.where(region > 0, mean_colour(classifier.preprocessing), images))
    return Drawings(torch.cat(pieces), data.targets)


def mean_colour(preprocessing: Preprocessing) -> Tensor:
    """(1, 3, 1, 1) uint8: the colour that the input 0 stands for.

    Examples:
        >>> mean_colour(Preprocessing((0.2, 0.4, 1.0), (1, 1, 1))).flatten().tolist()
        [51, 102, 255]
    """
    return (torch.tensor(preprocessing.mean) * 255).round().byte().view(1, 3, 1, 1)


def train_rounds(out: Path, run: Run, options: AeOptions | None = None) -> Iterator[tuple[Path, Trained]]:
    """Trains rounds 2 ... T, one after the other; each is yielded, with its file, when it is done.

    A run that was stopped trains no finished round anew: their states stay until the last round is done.

    Raises:
        InputError: the classifier's checkpoint is missing, damaged or of other classes.

    Examples:
        >>> import tempfile
        >>> from wsss_viz.models.manifest import checkpoints_folder
        >>> from wsss_viz.training.loop import Schedule
        >>> classifier = checkpoints_folder() / "scenes-classifier.safetensors"
        >>> run = Run(classifier, lambda items, title: items, lambda line: None, Schedule(1, batch=2), 2, 2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path, trained in train_rounds(Path(folder) / "ae.safetensors", run, AeOptions(rounds=2))]
        ['ae-2.safetensors']
    """
    options = options or AeOptions()
    before = read_ordinary(run.classifier)
    data = draw_all("scenes", "train", run.train_count, run.progress)
    settings = {f"ae_{key}": value for key, value in asdict(options).items() if key != "rounds"}
    paths = [round_path(out, number) for number in range(2, options.rounds + 1)]
    for number, path in enumerate(paths, start=2):
        data = erase_drawings(before, data, options, run)
        network = copy.deepcopy(before)
        trained = train_on(
            f"ae-{number}",
            path,
            network,
            supervised(network, binary_cross_entropy_with_logits),
            replace(run, schedule=replace(run.schedule, seed=run.schedule.seed + number)),
            settings=settings,
            data=data,
            keep_state=True,
        )
        yield path, trained
        before = trained.classifier
    for path in paths:
        state_path(path).unlink(missing_ok=True)
