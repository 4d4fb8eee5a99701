"""What files of weights are called: the one list, for `load`, `inspect`, uploads and lists of files. Needs no torch."""

from __future__ import annotations

from pathlib import Path

__all__ = ["WEIGHT_SUFFIXES", "beside", "weight_suffix"]

WEIGHT_SUFFIXES = (".safetensors", ".pth.tar", ".pth", ".pt", ".ckpt", ".bin", ".params")
"""Lower case, and the longer before the shorter. They list files; what a file is, its first bytes decide."""


def weight_suffix(name: str) -> str:
    """The suffix of `WEIGHT_SUFFIXES` that a file's name ends in, lower case; "" for none.

    Examples:
        >>> weight_suffix("model_best.pth.tar"), weight_suffix("LAST.CKPT"), weight_suffix("notes.txt")
        ('.pth.tar', '.ckpt', '')
    """
    lower = name.lower()
    return next((suffix for suffix in WEIGHT_SUFFIXES if lower.endswith(suffix)), "")


def beside(checkpoint: Path, suffix: str) -> Path:
    """The path beside a checkpoint whose name has `suffix` in place of its own.

    Examples:
        >>> beside(Path("runs/best.pth.tar"), ".json").as_posix()
        'runs/best.json'
    """
    length = len(weight_suffix(checkpoint.name)) or len(checkpoint.suffix)
    return checkpoint.with_name(checkpoint.name[: len(checkpoint.name) - length] + suffix)
