"""Files of workspaces that were replaced by others of their size and date."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.app.workspace_files import serve
from wsss_viz.app.services import reports, workspaces
from wsss_viz.app.workspace import Workspace
from wsss_viz.evaluation.stored_results import FOLDER


def put_back(path: Path, content: bytes) -> None:
    """Writes over a file and sets its date back."""
    dated = path.stat()
    assert len(content) == dated.st_size
    path.write_bytes(content)
    os.utime(path, ns=(dated.st_atime_ns, dated.st_mtime_ns))


def test_a_report_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes((FOLDER / "scenes-test.json").read_bytes())
    before = reports.read(str(path))["count"]
    put_back(path, path.read_bytes().replace(b'"count": 300', b'"count": 100', 1))
    assert (before, reports.read(str(path))["count"]) == (300, 100)


def test_a_network_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"one")
    serve(monkeypatch, Workspace("toy", "scenes:val", {"A": str(path)}))
    monkeypatch.setattr(workspaces, "_opened", lambda *key: key)
    before = workspaces.opened(str(path), "toy")
    assert workspaces.opened(str(path), "toy") == before
    put_back(path, b"two")
    assert workspaces.opened(str(path), "toy") != before
