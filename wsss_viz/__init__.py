"""wsss_viz: weakly-supervised semantic segmentation, looked at.

| name | what |
|---|---|
| `Sample`, `Step`, `Trace`, `Classifier`, `InputError` | the types that everything is said in |
| `load`, `adapt` | a Classifier by name or path; a torch network with global average pooling as one |
| `cam`, `ae`, `cs_ae`, `rib`, ... | one call from a picture and a model to a Trace, per method (`one_call`) |
| `data`, `models`, `methods`, `traces`, `evaluation`, ... | the rooms: `dir(wsss_viz)`, `help(wsss_viz.traces)` |

Everything is imported on first use, so that `import wsss_viz` needs neither torch nor streamlit nor numpy.

    >>> import wsss_viz
    >>> sample = wsss_viz.data.open("scenes:test")[17]
    >>> wsss_viz.cam(sample, "scenes-classifier")
    Trace(method='cam', source='scenes:test:17', size=(128, 128), steps=1, maps=(10, 16, 16), targets=('dog',))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wsss_viz.lazy import lazy_names
from wsss_viz.version import __version__

if TYPE_CHECKING:
    from wsss_viz import (
        data,
        evaluation,
        figures,
        gradients,
        information,
        methods,
        models,
        refinement,
        showcase,
        traces,
        training,
    )
    from wsss_viz.data.sample import Sample
    from wsss_viz.errors import InputError
    from wsss_viz.models.adapter import adapt
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.models.loading import load
    from wsss_viz.one_call import ae, ae_rounds, cam, cs_ae, cs_ae_single, gain, iba, layercam, rib, rib_bce
    from wsss_viz.traces.step import Step, Trace

__all__ = [
    "Classifier",
    "InputError",
    "Sample",
    "Step",
    "Trace",
    "__version__",
    "adapt",
    "ae",
    "ae_rounds",
    "cam",
    "cs_ae",
    "cs_ae_single",
    "data",
    "evaluation",
    "figures",
    "gain",
    "gradients",
    "iba",
    "information",
    "layercam",
    "load",
    "methods",
    "models",
    "refinement",
    "rib",
    "rib_bce",
    "showcase",
    "traces",
    "training",
]

__getattr__, __dir__ = lazy_names(__name__)
