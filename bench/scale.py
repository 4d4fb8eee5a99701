"""The data-set run by one and by two processes: `python -m bench.scale [ROUNDS] [SMALL_IMAGES] [LARGE_IMAGES]`.

Images a second of `maps` (`methods.dataset_run`, the command's run) under torchrun, one thread per process, and what
PASCAL VOC's 10,582 training images (train_aug) would take at that rate, by arithmetic. The images are drawn scenes,
written as JPEG in VOC's layout and read from there; start-up and one image before the clock are not counted. Both
numbers of processes alternate within a round, so what slows the machine down slows both.

    small network   the shipped classifier, 128 x 128
    ResNet-50       torchvision's, random weights, 20 classes, 448 x 448
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.tables import Table, show, spread

VOC_TRAIN_AUG = 10_582
PROCESSES = (1, 2)


@dataclass(frozen=True)
class Case:
    """What is run.

    Attributes:
        network: "small" or "resnet50".
        side: of the square images, in pixels.
        views: a name in `views.PRESETS`.
    """

    network: str
    side: int
    views: str

    @property
    def title(self) -> str:
        """For the table."""
        name = {"small": "small network", "resnet50": "ResNet-50"}[self.network]
        return f"{name}, {self.side} x {self.side}, {self.views}"


CASES = (Case("small", 128, "multi-scale"), Case("resnet50", 448, "single"), Case("resnet50", 448, "multi-scale"))


def work(network: str, views: str, data_string: str, out: str) -> None:
    """One rank of a run, as the command `maps` does it; rank 0 prints each rank's report as JSON."""
    import torch

    from wsss_viz import data
    from wsss_viz.methods.binding import bind
    from wsss_viz.methods.dataset_run import run_dataset
    from wsss_viz.methods.ranks import joined
    from wsss_viz.methods.views import PRESETS
    from wsss_viz.models import adapt, load
    from wsss_viz.traces.map_folder import MapWriter
    from wsss_viz.traces.step import last_step

    torch.set_num_threads(1)
    samples = data.open(data_string)
    if network == "small":
        classifier = load("scenes-classifier", "cpu")
    else:
        from torchvision.models import resnet50

        torch.manual_seed(0)
        model = resnet50(num_classes=len(samples.classes)).eval().requires_grad_(False)
        classifier = adapt(model, samples.classes)
    run = bind("cam", classifier)
    with joined() as ranks:
        last_step(run(samples[0], PRESETS[views]))
        ranks.all_gather(None)
        writer = MapWriter(Path(out), classifier.classes)
        reports = run_dataset(
            run, classifier.classes, samples, writer, views=PRESETS[views], settings={"bench": network}, ranks=ranks
        )
        if ranks.rank == 0:
            print(json.dumps([asdict(report) for report in reports]))


def images_a_second(case: Case, data_string: str, processes: int) -> float:
    """All images over the slowest rank's seconds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        arguments = ["-m", "bench.scale", "--work", case.network, case.views, data_string, f"{folder}/maps"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"a run of {processes} failed: {done.stderr[-2000:]}")
    reports = json.loads(done.stdout.splitlines()[-1])
    return sum(report["written"] for report in reports) / max(report["seconds"] for report in reports)


def table(rounds: int, images: dict[str, int]) -> Table:
    """A row a case.

    Args:
        rounds: of each number of processes.
        images: how many a run has, by network.
    """
    one, two = PROCESSES
    result = Table(
        "The data-set run, CAM, images per second",
        ("network, image, views", "1 process", "2 processes", "ratio", "10,582 images by 1", "by 2"),
    )
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            data_string = _written(case, images[case.network], folder)
            rates: dict[int, list[float]] = {one: [], two: []}
            for turn in range(rounds):
                for processes in PROCESSES if turn % 2 == 0 else reversed(PROCESSES):
                    rates[processes].append(images_a_second(case, data_string, processes))
            ratio = statistics.median(b / a for a, b in zip(rates[one], rates[two], strict=True))
            hours = [f"{VOC_TRAIN_AUG / statistics.median(rates[n]) / 3600:.2f} h" for n in PROCESSES]
            result.rows.append([case.title, spread(rates[one]), spread(rates[two]), f"{ratio:.2f}", *hours])
    result.notes.append(
        f"Medians of {rounds} rounds (and range), one thread per process, {images['small']} images of 128 x 128 and "
        f"{images['resnet50']} of 448 x 448 per run. The hours are arithmetic: 10,582 / (images per second)."
    )
    return result


def _written(case: Case, count: int, folder: str) -> str:
    """Scenes of the case's size as JPEG in VOC's layout; their data string."""
    from wsss_viz import data

    out = Path(folder) / f"{case.side}"
    if not out.exists():
        data.write_voc(data.open(f"scenes:val@{case.side}x{case.side}")[:count], out, "val", image_format="jpg")
    return f"voc:{out}:val"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*sys.argv[2:6])
    else:
        given = [int(argument) for argument in sys.argv[1:4]]
        rounds, small, large = [*given, *(3, 60, 6)[len(given) :]]
        show([table(rounds, {"small": small, "resnet50": large})])
