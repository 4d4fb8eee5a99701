"""RIB's official settings: its own loop written out, on companions drawn anew and seen through random windows."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from torch.nn.functional import adaptive_max_pool2d

from tests.models.test_classifier import seeded_network
from wsss_viz.app.services.steps import step_note
from wsss_viz.commands.maps import command as maps_command
from wsss_viz.data import Sample
from wsss_viz.methods import bind, rib, rib_tuning
from wsss_viz.methods.company import missing_companions
from wsss_viz.methods.rib_companions import WINDOW, windowed_companions
from wsss_viz.methods.settings import RibSettings
from wsss_viz.methods.views import MULTI_SCALE
from wsss_viz.models import Preprocessing
from wsss_viz.models.narrowing import narrow
from wsss_viz.models.random_window import RandomWindow
from wsss_viz.traces import Step

SCALES = (1.0, 0.5, 1.5, 2.0)
SMALL = RandomWindow(24, 72, 48)


def named(rows):
    return tuple(f"c{row}" for row in range(rows))


def network_of(rows):
    network = seeded_network(named(rows), torch.float64)
    network.preprocessing = Preprocessing()
    image = picture(1, (), (72, 101), rows).image
    with torch.no_grad():
        mean = network.features(network.early(network.preprocess(image))).mean(dim=(0, 2, 3))
    mean = mean / mean.norm()
    weights = network.head.weight[:, :, 0, 0]  # without the mean of the features: maps of both signs
    network.head.weight.sub_((weights @ mean)[:, None, None, None] * mean[:, None, None])
    return network


def picture(seed, labels, size, rows):
    blocks = np.random.default_rng(seed).integers(0, 2, (4, 5, 3), dtype=np.uint8) * 255  # maps of some contrast
    pixels = np.asarray(Image.fromarray(blocks).resize(size[::-1], Image.Resampling.NEAREST))
    return Sample(pixels, named(rows), labels, f"s{seed}")


def pool_of(rows):
    sizes = ((45, 60), (61, 40), (30, 30), (99, 30), (50, 64), (20, 90))
    labels = (("c1",), ("c2", "c3"), ("c0", "c1"), ("c4",), ("c1",), ("c5", "c2"))
    return [picture(20 + i, *pair, rows) for i, pair in enumerate(zip(labels, sizes, strict=True))]


def normalised(pixels):
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return (np.asarray(pixels) / 255 - mean) / std


def written_out(image, generator, shortest=24, longest=72, crop=48):
    """Long side, mirror, window: RIB `voc12/dataloader.py` and `misc/imutils.py` with numbers from this generator."""

    def drawn(count):
        return int(torch.randint(count, (), generator=generator))

    height, width = image.shape[:2]
    ratio = (shortest + drawn(longest - shortest + 1)) / (height if width < height else width)
    size = int(np.round(height * ratio)), int(np.round(width * ratio))
    x = normalised(Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC))
    if drawn(2):
        x = np.fliplr(x)
    container, there, here = np.zeros((crop, crop, 3)), [], []
    for side in size:
        at = drawn(abs(side - crop) + 1)
        there.append(slice(0, crop) if side > crop else slice(at, at + side))
        here.append(slice(at, at + crop) if side > crop else slice(0, side))
    container[tuple(there)] = x[tuple(here)]
    return torch.from_numpy(np.ascontiguousarray(container.transpose(2, 0, 1)))


def less_pooled(maps, labels, tau):
    """`misc/torchutils.py`, gndp2d, without its limit to 20 classes."""
    region = torch.full_like(maps, -1.0)
    for row, wanted in enumerate(labels):
        for c in torch.nonzero(wanted)[:, 0]:
            region[row, c] = (maps[row, c] / maps[row, c].max()).detach()
    return (maps * (region < tau)).mean(dim=(2, 3))


def official_loop(network, sample, groups, *, rate, tau, margin, share, steps):
    """`obtain_RIB_CAM.py`: the sums of the CAMs of each scale after each step, the mirrored halves added."""
    network = network.requires_grad_(True)
    early, late = network.stages[: network.split], [*network.stages[network.split :], network.head]
    body = [p for stage in late[:-1] for p in stage.parameters()]
    # PolyOptimizer hands SGD the decay where it takes the momentum
    groups_of = [{"params": body, "lr": rate}, {"params": late[-1].parameters(), "lr": 10 * rate}]
    optimiser = torch.optim.SGD(groups_of, rate, 1e-4, weight_decay=1e-4)
    label = torch.from_numpy(sample.label_vector(network.classes)).double()[None]
    of = torch.nonzero(label[0])[:, 0]

    def forward(x):
        for stage in early:
            x = stage(x)
        x = x.detach()
        for stage in late:
            x = stage(x)
        return x

    height, width = sample.size
    pairs = []
    for scale in SCALES:
        resized = Image.fromarray(sample.image)
        if scale != 1:
            resized = resized.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        x = torch.from_numpy(normalised(resized).transpose(2, 0, 1))[None]
        pairs.append(torch.cat([x, x.flip(-1)]))
    sums, after = [], []
    for k, (images, labels) in enumerate(groups):
        for i in range(2):
            optimiser.param_groups[i]["lr"] = (1, 10)[i] * rate * (1 - k / steps) ** 0.9
        logits, targets, exploded = [], [], False
        for number, pair in enumerate(pairs):
            cam = forward(pair)
            added = cam.relu()
            added = (added[0] + added[1].flip(-1)).detach()
            if number == 0 and k > 0:
                interest = added[of] / (adaptive_max_pool2d(added[of], 1) + 1e-5) > 0.3
                exploded = float(interest.any(dim=0).double().mean()) > share
                if exploded:
                    break
            sums = [*sums, added] if k == 0 else [*sums[:number], sums[number] + added, *sums[number + 1 :]]
            if number != 1:
                logits.append(less_pooled(cam, label.expand(2, -1), tau))
                targets.append(label.expand(2, -1))
        if exploded:
            return after, "explode"
        after.append([total.clone() for total in sums])
        logits.append(less_pooled(forward(images), labels, tau))
        targets.append(labels)
        raised = torch.cat(logits) * torch.cat(targets)
        optimiser.zero_grad()
        (-raised.sum()).backward()
        optimiser.step()
        if raised[:6].sum().abs() > margin:
            return after, "margin"
    return after, "K"


@pytest.mark.parametrize(("rows", "changes"), [(20, {}), (80, {}), (20, {"margin": 1.3}), (20, {"explode_share": 0.9})])
def test_accumulated_maps_are_the_official_loops_at_every_k(rows, changes, monkeypatch):
    monkeypatch.setattr(rib_tuning, "WINDOW", SMALL)
    settings = RibSettings.official(rows).changed({"steps": 3, "companions": 2, "rate": 3e-5, "margin": 1e6})
    settings = settings.changed({"explode_share": 1.0, **changes})
    sample, pool, network = picture(1, ("c0", "c7"), (72, 101), rows), pool_of(rows), network_of(rows)
    turns = [i for i in np.random.default_rng(0).permutation(len(pool)) if "c0" not in pool[i].labels]
    groups = []
    for k in range(3):
        drawn = [pool[turns[(2 * k + i) % len(turns)]] for i in range(2)]
        generator = torch.Generator().manual_seed(k)
        x = torch.stack([written_out(other.image, generator) for other in drawn])
        groups.append((x, torch.from_numpy(np.stack([o.label_vector(network.classes) for o in drawn])).double()))
    steps = list(rib(network, sample, views=MULTI_SCALE, settings=settings, companion_samples=pool))
    limits = {"tau": settings.tau, "margin": settings.margin, "share": settings.explode_share}
    after, stop = official_loop(network, sample, groups, rate=3e-5, steps=3, **limits)
    assert steps[-1].stop == stop == {"margin": "margin", "explode_share": "explode"}.get(next(iter(changes), ""), "K")
    assert len(after) == len(steps) - (stop == "explode") > 1
    for step, sums in zip(steps, after, strict=False):
        (grids,) = step.grids.unions
        for grid, total in zip(grids, sums, strict=True):
            np.testing.assert_allclose(grid, total, atol=5e-5 * float(total.max()))
    moved = np.abs(steps[1].grids.unions[0][0] - 2 * steps[0].grids.unions[0][0]).max()
    assert moved > 1e-3 * steps[0].maps.max()
    assert steps[0].terms["companions"] == 2


def test_the_numbers_go_by_the_heads_rows_and_a_narrowed_network_keeps_them():
    voc, coco = RibSettings.official(20), RibSettings.official(80)
    assert voc == RibSettings() == RibSettings.official(1000)
    changed = {name: value for name, value in coco.as_dict().items() if value != voc.as_dict()[name]}
    assert changed == {"rate": 5e-6, "companions": 15, "tau": 0.5, "margin": 1000.0, "explode_share": 0.8}
    network = network_of(80)
    assert bind("rib", network).settings == bind("rib", narrow(network, ["c3", "c7"])).settings == coco
    network.settings = {"rib": {"margin": 3.0}}
    assert bind("rib", network).settings == RibSettings(margin=3.0)
    assert bind("rib", network, settings="official", steps=4).settings == coco.changed({"steps": 4})


def test_companions_are_redrawn_step_by_step_and_seen_anew():
    network, pool = network_of(20), pool_of(20)
    groups = windowed_companions(network, pool, {"c0"}, 2, split=0, seed=3, window=WINDOW)
    seen = [next(groups) for _ in range(4)]
    order = [i for i in np.random.default_rng(3).permutation(6) if i != 2]
    assert [labels for group in seen for labels in group.labels] == [
        frozenset(pool[order[turn % 5]].labels) for turn in range(8)
    ]
    assert all(tuple(x.shape) == (1, 3, 512, 512) for group in seen for x in group.features)
    first, again = seen[0].features[0], seen[2].features[1]  # the sixth turn is the first's picture
    assert seen[2].labels[1] == seen[0].labels[0]
    assert not torch.equal(first, again)
    repeated = next(windowed_companions(network, pool, {"c0"}, 2, split=0, seed=3, window=WINDOW))
    assert torch.equal(repeated.features[0], first)
    assert (
        len(next(windowed_companions(network, pool, {"c0", "c1"}, 9, split=0, window=SMALL))) == 3
    )  # none twice in a step
    assert len(next(windowed_companions(network, [], {"c0"}, 2, split=0, window=SMALL))) == 0
    assert (WINDOW.shortest, WINDOW.longest, WINDOW.crop) == (320, 640, 512)


def test_the_command_line_takes_the_official_settings(tmp_path):
    arguments = ["--method", "rib", "--data", "scenes:val@48x61", "--limit", "1", "--views", "single"]
    few = ["--set", "steps=1", "--set", "companions=1", "--settings", "official", "--out", str(tmp_path / "maps")]
    result = CliRunner().invoke(maps_command, [*arguments, *few])
    assert result.exit_code == 0, result.output
    settings = RibSettings(steps=1, companions=1).as_dict()
    (stated,) = (json.loads(path.read_text()) for path in (tmp_path / "maps").glob("*.json"))
    assert stated["settings"] == settings


def test_what_companions_are_missing_is_said():
    network, sample = network_of(20), picture(1, ("c0",), (40, 50), 20)
    few = {"views": MULTI_SCALE, "steps": 1, "companions": 4, "augment": False}
    said = [missing_companions(next(rib(network, sample, companion_samples=pool, **few))) for pool in ([], pool_of(20))]
    assert said[0].startswith("no companions")
    assert said[1] == ""
    step = next(rib(network, sample, companion_samples=pool_of(20)[:2], **few))
    assert missing_companions(step).startswith("2 of 4")
    assert step_note(replace(step, stop="K")).startswith("all steps done; 2 of 4")
    assert missing_companions(Step(0, step.maps, step.scores)) == ""
