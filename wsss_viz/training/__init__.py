"""Recipes that make the checkpoints, each from a seed."""
