"""Files are asked for once within a block, and anew outside it and in other threads."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from wsss_viz.data.file_status import file_status, files_as_they_are, last_change


def test_a_folder_and_a_pipe_are_no_files_and_a_link_is_its_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234567")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "broken").symlink_to("nothing")
    os.mkfifo(tmp_path / "pipe")
    seen = {name: file_status(tmp_path / name) for name in ("file", "link", "broken", "pipe", ".", "a\0b")}
    assert {name: status.st_size for name, status in seen.items() if status} == {"file": 7, "link": 7}


def test_what_changes_within_the_block_is_seen_after_it_and_by_others(tmp_path: Path) -> None:
    path, others = tmp_path / "file", []
    path.write_bytes(b"1")
    os.utime(path, ns=(1, 1))
    with files_as_they_are():
        assert last_change(path) == 1
        os.utime(path, ns=(2, 2))
        assert last_change(path) == 1
        thread = threading.Thread(target=lambda: others.append(last_change(path)))
        thread.start()
        thread.join()
        with files_as_they_are():
            assert last_change(path) == 2
    assert others == [2]
    assert last_change(path) == 2
