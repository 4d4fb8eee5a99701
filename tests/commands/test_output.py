"""Where the output goes and what files are called: one line and exit 2, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wsss_viz.cli import main

LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
from wsss_viz.cli import main
main(["methods"])
"""


def test_an_output_that_nobody_reads_ends_in_silence() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "wsss_viz", "methods"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_output_without_room_is_one_line(tmp_path: Path) -> None:
    with (tmp_path / "out.txt").open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", LIMITED], stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "error: the output cannot be written: File too large\n"


def test_a_date_that_is_no_number_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wsss_viz", "methods"],
        env={**os.environ, "SOURCE_DATE_EPOCH": "abc"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: SOURCE_DATE_EPOCH is no number of seconds: correct it, or unset it\n"


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_a_name_that_is_no_text_is_said_and_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pth")  # as Python has it from the command line
    Path(name).write_bytes(b"<html>")
    with pytest.raises(SystemExit) as end:
        main(["inspect", name])
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "reading caf\\udce9.pth" in said, "the stream that refuses what is no text was told not to"
    assert "error: caf?.pth is a web page" in said


@pytest.mark.parametrize(
    ("words", "listed"),
    [(["data", "nope"], "wsss_viz data --help"), (["methods", "--nope"], "wsss_viz methods --help")],
)
def test_what_there_is_none_of_is_one_line_that_says_where_those_are_that_there_are(words, listed, capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    said = capsys.readouterr().err
    assert said.startswith("error: No such ")
    assert said.endswith(f" `python -m {listed}` lists those there are.\n")
    assert said.count("\n") == 1
