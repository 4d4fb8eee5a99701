"""Scenes drawn by a process of its own, for a program of many threads: drawing holds Python's lock from the others.

The process needs no torch, so it starts within half a second and takes little memory. It reads what it is to draw from
its standard input and ends with it: with the program, however that ends.
"""

from __future__ import annotations

import pickle
import signal
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any

from wsss_viz.data.packed import Packed
from wsss_viz.data.scenes.dataset import Scenes
from wsss_viz.resources import package_folder

__all__ = ["Drawer"]

_PACKAGE_ROOT = package_folder().parent
_SIZE = struct.Struct("<Q")


class Drawer:
    """Draws one scene at a time, for any thread; itself where the process is not there.

    >>> drawer = Drawer()
    >>> drawer.start()
    >>> drawer.scene("val", 3, (96, 64)).unpacked()
    Sample('scenes:val:3', size=(96, 64), labels=('bus', 'cow'), mask=True, parts=True)
    >>> drawer.close()
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Starts the process, and returns when it can draw."""
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_PACKAGE_ROOT,
        )
        assert process.stdout is not None
        process.stdout.read(1)
        with self._lock:
            self._process = process

    def scene(self, split: str, index: int, size: tuple[int, int]) -> Packed:
        """Scene `index` of a split with (H, W) pixels, packed. Raises InputError and IndexError as `Scenes` does."""
        if index in range(len(Scenes(split, size=size))):
            with self._lock:
                if packed := self._drawn(split, index, size):
                    return packed
        return _draw(split, index, size)

    def close(self) -> None:
        """Ends the process, amid a drawing as well: the caller of that draws."""
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()

    def _drawn(self, *what: object) -> Packed | None:
        """By the process; None where it is not there, or no longer."""
        if self._process is None:
            return None
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            _send(self._process.stdin, what)
            packed: Packed = _received(self._process.stdout)
            return packed
        self._end()
        return None

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _draw(split: str, index: int, size: tuple[int, int]) -> Packed:
    return Packed.of(Scenes(split, size=size)[index])


def _send(pipe: IO[bytes] | None, message: object) -> None:
    assert pipe is not None
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(_SIZE.pack(len(content)) + content)
    pipe.flush()


def _received(pipe: IO[bytes] | None) -> Any:
    """Raises EOFError where there is no more."""
    assert pipe is not None
    head = pipe.read(_SIZE.size)
    if len(head) < _SIZE.size:
        raise EOFError
    return pickle.loads(pipe.read(*_SIZE.unpack(head)))


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of the program
    sys.stdout.buffer.write(b"!")
    sys.stdout.buffer.flush()
    with suppress(EOFError, BrokenPipeError):
        while True:
            split, index, size = _received(sys.stdin.buffer)
            _send(sys.stdout.buffer, _draw(split, index, size))


if __name__ == "__main__":
    _main()
