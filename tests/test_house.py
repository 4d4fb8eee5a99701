"""The house as a whole: the library's contract, what is imported when, and that arrows go down."""

import ast
import functools
import graphlib
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import wsss_viz
from tests.models.test_classifier import seeded_network
from wsss_viz.data.scenes import CLASSES
from wsss_viz.models.checkpoint import write_checkpoint
from wsss_viz.models.scene_network import NAME, WIDTHS

PACKAGE = Path(wsss_viz.__file__).parent

FLOORS = {
    "errors": 0,
    "interrupts": 0,
    "wording": 0,
    "resources": 0,
    "data": 1,
    "information": 1,
    "traces": 2,
    "models": 3,
    "refinement": 4,
    "methods": 4,
    "evaluation": 5,
    "gradients": 5,
    "showcase": 6,
    "training": 6,
    "figures": 6,
    "commands": 7,
    "app": 8,
    "cli": 9,
    "__main__": 9,
    "lazy": 0,
    "one_call": 5,
    "version": 0,
}


APP_FLOORS = {
    "settings": 0,
    "language": 0,
    "workspace": 0,
    "methods": 0,
    "state": 1,
    "caching": 1,
    "encoded": 0,
    "worker": 0,
    "collecting": 0,
    "catalogue": 1,
    "shell": 2,
    "explanations": 1,
    "gate": 1,
    "turns": 1,
    "session": 2,
    "widgets": 3,
    "services": 4,
    "source_bar": 5,
    "navigation": 5,
    "frame": 5,
    "pages": 6,
    "server": 7,
    "script": 8,
}
"""The rooms of the app: pages stand on what they share, and what is drawn with knows nothing of what is computed."""
LENT = (
    "erasing.averages",
    "erasing.by_hand",
    "gradients.charts",
    "information.bottleneck_chart",
    "information.bottleneck_section",
    "information.chart_style",
    "information.plane_chart",
    "results.leakage",
    "videos.charts",
)
"""What the lecture draws of other pages' charts."""


@functools.cache
def imported_modules(path):
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return tuple(found)


def test_arrows_go_down():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        room = parts[0]
        if room == "__init__":
            continue
        for module in imported_modules(path):
            if module == "wsss_viz" and FLOORS[room] < FLOORS["commands"]:
                wrong.append(f"{'/'.join(parts)} imports the package that it is part of")
            if not module.startswith("wsss_viz."):
                continue
            other = module.split(".")[1]
            upward = other in FLOORS and FLOORS[other] > FLOORS[room] and not (room == "commands" and other == "app")
            sideways = room == "information" and other in ("models", "methods")
            if upward or sideways:
                wrong.append(f"{'/'.join(parts)} imports {module}")
            assert room in FLOORS, f"{room} has no floor: give it one"
    assert wrong == []


def test_arrows_go_down_in_the_app_and_no_page_knows_another():
    wrong = []
    for path in (PACKAGE / "app").rglob("*.py"):
        parts = path.relative_to(PACKAGE / "app").with_suffix("").parts
        if parts[0] == "__init__":
            continue
        for module in imported_modules(path):
            other = module.split(".")[2:]
            if not module.startswith("wsss_viz.app.") or other[0] not in APP_FLOORS:
                continue
            upward = APP_FLOORS[other[0]] > APP_FLOORS[parts[0]]
            beside = parts[0] == other[0] == "pages" and len(other) > 2 and other[1] != parts[1]
            beside = beside and not (parts[1] == "learn" and ".".join(other[1:3]) in LENT)
            if upward or beside:
                wrong.append(f"{'/'.join(parts)} imports {module}")
    assert wrong == []


MODULES = {
    ".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): p
    for p in PACKAGE.rglob("*.py")
}
DRAWN_ON_DEMAND = {
    "wsss_viz.data.sample": {"wsss_viz.data.palette"},
    "wsss_viz.traces.step": {"wsss_viz.traces.pictures", "wsss_viz.traces.trace_file"},
    "wsss_viz.models.architectures.resnet38d": {"wsss_viz.models.resnet38d"},
    "wsss_viz.models.architectures.efficientnet_lite": {"wsss_viz.models.efficientnet_lite"},
}
"""What a module imports within a function though it is built on it: a thing's picture or file, a layout's network."""


def imported(nodes, within_functions):
    """The modules of the package that are imported, leaving out what only a type checker reads."""
    for node in nodes:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not within_functions:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield name if (name := f"{node.module}.{alias.name}") in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        yield from imported(ast.iter_child_nodes(node), within_functions)


@functools.cache
def known_imports(path):
    """What a module imports of the package: at its top, and within functions as well."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(set(imported([tree], within_functions)) & MODULES.keys() for within_functions in (False, True))


@pytest.mark.parametrize("within_functions", [False, True])
def test_no_module_imports_itself_by_way_of_others(within_functions):
    graph = {}
    for name, path in MODULES.items():
        known = known_imports(path)[within_functions]
        graph[name] = known - {name} - (DRAWN_ON_DEMAND.get(name, set()) if within_functions else set())
    assert sum(map(len, graph.values())) > 1000
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_nothing_below_the_app_imports_streamlit():
    allowed = ("app", "commands/app.py")
    below = [p for p in PACKAGE.rglob("*.py") if not p.relative_to(PACKAGE).as_posix().startswith(allowed)]
    assert len(below) > 40
    offenders = [p for p in below if any(m.split(".")[0] == "streamlit" for m in imported_modules(p))]
    assert offenders == []


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import wsss_viz", ("torch", "streamlit", "sklearn", "numpy")),
        ("import wsss_viz; wsss_viz.data, wsss_viz.traces", ("torch", "streamlit", "sklearn", "matplotlib")),
        (
            "import wsss_viz.data.scenes as s; [s.Scenes('test')[i] for i in range(12)]",
            ("torch", "streamlit", "sklearn"),
        ),
        (
            "from wsss_viz.showcase.sequences import read_sequence_maps; read_sequence_maps().video(0)",
            ("torch", "streamlit"),
        ),
        (
            "from wsss_viz.showcase.pseudo_masks import read_pseudo_masks; read_pseudo_masks('scenes-test', ['cam'])",
            ("torch", "streamlit"),
        ),
        ("from wsss_viz.models.manifest import read_manifest; read_manifest()", ("torch", "streamlit")),
        (
            "from wsss_viz.evaluation import pseudo_mask, score_image\n"
            "from wsss_viz.figures import FigureSpec, Row\n"
            "from wsss_viz.figures.rendering import render\n"
            "spec = FigureSpec('grid', ('image', 'cam', 'rib'), (Row('scenes:test:129', 'dog'),), dpi=50)\n"
            "render(spec, 'png')",  # of maps that are there
            ("torch", "streamlit"),
        ),
        ("import wsss_viz.cli", ("torch", "streamlit", "numpy")),
    ],
)
def test_what_is_not_needed_is_not_imported(statement, absent):
    code = f"{statement}\nimport sys\nprint(*[name for name in {absent!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_what_is_no_code_is_installed_with_the_package():
    declared = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = declared["tool"]["setuptools"]["package-data"]
    installed = {
        path
        for package, globs in patterns.items()
        for glob in globs
        for path in (PACKAGE.parent / package.replace(".", "/")).glob(glob)
    }
    others = {p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix != ".py" and "__pycache__" not in p.parts}
    assert others - installed == set()


NO_NAMES = {"chosen", "found", "kept", "look", "looks", "own", "place", "places", "shown", "told"}
"""Words that say what happened to a thing, not what it is."""
STORED = {("app/services/downloads.py", "shown")}
"""Names that files of earlier versions have as keys: of an array in the maps' archive."""


def identifiers(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.rpartition(".")[2]


def test_identifiers_say_what_a_thing_is():
    assert set(identifiers(ast.parse("def told(own): self.kept = shown"))) == {"told", "own", "self", "kept", "shown"}
    wrong = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("*.py")
        for name in identifiers(ast.parse(path.read_text(encoding="utf-8")))
        if NO_NAMES & set(name.lower().split("_")) and (path.relative_to(PACKAGE).as_posix(), name) not in STORED
    }
    assert wrong == set()


def test_the_librarys_contract(tmp_path):
    path = tmp_path / "c.safetensors"
    write_checkpoint(path, seeded_network(CLASSES), {"name": NAME, "widths": list(WIDTHS)})

    sample = wsss_viz.data.open("scenes:test")[17]
    classifier = wsss_viz.load(str(path))
    trace = wsss_viz.Trace.collect(wsss_viz.methods.cam(classifier, sample))
    assert isinstance(sample, wsss_viz.Sample)
    assert isinstance(classifier, wsss_viz.Classifier)
    assert sample.source == "scenes:test:17"
    assert trace.maps.shape == (10, 16, 16)
    assert np.isfinite(trace.maps).all()
    assert trace.maps.std() > 0
    with pytest.raises(AttributeError, match="nothing"):
        wsss_viz.nothing  # noqa: B018
