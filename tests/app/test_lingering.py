"""Files for downloads outlive the runs of other pages, for a while."""

from __future__ import annotations

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileKind, MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from wsss_viz.app import lingering
from wsss_viz.app.lingering import Lingering, linger


def test_a_made_file_is_there_when_its_browser_comes_though_others_pages_have_run() -> None:
    storage = MemoryMediaFileStorage("/media")  # which the server's route reads
    manager = MediaFileManager(storage)
    linger(manager)
    asked = manager.add_deferred(lambda: b"a figure", "image/png", "1.2.3", "figure.png")
    name = manager.execute_deferred(asked).rpartition("/")[2]
    for _ in range(3):  # the ends of other pages' runs
        manager.remove_orphaned_files()
    assert storage.get_file(name).content == b"a figure"
    picture = manager.add(b"a picture", "image/png", "1.2.4").rpartition("/")[2]
    assert storage.get_file(picture).content == b"a picture"
    manager.clear_session_refs()
    manager.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError):
        storage.get_file(picture)


def test_a_file_goes_when_its_time_is_over_and_one_that_is_made_again_stays_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers: list[float] = []
    monkeypatch.setattr(lingering.threading, "Timer", lambda left, _: timers.append(left) or _Timer())
    now, storage = [0.0], MemoryMediaFileStorage("/media")
    stay = Lingering(storage, lambda: now[0])
    file = storage.load_and_get_id(b"file", "text/csv", MediaFileKind.DOWNLOADABLE, "a.csv")
    storage.delete_file(file)
    assert timers == [pytest.approx(lingering.SECONDS, abs=0.2)]
    now[0] = lingering.SECONDS - 1
    assert storage.load_and_get_id(b"file", "text/csv", MediaFileKind.DOWNLOADABLE, "a.csv") == file
    storage.delete_file(file)
    now[0] = lingering.SECONDS + 1
    stay.sweep()
    assert set(storage._files_by_id) == {file}
    now[0] = 2 * lingering.SECONDS
    stay.sweep()
    assert not storage._files_by_id
    storage.delete_file(file)  # of nothing


def test_another_storage_of_streamlits_is_noticed() -> None:
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    manager._storage = object()
    with pytest.raises(TypeError, match=r"see app/lingering\.py"):
        linger(manager)


class _Timer:
    daemon = False

    def start(self) -> None:
        assert self.daemon
