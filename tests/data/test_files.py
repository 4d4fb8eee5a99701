"""Files are whole or not there."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from wsss_viz.data import files
from wsss_viz.data.files import read_bounded, readable_bytes, remove_partial, whole_file, write_first, write_whole
from wsss_viz.errors import InputError

HALF = """
import sys, time
from pathlib import Path
from wsss_viz.data import files
if sys.argv[2] == "hidden":
    files._nameless = lambda folder: None
with files.whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["nameless", "hidden"], autouse=True)
def way(request, tmp_path, monkeypatch):
    """Files without a name while they are written, where the file system has them, and hidden ones."""
    if request.param == "hidden":
        monkeypatch.setattr(files, "_nameless", lambda folder: None)
    else:
        file = files._nameless(tmp_path)
        if file is None:
            pytest.skip("this file system has no files without a name")
        file.close()
    return request.param


def test_writes_the_bytes_and_nothing_beside_them(tmp_path):
    write_whole(tmp_path / "new" / "a.bin", b"first")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"first"
    write_whole(tmp_path / "new" / "a.bin", b"2nd")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"2nd"
    assert os.listdir(tmp_path / "new") == ["a.bin"]


def test_a_killed_process_leaves_the_old_file_and_what_the_next_run_can_remove(tmp_path, way):
    write_whole(tmp_path / "a.bin", b"old")
    process = subprocess.Popen([sys.executable, "-c", HALF, str(tmp_path / "a.bin"), way], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    left = set(os.listdir(tmp_path)) - {"a.bin"}
    assert len(left) == (way == "hidden")
    assert remove_partial(tmp_path) == len(left)
    assert os.listdir(tmp_path) == ["a.bin"]


def test_the_first_to_write_a_file_wins_and_a_folder_that_is_a_file_is_no_other_winner(tmp_path):
    assert write_first(tmp_path / "new" / "a.bin", b"first")
    assert not write_first(tmp_path / "new" / "a.bin", b"2nd")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"first"
    assert os.listdir(tmp_path / "new") == ["a.bin"]
    with pytest.raises(InputError, match="cannot be written"):
        write_first(tmp_path / "new" / "a.bin" / "b.bin", b"x")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_early_end_leaves_the_old_file_and_no_new_one(tmp_path, stop):
    write_whole(tmp_path / "old.bin", b"old")

    def write_half(name):
        with whole_file(tmp_path / name) as file:
            file.write(b"half")
            file.flush()
            raise stop

    for name in ("old.bin", "new.bin"):
        with pytest.raises(stop):
            write_half(name)
    assert os.listdir(tmp_path) == ["old.bin"]
    assert (tmp_path / "old.bin").read_bytes() == b"old"


def test_the_file_is_not_there_before_the_block_ends(tmp_path):
    path = tmp_path / "a.bin"
    with whole_file(path) as file:
        file.write(b"x")
        assert not path.exists()
        assert all(name.startswith(".") for name in os.listdir(tmp_path))  # hidden from folder readers
    assert path.read_bytes() == b"x"


def test_rights_follow_the_umask(tmp_path):
    write_whole(tmp_path / "a.bin", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a.bin", "plain")]
    assert modes[0] == modes[1]


def test_the_longest_legal_name_works(tmp_path):
    write_whole(tmp_path / ("n" * 255), b"x")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"x"


def test_what_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "a.bin", tmp_path / "folder", tmp_path / ("n" * 256)):
        with pytest.raises(InputError, match="cannot be written") as error:
            write_whole(path, b"x")
        assert "\n" not in str(error.value)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_reading_is_bounded(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    assert read_bounded(file, 5) == b"12345"
    with pytest.raises(InputError, match="more than the 4 bytes"):
        read_bounded(file, 4)
    with pytest.raises(InputError, match="no such file"):
        read_bounded(tmp_path / "b.bin", 5)
    with pytest.raises(InputError, match="not a file"):
        read_bounded(tmp_path, 5)
    with pytest.raises(InputError, match="file name too long"):
        read_bounded(tmp_path / ("n" * 300), 5)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InputError, match="not a file"):
        read_bounded(tmp_path / "pipe.png", 5)


def test_readable_bytes():
    assert [readable_bytes(count) for count in (0, 4, 10 * 2**20, 3 * 2**19)] == [
        "0 bytes",
        "4 bytes",
        "10 MB",
        "1.5 MB",
    ]


def test_a_pipe_gets_what_is_written_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, b"all of it")
        assert os.read(reader, 100) == b"all of it"
        with pytest.raises(ZeroDivisionError), whole_file(pipe) as file:
            file.write(b"x" * (1 // 0))
        assert os.read(reader, 100) == b""
        assert stat.S_ISFIFO(pipe.stat().st_mode)
        assert os.listdir(tmp_path) == ["pipe"]
    finally:
        os.close(reader)


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_to_its_file_and_stays_a_link(tmp_path, there):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.txt", tmp_path / "link.txt"
    if there:
        target.write_bytes(b"before")
    link.symlink_to("folder/target.txt")
    write_whole(link, b"after")
    assert link.is_symlink()
    assert target.read_bytes() == b"after"
    assert os.listdir(tmp_path / "folder") == ["target.txt"]


def test_what_a_shell_redirects_is_continued(tmp_path):
    code = (
        "from wsss_viz.data.files import write_whole; print('one', flush=True); write_whole('/dev/stdout', b'two\\n')"
    )
    with (tmp_path / "out.txt").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_bytes() == b"one\ntwo\n"


def test_a_pipe_nobody_reads_is_one_line(tmp_path):
    ends = os.pipe()
    os.close(ends[0])
    with pytest.raises(InputError, match="cannot be written: Broken pipe"):
        write_whole(f"/proc/self/fd/{ends[1]}", b"x")
    os.close(ends[1])
