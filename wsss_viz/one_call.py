"""From a picture and a model to a Trace in one call: `wsss_viz.cam("photo.jpg", "scenes-classifier").overlay()`.

There is one function per method (`cam`, `ae`, `cs_ae`, `rib`, ...), all made by `one_call` from the catalogue of
methods. They load, adapt, bind and collect; whoever does that many times does it once and calls `methods.bind`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from wsss_viz.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from wsss_viz.methods.view_set import Views
    from wsss_viz.models.classifier import Classifier
    from wsss_viz.traces.step import Trace

__all__ = ["OneCall", "one_call", "run"]


class OneCall(Protocol):
    """A method in one call."""

    def __call__(
        self,
        image: Any,
        model: str | Path | Classifier | nn.Module,
        classes: str | Sequence[str] | None = None,
        *,
        views: str | Views = "single",
        device: str = "auto",
        class_names: Sequence[str] | None = None,
        networks: Mapping[str, str | Sequence[str]] | None = None,
        **settings: Any,
    ) -> Any: ...


def run(
    method: str,
    image: Any,
    model: str | Path | Classifier | nn.Module,
    classes: str | Sequence[str] | None = None,
    *,
    views: str | Views = "single",
    device: str = "auto",
    class_names: Sequence[str] | None = None,
    networks: Mapping[str, str | Sequence[str]] | None = None,
    **settings: Any,
) -> Trace | list[Trace]:
    """A method on a picture, or on several.

    Args:
        method: its name on the command line ("cam", "cs-ae", ...).
        image: a path, a data string, a Sample, a Pillow image, an array, a tensor, or several (`data.anything`).
        model: a name or path that `load` takes, a Classifier, or a torch network with global average pooling before
            one linear layer, which is adapted (`models.adapt`) and left as it was.
        classes: the class, or the classes, that the method works on; default the sample's labels, and for a picture
            without labels the class with the top score.
        views: as text, "single", "mirror", "multi-scale" or scales ("1,1.5,2+mirror"), or a `Views`.
        device: "auto" (the GPU where there is one), "cpu", "cuda", ...; a network that is given stays where it is.
        class_names: names of the network's classes, where it has none of its own.
        networks: paired networks by role, as names or paths, where they are not those of the register.
        settings: of the method, by name: `rib(..., steps=20)`; as `methods.bind` takes them.

    Returns:
        A Trace; of several pictures a list of Traces.

    Raises:
        InputError: no picture, model, class or setting of that kind, in one line.

    >>> run("cam", ["scenes:test:17", "scenes:test:129"], "scenes-classifier")[1].target_names
    ('cat', 'cow')
    """
    from wsss_viz.data.anything import samples_of
    from wsss_viz.methods import bind
    from wsss_viz.methods.view_set import Views
    from wsss_viz.traces.step import Trace

    samples, single = samples_of(image)
    classifier = _classifier(model, device, class_names)
    name = model if isinstance(model, str) else ""
    runner = bind(method, classifier, _paired(method, name, device, networks), samples, **_options(classes, settings))
    wanted = Views.from_text(views) if isinstance(views, str) else views
    traces = [Trace.collect(runner(sample, wanted), method, classifier.classes, sample) for sample in samples]
    return traces[0] if single else traces


def _classifier(
    model: str | Path | Classifier | nn.Module, device: str, class_names: Sequence[str] | None
) -> Classifier:
    from torch import nn

    from wsss_viz.models.adapter import adapt
    from wsss_viz.models.loading import load

    if isinstance(model, str | Path):
        return load(str(model), device, classes=class_names)
    if isinstance(model, nn.Module):
        return adapt(model, class_names)
    raise InputError(
        f"no model can be read from a {type(model).__name__}: give a name, a path, a Classifier or a torch network"
    )


def _paired(
    method: str, name: str, device: str, networks: Mapping[str, str | Sequence[str]] | None
) -> Mapping[str, Sequence[Classifier]]:
    from wsss_viz.methods import load_paired

    given = {role: [names] if isinstance(names, str) else list(names) for role, names in (networks or {}).items()}
    return load_paired([method], name, device, given)


def _options(classes: str | Sequence[str] | None, settings: Mapping[str, Any]) -> dict[str, Any]:
    if classes is None:
        return dict(settings)
    return {**settings, "classes": (classes,) if isinstance(classes, str) else tuple(classes)}


def one_call(method: str) -> OneCall:
    """The function of one method: `run` with its first argument given.

    >>> one_call("rib").__name__
    'rib'
    """

    def call(image: Any, model: str | Path | Classifier | nn.Module, *args: Any, **options: Any) -> Any:
        return run(method, image, model, *args, **options)

    call.__name__ = call.__qualname__ = method.replace("-", "_")
    call.__doc__ = f"`{method}` on a picture, in one call: see `wsss_viz.one_call.run`, whose arguments it takes."
    return call


def __getattr__(name: str) -> OneCall:
    from wsss_viz.methods.catalogue import METHODS

    for method in METHODS:
        if method.replace("-", "_") == name:
            return one_call(method)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
