"""Which network a file of tensors holds, by their names and shapes. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wsss_viz.errors import InputError
from wsss_viz.models.architectures import Architecture, Recognised, architectures
from wsss_viz.models.architectures.architecture import COUNTER, Shapes, Tensors
from wsss_viz.models.architectures.heads import Head, find_head
from wsss_viz.models.reading.bounds import TensorInfo

__all__ = ["recognise"]

_MOST_CANDIDATES = 32
_AVERAGED = ("ema", "averaged", "teacher", "swa")
_PARAMETERS = ("weight", "bias", "running_mean", "running_var")
_LOSSES = ("criterion", "loss", "metric")


def recognise(tensors: Tensors, mappings: Sequence[str] = ("",), part: str = "") -> Recognised | None:
    """The network of a file, whatever its names begin with; None for none that is known.

    Every architecture is looked for under every prefix at which one of its names stands. Of several networks the one of
    which most is there is taken, of equals the one that is no moving average, then the first. What is missing,
    unexpected or of another shape is in what is returned, not raised.

    Args:
        mappings: of a pickle the dictionaries that hold tensors, by the keys that lead to them.
        part: a key or a prefix within the file, or the name of a head: what `FILE#part` asks for.

    Raises:
        InputError: there is no such part.

    Examples:
        >>> from wsss_viz.models.architectures.resnet38d import resnet38d_shapes
        >>> from wsss_viz.models.reading import TensorInfo
        >>> shapes = {**resnet38d_shapes(), "fc8.weight": (20, 4096, 1, 1)}
        >>> network = recognise({f"module.{key}": TensorInfo("F32", shape) for key, shape in shapes.items()})
        >>> network.architecture, network.prefix, network.rows, network.missing
        ('resnet38d', 'module.', 20, ())
    """
    head = ""
    if part:
        inside = {key: info for key, info in tensors.items() if key.startswith(f"{part}.")}
        if not inside:
            tops = ", ".join(dict.fromkeys(key.partition(".")[0] for key in tensors))[:120]
            raise InputError(f"the file has no part {part!r}: it has {tops}")
        if _candidates(inside):
            tensors = inside
        else:
            head = part
    candidates = _candidates(tensors)
    networks = [(_read(*candidate, candidates, tensors, mappings, head)) for candidate in candidates]
    if not networks:
        return None
    best = max(networks, key=_rank)
    if best.matched < len(best.shapes) / 2:
        return None
    others = [one for one in networks if one is not best and _is_other(one, best)]
    return replace(best, networks=tuple(dict.fromkeys(_address(one.prefix, best.prefix) for one in others)))


def _candidates(tensors: Tensors) -> list[tuple[Architecture, str]]:
    pairs = [(known, prefix) for known in architectures() for prefix in known.prefixes(list(tensors))]
    return pairs[:_MOST_CANDIDATES]


def _rank(network: Recognised) -> tuple[int, bool, bool]:
    averaged = any(word in network.prefix.lower() for word in _AVERAGED)
    return network.matched - len(network.missing), bool(network.head), not averaged


def _is_other(one: Recognised, best: Recognised) -> bool:
    """Whether a candidate is a network of its own, and not the same tensors read in another way."""
    taken = {name for names in best.sources.values() for name in names}
    keys = {name for names in one.sources.values() for name in names}
    return one.matched > len(one.missing) and not keys & taken - {best.sources.get(best.head, ("",))[0]}


def _address(prefix: str, selected: str) -> str:
    """The shortest part of a prefix that tells it from the chosen network's."""
    parts, others = prefix.rstrip(".").split("."), selected.rstrip(".").split(".")
    same = next((i for i, part in enumerate(parts) if i >= len(others) or part != others[i]), len(parts) - 1)
    return ".".join(parts[: same + 1])


def _mapping_of(key: str, mappings: Sequence[str]) -> str:
    return max((path for path in mappings if not path or key.startswith(f"{path}.")), key=len, default="")


@dataclass(frozen=True)
class _Names:
    """The names of a file as one candidate sees them, each by what it is called without the candidate's prefix.

    Attributes:
        inside: under the prefix.
        beside: in the same dictionary, under none.
        elsewhere: in other dictionaries, which hold no network of their own.
    """

    inside: dict[str, str]
    beside: dict[str, str]
    elsewhere: dict[str, str]


def _names(tensors: Tensors, prefix: str, rivals: Sequence[str], mappings: Sequence[str]) -> _Names:
    """Args: rivals: the prefixes of other networks of the same architecture."""
    home = _mapping_of(f"{prefix}x", mappings)
    homes = {_mapping_of(rival, mappings) for rival in rivals}
    names = _Names({}, {}, {})
    for key in tensors:
        mapping = _mapping_of(key, mappings)
        if any(key.startswith(rival) and len(rival) > len(prefix) for rival in rivals):
            continue
        if mapping != home:
            if not any(path and mapping == path for path in homes):
                names.elsewhere[key] = key
        elif key.startswith(prefix):
            names.inside[key.removeprefix(prefix)] = key
        elif not any(rival and key.startswith(rival) for rival in rivals):
            names.beside[key] = key
    return names


def _read(
    known: Architecture,
    prefix: str,
    candidates: Sequence[tuple[Architecture, str]],
    tensors: Tensors,
    mappings: Sequence[str],
    wanted: str,
) -> Recognised:
    """One candidate: what there is of the network under a prefix, and the head there or beside it."""
    rivals = [other for name, other in candidates if name is known and other != prefix]
    names = _names(tensors, prefix, rivals, mappings)
    by_network_name: dict[str, tuple[str, ...]] = {}
    for short, key in names.inside.items():
        ours = known.network_name(short)
        by_network_name[ours] = (*by_network_name.get(ours, ()), key)
    variant = known.variant({ours: tensors[keys[0]] for ours, keys in by_network_name.items() if ours})
    shapes = known.shapes(variant)
    sources = {ours: by_network_name[ours] for ours in shapes if ours in by_network_name}
    taken = {key for keys in sources.values() for key in keys}
    rest = {short: key for short, key in names.inside.items() if key not in taken}
    unused = {short: _use(short, known) for short in rest}
    unused = {short: what for short, what in unused.items() if what}
    present = {short: tensors[key] for short, key in names.inside.items()}
    problems, notes = known.remarks(present, variant)
    reserved = {short: why for short in rest if (why := known.asked_heads.get(short.partition(".")[0]))}
    head, among = Head(), rest
    for among in ({**names.beside, **rest}, names.elsewhere):
        left_out = unused if wanted else {**unused, **reserved}
        layers = {short: tensors[key] for short, key in among.items() if short not in left_out}
        head = find_head(layers, among, known.width(variant), known.heads, wanted, known.same_heads)
        if head.weight or head.problem:
            break
    if wanted and not head.weight:
        problems.append(f"{wanted} is no layer that reads the network's {known.width(variant)} features")
    problems += [] if wanted else list(dict.fromkeys(reserved.values()))
    problems += [head.problem] if head.problem else []
    if not head.weight and not problems:
        problems.append(known.without_head(present))
    rows = _attach_head(head, among, shapes, sources, tensors, known, variant)
    heads = {among[short] for short in (head.weight, head.bias, *head.second) if short}
    left = {short: key for short, key in {**names.beside, **rest}.items() if key not in heads and short not in unused}
    unused |= _other_heads(left, tensors, known.width(variant)) if wanted else dict.fromkeys(reserved, "another head")
    left = {short: key for short, key in left.items() if short not in unused}
    unexpected = tuple(short for short, key in left.items() if _takes_part(short, tensors[key].shape))
    ignored = {short: "not of the network" for short in left if short not in unexpected}
    problems += [_POOLING.format(short) for short in ignored if short.rpartition(".")[2] == "p"]
    return Recognised(
        known.name,
        prefix,
        sources,
        shapes,
        tuple(key for key in shapes if key not in sources),
        unexpected,
        {**unused, **ignored},
        head.weight,
        head.bias,
        rows,
        variant,
        problems=(*problems, *_misfits(sources, shapes, tensors)),
        notes=tuple(notes),
    )


def _use(short: str, known: Architecture) -> str:
    return "counter of BatchNorm" if short.endswith(COUNTER) else known.unused(short)


def _other_heads(left: Mapping[str, str], tensors: Tensors, width: int) -> dict[str, str]:
    """Layers that read the same features as the head that was asked for, and their biases."""
    modules = {short.removesuffix("weight") for short, key in left.items() if _reads(tensors[key], width)}
    return {short: "another head" for short in left if short.rpartition(".")[0] + "." in modules}


_POOLING = (
    "it pools by a power mean ({0}), so its logits are not the means of class maps: give a network with average pooling"
)


def _attach_head(
    head: Head,
    names: Mapping[str, str],
    shapes: Shapes,
    sources: dict[str, tuple[str, ...]],
    tensors: Tensors,
    known: Architecture,
    variant: Any,
) -> int:
    """Puts the head among the network's tensors; its rows."""
    weight, bias, second = head.weight, head.bias, head.second
    if not weight and not known.heads:
        return 0
    if not weight:
        shapes[f"{known.heads[0]}.weight"] = (0, known.width(variant), 1, 1)
        return 0
    shape = tensors[names[weight]].shape
    rows = shape[0] if shape else 0
    shapes[weight] = (rows, known.width(variant), *((1, 1) if len(shape) != 2 else ()))
    sources[weight] = (names[weight], *(names[other] for other in second))
    if bias:
        shapes[bias] = (rows,)
        sources[bias] = (names[bias],)
    return rows


def _reads(info: TensorInfo, width: int) -> bool:
    return len(info.shape) in (2, 4) and info.shape[1] == width and info.shape[2:] in ((), (1, 1))


def _takes_part(name: str, shape: tuple[int, ...]) -> bool:
    """Whether a tensor looks as if a forward used it: a layer's own, and neither a lone number nor of a loss."""
    module, _, last = name.rpartition(".")
    if any(word in part.lower() for word in _LOSSES for part in module.split(".")):
        return False
    if shape in ((), (1,)):
        return False
    return last in _PARAMETERS or (len(shape) > 1 and not last.startswith(("confmat", "queue")))


def _misfits(sources: Mapping[str, tuple[str, ...]], shapes: Shapes, tensors: Tensors) -> tuple[str, ...]:
    """Tensors of another shape than the network's, or of whole numbers, as one line."""
    wrong = []
    for key, names in sources.items():
        for name in names:
            info = tensors[name]
            if info.shape != shapes[key]:
                wrong.append(f"{name} is {_sides(info.shape)}, the network wants {_sides(shapes[key])}")
            elif not info.is_float:
                wrong.append(f"{name} is of whole numbers ({info.dtype}), weights are not: it is of another program")
    if not wrong:
        return ()
    more = f" (and {len(wrong) - 1} more of the kind)" if len(wrong) > 1 else ""
    return (f"{wrong[0]}{more}: the file is of another network, or damaged",)


def _sides(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single number"
