"""Ranks that meet in threads: shares, and how an error on one ends all. Real processes: `tests/commands`."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from torch.distributed import TCPStore

from wsss_viz.errors import InputError
from wsss_viz.methods.ranks import ALONE, Ranks


def meet(work, count=3):
    """What `ranks.run_on_all(work(ranks))` returned or raised on each rank."""
    host = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)

    def one(rank):
        ranks = Ranks(rank, count, rank, TCPStore("127.0.0.1", host.port, is_master=False))
        try:
            return ranks.run_on_all(lambda: work(ranks))
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_each_gets_its_own_value():
    assert meet(lambda ranks: ranks.rank * 10) == [0, 10, 20]
    assert ALONE.run_on_all(lambda: 5) == 5
    assert ALONE.all_gather(1) == [1]
    assert list(ALONE.watched("abc")) == ["a", "b", "c"]


def test_bad_input_on_one_is_the_same_line_on_all_and_stops_them():
    seen = {0: 0, 1: 0, 2: 0}
    failed = threading.Event()

    def work(ranks):
        if ranks.rank == 1:
            failed.set()
            raise InputError("a.png: broken; save it again")
        for _ in ranks.watched(range(10**9)):
            seen[ranks.rank] += 1
            failed.wait(30)

    errors = meet(work)
    assert [str(error) for error in errors] == ["a.png: broken; save it again"] * 3
    assert all(isinstance(error, InputError) for error in errors)
    assert max(seen.values()) < 10**9


def test_a_defect_on_one_keeps_its_traceback_there_and_is_one_line_elsewhere():
    def work(ranks):
        if ranks.rank == 2:
            raise ZeroDivisionError("division\nby zero")

    first, second, third = meet(work)
    assert isinstance(third, ZeroDivisionError)
    for error in (first, second):
        assert isinstance(error, InputError)
        assert str(error) == "rank 2 failed (ZeroDivisionError: division by zero)"


def test_alone_an_error_is_as_it_was():
    def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ALONE.run_on_all(work)
