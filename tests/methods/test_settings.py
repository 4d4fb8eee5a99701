"""Settings: one algorithm under one name, wherever it is called from; what is read from text and refused."""

import json
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch

import wsss_viz
from tests.methods.test_erasing import photograph, small_network
from wsss_viz import cli, data
from wsss_viz.app.services import traces
from wsss_viz.app.services.models import UserModel
from wsss_viz.data import Sample
from wsss_viz.errors import InputError
from wsss_viz.figures.spec import FigureSpec, Row
from wsss_viz.figures.spec_file import read_spec, spec_bytes
from wsss_viz.figures.tracing import compute_trace
from wsss_viz.methods import METHODS, bind, load_paired, rib
from wsss_viz.methods.changes import read_changes
from wsss_viz.methods.settings import ErasingSettings, RibSettings
from wsss_viz.methods.views import MIRROR, SINGLE, Views
from wsss_viz.models import adapt, load, manifest
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS
from wsss_viz.traces import Trace
from wsss_viz.traces.storage import read_maps
from wsss_viz.traces.trace_file import TraceFile, write_traces

SCENE = "scenes:test:17"
CHEAP = {"rib": {"steps": 1, "gradient_views": SINGLE}, "rib-bce": {"steps": 1}, "cs-ae-single": {"steps": 1}}
CHEAP["iba"] = {"steps": 2, "batch": 2}
every_method = pytest.mark.parametrize("name", list(METHODS))


def residual_network():
    """A torchvision network that nobody trained, on small pictures."""
    from torchvision.models import resnet18

    torch.manual_seed(0)
    return adapt(resnet18(num_classes=3).eval(), ("a", "b", "c"))


def paired_with(classifier):
    return dict.fromkeys(("ae", "gain", "cgnet"), (classifier,))


def direct(name, classifier, networks, sample, **changes):
    """The method's own function, given what its catalogue entry says it takes."""
    entry = METHODS[name]
    inputs = {}
    if entry.role:
        group = networks[entry.role]
        inputs[entry.parameter] = group if entry.several else group[0]
    return list(entry.load()(classifier, sample, views=SINGLE, **inputs, **changes))


def same(first, second):
    assert len(first) == len(second) > 0
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.maps, b.maps)
        np.testing.assert_array_equal(a.scores, b.scores)
        assert (a.terms, a.stop, dict(a.settings)) == (b.terms, b.stop, dict(b.settings))


@pytest.fixture(scope="module")
def shipped():
    return load("scenes-classifier", "cpu")


@every_method
@pytest.mark.parametrize("network", [small_network, residual_network])
def test_a_direct_call_is_the_bound_method(name, network):
    classifier, sample = network(), photograph(labels=("a",))
    changes = CHEAP.get(name, {})
    networks = paired_with(classifier)
    called = direct(name, classifier, networks, sample, **changes)
    same(called, list(bind(name, classifier, networks, **changes)(sample, SINGLE)))
    defaults = METHODS[name].settings().as_dict()
    assert called[0].settings == {**defaults, **METHODS[name].settings.of(changes).changed({}).as_dict()}
    assert {key for key in defaults if called[0].settings[key] != defaults[key]} == set(changes)


@every_method
def test_every_way_to_the_shipped_network_gives_the_same_steps(name, shipped, tmp_path):
    sample = data.open(SCENE)[0]
    networks = load_paired([name], "scenes-classifier", "cpu")
    steps = direct(name, shipped, networks, sample)
    same(steps, list(bind(name, shipped, networks)(sample, SINGLE)))
    same(steps, list(traces.steps_of(name, sample, "single")))
    spec = FigureSpec("grid", (name,), (Row(SCENE),), settings={name: steps[0].settings})  # asked for: computed anew
    same(steps, list(compute_trace(spec, name, SCENE)))
    cli.main(["maps", "--data", SCENE, "--method", name, "--views", "single", "--out", str(tmp_path / "out")])
    written = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert written["settings"] == json.loads(json.dumps(steps[0].settings))
    stored = read_maps(next((tmp_path / "out").glob("*.npz")))
    np.testing.assert_array_equal(stored.maps, steps[-1].maps[list(steps[-1].targets)])


@every_method
def test_the_app_runs_ones_own_network_with_its_settings_and_what_the_catalogue_changes(name):
    classifier, sample = small_network(), photograph(labels=("a",))
    classifier.settings = {key: METHODS[key].settings.of(values).as_dict() for key, values in CHEAP.items()}
    cgnet = UserModel("cg", "c" * 64, classifier)
    own = UserModel("own", "d" * 64, classifier, partner=cgnet)
    if own.why_not(name):
        assert METHODS[name].role in ("ae", "gain")
        return
    steps = list(own.request(name, sample, "single").work())
    same(steps, direct(name, classifier, paired_with(classifier), sample, **dict(METHODS[name].quick)))
    assert len(steps) <= own.request(name, sample, "single").total


def test_a_checkpoints_settings_travel_with_the_network_by_name_and_by_digest(tmp_path, shipped):
    entry = manifest.read_manifest()["scenes-classifier"]
    assert shipped.settings == entry.settings
    assert shipped.settings["rib"]["margin"] == 25
    copied = tmp_path / "renamed.safetensors"
    copied.write_bytes((manifest.checkpoints_folder() / entry.file).read_bytes())
    assert load(str(copied), "cpu").settings == entry.settings
    assert manifest.settings_of(str(copied)) == entry.settings
    changed = bytearray(copied.read_bytes())
    changed[-1] ^= 1
    copied.write_bytes(changed)
    assert load(str(copied), "cpu").settings == {}
    trained = load("scenes-gain", "cpu")  # from this classifier, and without settings of its own
    assert trained.settings == entry.settings
    assert small_network().settings == {}


def test_a_training_in_another_folder_has_the_settings_of_the_register_beside_it(tmp_path):
    shipped_entry = manifest.read_manifest()["scenes-classifier"]
    mine = tmp_path / "mine.safetensors"
    network = small_network()
    write_checkpoint(mine, network, {"name": NAME, "widths": list(WIDTHS)})
    assert load(str(mine), "cpu").settings == {}
    digest = manifest.file_digest(mine)
    entry = manifest.Entry(mine.name, digest, {}, network.classes, {}, "", 0, settings=shipped_entry.settings)
    manifest.register("mine", entry, tmp_path)
    assert load(str(mine), "cpu").settings == manifest.settings_of(str(mine)) == shipped_entry.settings
    (tmp_path / "manifest.json").write_text("{}")
    assert load(str(mine), "cpu").settings == manifest.settings_of(str(mine)) == {}


def test_an_entry_that_is_registered_again_keeps_its_settings(tmp_path):
    entry = manifest.Entry("c.safetensors", "a" * 64, {}, ("cat",), {}, "", 0, settings={"rib": {"margin": 3.0}})
    manifest.register("mine", entry, tmp_path)
    manifest.register("mine", manifest.Entry("c.safetensors", "b" * 64, {}, ("cat",), {}, "", 0), tmp_path)
    again = manifest.read_manifest(tmp_path)["mine"]
    assert (again.sha256, again.settings) == ("b" * 64, {"rib": {"margin": 3.0}})


def test_ribs_defaults_are_the_official_codes_and_redraw_the_companions():
    official = RibSettings()
    assert (official.steps, official.margin, official.rate, official.head_rate) == (10, 600.0, 8e-6, 10.0)
    assert (official.clamp, official.stop_on, official.accumulate) == (False, "sum", "before")
    assert (official.pooling, official.tau, official.companions, official.redraw) == ("gndrp-official", 0.4, 20, True)
    assert official.gradient_views == Views((1.0, 1.5, 2.0), flip=True)
    assert official.momentum == official.decay == 1e-4


@every_method
def test_settings_are_read_back_from_json_and_text(name):
    settings = METHODS[name].settings()
    assert type(settings).of(json.loads(json.dumps(settings.as_dict()))) == settings
    for field in fields(settings):
        value = settings.as_dict()[field.name]
        text = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        assert settings.parse(field.name, text) == getattr(settings, field.name), field.name


def test_text_by_the_fields_type():
    read = RibSettings.parse
    assert read("margin", "25") == 25.0
    assert isinstance(read("margin", "25"), float)
    assert read("margin", "None") is None
    assert read("clamp", "true") is True
    assert read("split", "2") == 2
    assert read("gradient_views", "1,1.5") == Views((1.0, 1.5))
    assert read("gradient_views", "mirror") == MIRROR
    for name, text, message in [
        ("margn", "3", "there is no setting 'margn': give one of steps, margin"),
        ("margin", "much", "`margin` is a number or none, got 'much'"),
        ("steps", "2.5", "`steps` is a whole number, got '2.5'"),
        ("clamp", "1", "`clamp` is true or false, got '1'"),
        ("gradient_views", "9", "views are single, mirror, multi-scale, or scales"),
    ]:
        with pytest.raises(InputError, match=message.replace("(", r"\(")):
            read(name, text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 2.5}, "`steps` is a whole number, got 2.5"),
        ({"steps": True}, "`steps` is a whole number, got True"),
        ({"clamp": 1}, "`clamp` is true or false, got 1"),
        ({"margin": "25"}, "`margin` is a number or none, got '25'"),
        ({"stop_on": "both"}, "`stop_on` is one of each, sum, got 'both'"),
        ({"tau": 2}, "`tau` is 0 to 1, got 2.0"),
        ({"nothing": 1}, "there is no setting 'nothing'"),
    ],
)
def test_what_is_no_setting_is_refused_by_name(changes, message):
    with pytest.raises(InputError, match=message):
        RibSettings().changed(changes)
    with pytest.raises(InputError, match=f"rib: {message}"):
        next(rib(small_network(), photograph(), **changes))
    with pytest.raises(InputError, match=f"rib: {message}"):
        bind("rib", small_network(), **changes)
    with pytest.raises(InputError, match="`settings` is of the class RibSettings, got ErasingSettings"):
        bind("rib", small_network(), settings=ErasingSettings())


def test_the_command_lines_changes():
    names = ["cam", "ae", "rib", "rib-bce"]
    assert read_changes(["rib.margin=25", "ae.mask = soft"], names) == {"rib": {"margin": 25.0}, "ae": {"mask": "soft"}}
    assert read_changes(["threshold=0.7"], names) == {"ae": {"threshold": 0.7}}
    assert read_changes(["margin=none"], ["rib"]) == {"rib": {"margin": None}}
    own = {"rib": {"accumulate": "after"}}
    assert read_changes(["rib.steps=0", "rib-bce.steps=0"], names, own)["rib-bce"] == {"steps": 0}
    for text, message in [
        ("margin", "METHOD.SETTING=VALUE"),
        ("margin=3", r"rib and rib-bce have it, say which: rib\.margin=3"),
        ("gain.sigma=3", "'gain' is not run here: the methods are cam, ae"),
        ("rib.steps=0", "`steps` is 1 or more where maps are accumulated before"),
        ("ae.threshold=2", "ae: `threshold` is 0 to 1"),
        ("cam.steps=2", "there is no setting 'steps': it has none, leave it out"),
    ]:
        with pytest.raises(InputError, match=message):
            read_changes([text], names)


def test_bad_settings_are_said_before_anything_is_loaded(tmp_path, capsys):
    for command in (["maps", "--method", "rib", "--out", str(tmp_path / "out")], ["evaluate", "--methods", "rib"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, "--data", str(tmp_path / "none"), "--classifier", "none", "--set", "rib.tau=2"])
        assert ended.value.code == 2
        assert capsys.readouterr().err == "error: rib: `tau` is 0 to 1, got 2.0\n"


def test_evaluate_says_what_each_row_was_run_with(tmp_path):
    path = tmp_path / "report.json"
    options = ["--tune-on", "none", "--views", "single", "--methods", "cam,ae", "--set", "ae.steps=1"]
    cli.main(["evaluate", "--data", SCENE, *options, "--json", str(path)])
    assert json.loads(path.read_text())["settings"] == {"cam": {}, "ae": {**ErasingSettings().as_dict(), "steps": 1}}


def test_a_figures_settings_are_read_checked_and_written_where_there_are_any():
    plain = FigureSpec("grid", ("rib",), (Row(SCENE),))
    assert b"settings" not in spec_bytes(plain)
    text = spec_bytes(FigureSpec("grid", ("rib",), (Row(SCENE),), settings={"rib": {"margin": 3}}))
    assert read_spec(text).settings == {"rib": {"margin": 3}}
    assert compute_trace(read_spec(text), "rib", SCENE).settings["margin"] == 3.0
    for settings, message in [
        ({"rib": {"margn": 3}}, "there is no setting 'margn'"),
        ({"ae": {"steps": 3}}, '`settings` are of the methods in `columns`, got "ae"'),
        ({"rib": 3}, "objects by method"),
    ]:
        content = {**json.loads(text), "settings": settings}
        with pytest.raises(InputError, match=message):
            read_spec(json.dumps(content))


def test_a_trace_says_what_it_was_made_with_also_from_its_file(tmp_path):
    steps = rib(small_network(), photograph(), steps=1, margin=3.0, gradient_views=MIRROR)
    trace = Trace.collect(steps, "rib", ("a", "b", "c"))
    assert trace.settings == {**RibSettings().as_dict(), "steps": 1, "margin": 3.0, "gradient_views": "1+mirror"}
    with (tmp_path / "t").open("wb") as file:
        write_traces(file, {"one": trace}, {})
    assert TraceFile(tmp_path / "t").trace("one").settings == trace.settings
    assert RibSettings.of(trace.settings).margin == 3.0


def test_ribs_companions_are_of_the_data_at_hand_where_it_is_labelled():
    classifier = small_network()

    def sample(seed, *labels):
        plain = photograph(seed=seed)
        return Sample(plain.image, classifier.classes, labels or None, f"s{seed}")

    labelled = [sample(0, "a"), sample(1, "b"), sample(2, "c"), sample(3, "a", "b")]
    changes = {"steps": 1, "gradient_views": SINGLE}
    first = next(bind("rib", classifier, None, labelled, **changes)(labelled[0], SINGLE))
    assert first.terms["companions"] == 2  # those with b or c alone
    unlabelled = [sample(4), sample(5)]
    assert next(bind("rib", classifier, None, unlabelled, **changes)(labelled[0], SINGLE)).terms["companions"] == 0
    one = next(bind("rib", classifier, None, labelled, companions=1, **changes)(labelled[0], SINGLE))
    assert one.terms["companions"] == 1


def test_methods_are_listed_with_needs_and_defaults(capsys):
    cli.main(["methods"])
    said = capsys.readouterr().out
    for name, entry in METHODS.items():
        assert f"{name}: {entry.title} ({entry.source})" in said
    assert "rib.margin = 600.0" in said
    assert "needs a network of the role gain: `train gain` on the drawn scenes, or --network gain=FILE" in said


def test_the_catalogue_is_read_without_torch_numpy_or_streamlit():
    code = (
        "import wsss_viz.methods.catalogue, wsss_viz.methods.settings, sys\n"
        "print(*[name for name in ('torch', 'numpy', 'streamlit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_method_is_a_function_of_its_name_in_the_package():
    for name, entry in METHODS.items():
        function = getattr(wsss_viz.methods, name.replace("-", "_"))
        assert function is entry.load()
        assert callable(function)
    with pytest.raises(AttributeError, match="no attribute 'erasing_loop'"):
        wsss_viz.methods.erasing_loop  # noqa: B018
