"""`train`: the shipped checkpoints, made again from a seed."""

from __future__ import annotations

import click

from wsss_viz.commands.train_affinity import affinity
from wsss_viz.commands.train_classifiers import backbone, classifier
from wsss_viz.commands.train_methods import ae, classifier_longer, cse, gain
from wsss_viz.commands.train_official import oc_cse
from wsss_viz.commands.train_segmenter import segmenter
from wsss_viz.commands.train_sequences import sequences


@click.group()
def command() -> None:
    """Train the checkpoints, from a seed. A training that was stopped goes on from its last epoch.

    These are this project's own recipes, on the drawn scenes: AdamW under one cycle of the rate, no dropout,
    BatchNorm's affine part trained. OC-CSE's own recipe, on data of yours, is `oc-cse`.
    """


for _subcommand in (backbone, classifier, cse, gain, ae, classifier_longer, sequences, segmenter, affinity, oc_cse):
    command.add_command(_subcommand)
