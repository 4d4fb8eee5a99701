"""`train`: the shipped checkpoints, made again from a seed."""

from __future__ import annotations

import click

from wsss_viz.commands.train_affinity import affinity
from wsss_viz.commands.train_classifiers import backbone, classifier
from wsss_viz.commands.train_methods import ae, classifier_longer, cse, gain
from wsss_viz.commands.train_official import oc_cse
from wsss_viz.commands.train_segmenter import segmenter
from wsss_viz.commands.train_sequences import sequences
from wsss_viz.commands.train_sequences_ae import sequences_ae


@click.group()
def command() -> None:
    """Train the checkpoints, from a seed. A training that was stopped goes on from its last epoch.

    These are this project's own recipes, on the drawn scenes: AdamW under one cycle of the rate, no dropout,
    BatchNorm's affine part trained. OC-CSE's own recipe, on data of yours, is `oc-cse`.
    """


_SCENES = (backbone, classifier, cse, gain, ae, classifier_longer, segmenter, affinity)
for _subcommand in (*_SCENES, sequences, sequences_ae, oc_cse):
    command.add_command(_subcommand)
