"""Files for downloads outlive the runs of other pages, for a while."""

from __future__ import annotations

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from wsss_viz.app import lingering
from wsss_viz.app.lingering import LingeringStorage, linger


def manager_at(now: list[float]) -> MediaFileManager:
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    linger(manager)
    assert isinstance(manager._storage, LingeringStorage)
    manager._storage._clock = lambda: now[0]
    return manager


def test_a_made_file_is_there_when_its_browser_comes_though_others_pages_have_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, timers = [100.0], []
    monkeypatch.setattr(lingering.threading, "Timer", lambda left, sweep: timers.append(left) or _Timer())
    manager = manager_at(now)
    asked = manager.add_deferred(lambda: b"a figure", "image/png", "1.2.3", "figure.png")
    name = manager.execute_deferred(asked).rpartition("/")[2]
    for _ in range(3):  # the ends of other pages' runs
        manager.remove_orphaned_files()
    file = manager.read_file(name)
    assert file is not None
    assert file.content == b"a figure"
    assert timers == [pytest.approx(lingering.SECONDS, abs=0.2)]
    now[0] += lingering.SECONDS + 0.1
    manager._storage.sweep()
    assert manager.read_file(name) is None


def test_a_file_that_is_made_again_stays_longer_and_a_picture_goes_at_once() -> None:
    now = [0.0]
    storage = LingeringStorage("/media", lambda: now[0])
    file = storage.load_and_get_id(b"file", "text/csv", MediaFileKind.DOWNLOADABLE, "a.csv")
    picture = storage.load_and_get_id(b"picture", "image/png", MediaFileKind.MEDIA)
    storage.delete_file(file)
    storage.delete_file(picture)
    assert set(storage._files_by_id) == {file}
    now[0] = lingering.SECONDS - 1
    assert storage.load_and_get_id(b"file", "text/csv", MediaFileKind.DOWNLOADABLE, "a.csv") == file
    now[0] = lingering.SECONDS + 1
    storage.sweep()
    assert set(storage._files_by_id) == {file}
    storage.delete_file(file)
    now[0] = 2 * lingering.SECONDS
    storage.sweep()
    assert not storage._files_by_id


def test_another_storage_of_streamlits_is_noticed() -> None:
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    manager._storage = object()
    with pytest.raises(TypeError, match=r"see app/lingering\.py"):
        linger(manager)


class _Timer:
    daemon = False

    def start(self) -> None:
        assert self.daemon
