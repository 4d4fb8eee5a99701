"""CAM, CS-AE and RIB at ResNet-50 on a GPU: `python -m bench.gpu [SIDE] [DEVICE]`.

Random weights, 20 classes. Throughput by precision and batch size, the memory it takes, and how far the maps are from
the CPU's in float32. Without a GPU it says so and measures nothing.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.models import resnet50

from bench.tables import Table, show
from wsss_viz.data.sample import Sample
from wsss_viz.methods import rib
from wsss_viz.methods.cse import cse_loss, erase_class
from wsss_viz.models import Classifier, adapt
from wsss_viz.traces.step import last_step

SIDE, BATCHES, ROUNDS = 512, (1, 4, 16, 64), 5
PRECISIONS = {"float32": None, "float32, TF32": None, "bf16": torch.bfloat16}


def network(device: torch.device) -> Classifier:
    """ResNet-50 with a 20-class head as a Classifier, channels last."""
    torch.manual_seed(0)
    model = resnet50(num_classes=20).eval()
    torch.nn.init.normal_(model.fc.weight, std=0.05)
    return adapt(model, [f"c{i}" for i in range(20)]).to(device, memory_format=torch.channels_last)


def seconds(work: Callable[[], object], device: torch.device, rounds: int = ROUNDS) -> float:
    """The median of `rounds`, after two uncounted runs; the device's queue is waited for."""
    times = []
    for turn in range(rounds + 2):
        torch.cuda.synchronize(device)
        start = time.perf_counter()
        work()
        torch.cuda.synchronize(device)
        if turn >= 2:
            times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def cam_table(side: int, device: torch.device) -> Table:
    """All-class maps: images per second, memory and agreement, by precision and batch size."""
    classifier, compiled = network(device), torch.compile(network(device).maps)
    table = Table(
        f"All-class CAM, ResNet-50, {side} x {side}, {torch.cuda.get_device_name(device)}",
        ("precision", "N", "images per second", "with torch.compile", "memory, GB", "largest difference from the CPU"),
    )
    reference = network(torch.device("cpu"))
    small = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = reference.maps(small)
    for name, dtype in PRECISIONS.items():
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = name.endswith("TF32")
        for batch in BATCHES:
            x = small.expand(batch, -1, -1, -1).to(device).contiguous(memory_format=torch.channels_last)
            torch.cuda.reset_peak_memory_stats(device)

            def look(run: Callable[[Tensor], Tensor], x: Tensor = x, dtype: torch.dtype | None = dtype) -> Tensor:
                with torch.no_grad(), torch.autocast("cuda", dtype=dtype or torch.bfloat16, enabled=dtype is not None):
                    return run(x)

            plain = seconds(lambda look=look: look(classifier.maps), device)
            memory = torch.cuda.max_memory_allocated(device) / 2**30
            fast = seconds(lambda look=look: look(compiled), device)
            found = look(classifier.maps)[:1].float().cpu()
            off = float((found - expected).abs().max() / expected.abs().max())
            table.rows.append(
                (name, str(batch), f"{batch / plain:.0f}", f"{batch / fast:.0f}", f"{memory:.2f}", f"{off:.1e}")
            )
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return table


def methods_table(side: int, device: torch.device) -> Table:
    """A step of CS-AE's training, and RIB on one image with no companions."""
    table = Table(f"CS-AE and RIB, ResNet-50, {side} x {side}", ("", "precision", "seconds", "memory, GB"))
    judge, trained = network(device), copy.deepcopy(network(device))
    trained.requires_grad_(True)
    labels = torch.zeros(8, 20, device=device)
    labels[:, :2] = 1
    x = torch.randn(8, 3, side, side, device=device).contiguous(memory_format=torch.channels_last)
    chosen = torch.zeros(8, dtype=torch.long, device=device)
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    sample = Sample(image, judge.classes, judge.classes[:2], "noise")
    for name, dtype in (("float32", None), ("bf16", torch.bfloat16)):

        def learn(dtype: torch.dtype | None = dtype) -> None:
            trained.zero_grad()
            with torch.autocast("cuda", dtype=dtype or torch.bfloat16, enabled=dtype is not None):
                maps = trained.maps(x)
                erased = erase_class(x, maps.float(), labels, chosen)
                loss = binary_cross_entropy_with_logits(trained.pool(maps), labels)
                loss = loss + cse_loss(judge.logits(erased.x), erased.remaining)
            loss.backward()

        def tune(dtype: torch.dtype | None = dtype) -> None:
            with torch.autocast("cuda", dtype=dtype or torch.bfloat16, enabled=dtype is not None):
                last_step(rib(judge, sample, companions=0, rate=8e-6, margin=None, explode_share=1.0))

        for title, work in (("CS-AE, a training step of 8 images", learn), ("RIB, K = 10, one image", tune)):
            torch.cuda.reset_peak_memory_stats(device)
            took = seconds(work, device, 3)
            memory = torch.cuda.max_memory_allocated(device) / 2**30
            table.rows.append((title, name, f"{took:.3f}", f"{memory:.2f}"))
    return table


def main(side: int = SIDE, name: str = "cuda") -> list[Table]:
    """All tables of this file."""
    if not torch.cuda.is_available():
        note = "This machine has no GPU: nothing was measured. `python -m bench.gpu` fills this in where there is one."
        return [Table("GPU", ("",), [], [note])]
    device = torch.device(name)
    return [cam_table(side, device), methods_table(side, device)]


if __name__ == "__main__":
    show(main(*(int(argument) for argument in sys.argv[1:2]), *sys.argv[2:3]))
