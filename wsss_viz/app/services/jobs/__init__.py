"""Computations that take longer than a click: one worker a device, steps as they come, cancelled between steps."""

from wsss_viz.app.services.jobs.manager import Jobs, Limits, Request, Snapshot

__all__ = ["Jobs", "Limits", "Request", "Snapshot"]
