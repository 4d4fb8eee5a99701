"""The methods as pages have them: those of the library, and what is said of those that cannot be shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from wsss_viz.app import methods
from wsss_viz.data.scenes import CLASSES
from wsss_viz.errors import InputError
from wsss_viz.methods.catalogue import lead
from wsss_viz.models import manifest


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSSS_VIZ_CHECKPOINTS", str(tmp_path))
    plain = manifest.Entry("c.safetensors", "a" * 64, {}, CLASSES, {}, "", 0)
    trained = {"role": "cgnet", "classifier_sha256": "a" * 64}
    manifest.register("mine", plain)
    manifest.register("cg", manifest.Entry("g.safetensors", "b" * 64, {}, CLASSES, {}, "", 0, trained))


def test_no_two_methods_look_alike() -> None:
    assert len({method.colour for method in methods.METHODS.values()}) == len(methods.METHODS)
    assert len({method.title for method in methods.METHODS.values()}) == len(methods.METHODS)


def test_what_the_page_erasing_steps_through_has_a_first_line_and_nothing_else_has() -> None:
    for name, method in methods.METHODS.items():
        if method.group:
            assert lead(name)
            continue
        with pytest.raises(InputError, match="not stepped through"):
            lead(name)
    with pytest.raises(InputError, match="unknown method 'nothing'"):
        lead("nothing")


def test_a_method_without_its_network_says_how_to_train_it(register: None) -> None:
    assert methods.why_not("rib", "mine") == ""
    assert methods.why_not("cs-ae", "mine") == ""
    assert "train one (`python -m wsss_viz train gain`)" in methods.why_not("gain", "mine")
    assert methods.why_not("cs-ae", "another")
    manifest.register("other", manifest.Entry("o.safetensors", "c" * 64, {}, ("cat",), {}, "", 0))
    assert "train" not in methods.why_not("gain", "other").partition("none: ")[2], "it trains on the drawn scenes alone"


def test_the_pages_own_choice_is_of_what_can_be_shown_and_no_more_than_fit(register: None) -> None:
    assert methods.selection((), "mine") == ("cam", "ae", "cs-ae", "rib"), "on the frozen classifier, for the retrained"
    assert methods.selection((), "another") == ("cam", "ae", "cs-ae-single", "rib")
    assert methods.selection(("gain", "rib"), "mine") == ("gain", "rib")
    assert methods.selection(tuple(methods.METHODS), "mine") == tuple(methods.METHODS)[: methods.MOST]


def test_they_are_known_without_torch() -> None:
    code = "import wsss_viz.app.state, wsss_viz.app.methods, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
