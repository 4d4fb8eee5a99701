"""IBA by closed forms and beside a second implementation in float64; the official module's numbers: docs/sources.md."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from tests.methods.test_erasing import photograph, small_network
from wsss_viz.errors import InputError
from wsss_viz.methods import bind, iba
from wsss_viz.methods.bottleneck import bottleneck_depth, information, smoothed
from wsss_viz.methods.catalogue import METHODS
from wsss_viz.methods.changes import read_changes
from wsss_viz.methods.feature_statistics import FeatureStatistics, statistics_from
from wsss_viz.methods.views import MIRROR, SINGLE
from wsss_viz.models import Classifier, Preprocessing

SIZES = [(43, 61), (40, 29)]


def known(mean, deviation, active=None, dtype=torch.float64, split=3):
    given = (mean, deviation, [1.0] * len(mean) if active is None else active)
    return FeatureStatistics(*(torch.tensor(v, dtype=dtype).view(1, -1, 1, 1) for v in given), 5, split)


def test_the_information_is_the_divergence_of_two_gaussians():
    generator = torch.Generator().manual_seed(0)
    r = torch.randn(1, 2, 3, 4, generator=generator, dtype=torch.float64) * 2
    share = torch.rand(1, 2, 3, 4, generator=generator, dtype=torch.float64) * 0.98 + 0.01
    mean, deviation = (0.3, -1.0), (0.5, 2.0)
    got = information(r, share, known(mean, deviation))
    for d in range(2):
        m, s = mean[d], deviation[d]
        noisy = torch.distributions.Normal(share[0, d] * r[0, d] + (1 - share[0, d]) * m, (1 - share[0, d]) * s)
        noise = torch.distributions.Normal(torch.tensor(m).double(), torch.tensor(s).double())
        torch.testing.assert_close(got[0, d], torch.distributions.kl_divergence(noisy, noise))
    assert information(r, 0 * share, known(mean, deviation)).abs().max() == 0
    assert torch.isfinite(information(r, torch.ones_like(share), known(mean, deviation))).all()
    off = information(r, share, known(mean, deviation, (1.0, 0.0)))
    assert torch.equal(off[:, 0], got[:, 0])
    assert not off[:, 1].any()


@pytest.mark.parametrize(("size", "sigma"), [((6, 9), 1.0), ((9, 6), 1.0), ((3, 12), 1.0), ((11, 13), 2.0)])
def test_the_gaussian_is_scipys_where_it_fits(size, sigma):
    from scipy.ndimage import gaussian_filter

    values = np.random.default_rng(0).random((1, 2, *size))
    got = smoothed(torch.from_numpy(values), sigma).numpy()
    reach = round(2 * sigma) / sigma
    for d in range(2):
        want = gaussian_filter(values[0, d], sigma, mode="mirror", truncate=reach)
        np.testing.assert_allclose(got[0, d], want, atol=1e-12)
    assert torch.equal(smoothed(torch.from_numpy(values), 0.0), torch.from_numpy(values))


def test_on_a_grid_smaller_than_the_gaussian_what_is_even_stays():
    np.testing.assert_allclose(smoothed(torch.full((1, 2, 1, 2), 0.7), 3.0), 0.7, rtol=1e-6)


def second(classifier, sample, target, settings, mean, deviation):
    """The method again, from the paper: torch's Adam, a two-dimensional kernel, one loop; bits per cell (h, w)."""
    z = classifier.early(classifier.preprocess(sample.image), classifier.split)
    mu, sd = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (mean, deviation))
    at = torch.arange(-2.0, 3.0, dtype=torch.float64)
    kernel = torch.exp(-(at[:, None] ** 2 + at[None] ** 2) / 2)
    smooth = nn.Conv2d(z.shape[1], z.shape[1], 5, groups=z.shape[1], bias=False, dtype=torch.float64)
    smooth.weight.data = (kernel / kernel.sum()).expand(z.shape[1], 1, 5, 5)
    alpha = nn.Parameter(torch.full(z.shape[1:], 5.0, dtype=torch.float64))
    adam = torch.optim.Adam([alpha], lr=settings["rate"])
    generator = torch.Generator().manual_seed(settings["seed"])
    for _ in range(settings["steps"]):
        adam.zero_grad()
        share = smooth(nn.functional.pad(alpha.sigmoid()[None], (2, 2, 2, 2), mode="reflect"))[0]
        r = (z[0] - mu) / sd
        nats = -0.5 * (1 + torch.log((1 - share) ** 2) - (share * r) ** 2 - (1 - share) ** 2)
        noise = torch.randn((settings["batch"], *z.shape[1:]), generator=generator, dtype=torch.float64) * sd + mu
        logits = classifier.pool(classifier.late(share * z + (1 - share) * noise, classifier.split))
        if settings["likelihood"] == "softmax":
            loss = nn.functional.cross_entropy(logits, torch.full((len(logits),), target))
        else:
            truth = torch.ones(len(logits), dtype=torch.float64)
            loss = nn.functional.binary_cross_entropy_with_logits(logits[:, target], truth)
        (loss + settings["beta"] * nats.mean()).backward()
        adam.step()
    return (nats.sum(dim=0) / math.log(2)).detach().numpy()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("likelihood", ["sigmoid", "softmax"])
def test_the_map_is_a_second_implementations_on_sides_that_are_no_multiples_of_the_stride(size, likelihood):
    classifier, sample = small_network(torch.float64), photograph(size)
    classifier.head.weight.mul_(10)
    channels = classifier.early(classifier.preprocess(sample.image), classifier.split).shape[1]
    mean, deviation = np.linspace(0.1, 0.5, channels), np.linspace(0.2, 0.9, channels)
    settings = {"beta": 2.0, "steps": 6, "rate": 0.7, "batch": 3, "seed": 4, "likelihood": likelihood}
    steps = list(iba(classifier, sample, companion_samples=known(mean, deviation), **settings))
    assert [step.index for step in steps] == list(range(6))
    assert steps[-1].stop == "K"
    assert (steps[-1].targets, steps[-1].terms["images"]) == ((0, 2), 5)
    for target, name in ((0, "a"), (2, "c")):
        cells = second(classifier, sample, target, settings, mean, deviation)
        pixels = size[0] * size[1]
        np.testing.assert_allclose(steps[-1].maps[target], cells * cells.size / pixels, rtol=1e-5)
        assert steps[-1].terms[f"bits {name}"] == pytest.approx(cells.sum(), rel=1e-5)
        assert cells.std() > 0.003 * cells.mean()
        assert steps[0].terms[f"bits {name}"] > 1.2 * cells.sum()
    assert not steps[-1].maps[1].any()


def test_only_what_the_class_needs_is_kept():
    """Two channels, one of which the class's row reads: with the other noise it loses nothing."""
    head = nn.Conv2d(3, 2, 1, bias=False)
    head.weight.data = torch.tensor([[30.0, 0.0, 0.0], [0.0, 30.0, 0.0]])[:, :, None, None]
    plain = Preprocessing((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    classifier = Classifier([nn.Identity()], head, ("a", "b"), stride=1, preprocessing=plain).eval()
    sample = photograph((9, 14), labels=("a",))
    image = sample.image.copy()
    image[..., 0] = 0
    image[2:5, 3:8, 0] = 255  # red at one place
    sample = type(sample)(image, ("a", "b"), ("a",), "s")
    noise = known((0.0, 0.5, 0.5), (0.1, 0.1, 0.1), dtype=torch.float32, split=1)
    last = list(iba(classifier, sample, beta=1.0, smoothing=0.0, companion_samples=noise))[-1]
    red = np.zeros((9, 14), bool)
    red[2:5, 3:8] = True
    assert last.maps[0][red].mean() > 3 * last.maps[0][~red].mean()
    assert last.maps.min() >= 0


def test_a_larger_beta_leaves_fewer_bits_and_a_lower_logit():
    classifier, sample = small_network(), photograph(labels=("a",))
    ends = [list(iba(classifier, sample, beta=beta))[-1] for beta in (0.1, 100.0)]
    assert ends[0].terms["bits a"] > 1.5 * ends[1].terms["bits a"]
    assert ends[0].terms["logit a"] != ends[1].terms["logit a"]
    assert ends[0].loss < ends[1].loss


def test_bits_are_per_pixel_of_the_image_whatever_size_the_network_sees():
    classifier, sample = small_network(), photograph((43, 61), labels=("a",))
    classifier.preprocessing = Preprocessing(short_side=86)
    last = list(iba(classifier, sample, steps=2))[-1]
    assert last.maps[0].size > 2 * (43 * 61) / 64
    assert last.maps[0].mean() * 43 * 61 == pytest.approx(last.terms["bits a"], rel=1e-5)


def test_each_view_has_a_bottleneck_and_the_map_is_their_mean():
    classifier, sample = small_network(), photograph((40, 64), labels=("a",))
    turned = type(sample)(np.ascontiguousarray(sample.image[:, ::-1]), sample.classes, sample.labels, "t")
    both = list(iba(classifier, sample, views=MIRROR, steps=3))[-1]
    others = statistics_from(classifier, (), classifier.early(classifier.preprocess(sample.image)), 20, split=3)
    one, other = (
        list(iba(classifier, s, views=SINGLE, steps=3, companion_samples=others))[-1].maps[0] for s in (sample, turned)
    )
    np.testing.assert_allclose(both.maps[0], (one + other[:, ::-1]) / 2, rtol=1e-4)


def test_mean_and_deviation_are_over_all_places_of_images_of_any_size():
    classifier = small_network(torch.float64)
    pool = [photograph(size, seed=i) for i, size in enumerate([(43, 61), (24, 80), (64, 40)])]
    z = classifier.early(classifier.preprocess(photograph().image))
    got = statistics_from(classifier, pool, z, 20, split=classifier.split)
    flat = torch.cat([classifier.early(classifier.preprocess(s.image))[0].flatten(1) for s in pool], dim=1)
    torch.testing.assert_close(got.mean.flatten(), flat.mean(dim=1))
    torch.testing.assert_close(got.deviation.flatten(), flat.std(dim=1).clamp_min(0.01))
    assert got.active.flatten().tolist() == ((flat != 0).double().mean(dim=1) > 0.01).double().tolist()
    assert got.images == 3
    few = statistics_from(classifier, pool, z, 2, split=classifier.split)
    assert few.images == 2
    assert not torch.equal(few.mean, got.mean)
    own = statistics_from(classifier, (), z, 20, split=classifier.split)
    assert own.images == 0
    torch.testing.assert_close(own.mean.flatten(), z[0].flatten(1).mean(dim=1))


def test_the_data_set_at_hand_says_what_noise_looks_like():
    classifier, sample = small_network(), photograph()
    pool = [photograph(seed=i) for i in range(30, 34)]
    steps = {n: list(bind("iba", classifier, samples=pool[:n], steps=2)(sample, SINGLE))[-1] for n in (0, 4)}
    assert [step.terms["images"] for step in steps.values()] == [0, 4]
    assert not np.array_equal(steps[0].maps, steps[4].maps)


def test_on_the_command_line_and_what_cannot_be():
    assert read_changes(["iba.beta=5", "likelihood=softmax"], ["cam", "iba"]) == {
        "iba": {"beta": 5.0, "likelihood": "softmax"}
    }
    assert (METHODS["iba"].unit, METHODS["cam"].unit) == ("bits per pixel", "activation")
    classifier, sample = small_network(), photograph()
    for changes, message in (
        ({"steps": 0}, "`steps` is 1 or more"),
        ({"likelihood": "tanh"}, "`likelihood` is one of sigmoid, softmax"),
        ({"beta": -1.0}, "`beta` is 0 or more"),
        ({"split": 9}, "`split` is 0 to 5"),
        ({"alpha": math.nan}, "`alpha` is a number"),
    ):
        with pytest.raises(InputError, match=message):
            list(iba(classifier, sample, **changes))
    assert [bottleneck_depth(classifier, split) for split in (None, 0, 5)] == [3, 0, 5]
