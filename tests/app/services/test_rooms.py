"""The room's guesses: one vote per session, counts that end with the presentation, and bounds."""

from __future__ import annotations

import threading

import pytest

from tests.app.conftest import OpenPage
from wsss_viz.app.pages.learn import room
from wsss_viz.app.services.rooms import (
    AWAY,
    IDLE,
    MOST_OF_ONE,
    MOST_OPTIONS,
    MOST_ROOMS,
    MOST_VOTERS,
    MOST_VOTES_OF_ONE,
    Rooms,
    rooms,
)
from wsss_viz.app.state import ViewState
from wsss_viz.errors import InputError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_votes_once_and_votes_are_counted_until_the_answer_is_revealed() -> None:
    rooms = Rooms()
    code = rooms.open("teacher")
    assert rooms.open("teacher") == code == rooms.code_of("teacher")
    assert rooms.code_of("other") == ""
    assert not rooms.vote(code, 1, 0, "a"), "nothing is asked yet"
    rooms.ask("teacher", 1, "Where?", ("here", "there", "nowhere"))
    assert rooms.vote(code, 1, 2, "a")
    assert not rooms.vote(code, 1, 1, "a")
    assert rooms.vote(code, 1, 2, "b")
    assert rooms.vote(code, 1, 0, "c")
    for option in (3, -1):
        assert not rooms.vote(code, 1, option, "d")
    assert not rooms.vote(code, 2, 0, "d"), "of another step"
    assert not rooms.vote("AAAAAA", 1, 0, "d")
    assert not rooms.vote(code, 1, 0, ""), "of no session"
    asked = rooms.asked(code)
    assert asked is not None
    assert (asked.counts, asked.open, asked.right) == ((1, 0, 2), True, None)
    rooms.reveal("teacher", 1, 2)
    assert not rooms.vote(code, 1, 0, "e")
    asked = rooms.asked(code)
    assert asked is not None
    assert (asked.counts, asked.open, asked.right) == ((1, 0, 2), False, 2)


def test_the_next_question_takes_new_votes_and_one_that_comes_again_takes_none() -> None:
    rooms = Rooms()
    code = rooms.open("teacher")
    rooms.ask("teacher", 1, "One?", ("yes", "no"))
    assert rooms.vote(code, 1, 0, "a")
    rooms.ask("teacher", 2, "Two?", ("yes", "no"))
    assert rooms.vote(code, 2, 1, "a")
    rooms.ask("teacher", 1, "One?", ("yes", "no"))
    assert not rooms.vote(code, 1, 1, "a")
    assert (rooms.counts("teacher", 1), rooms.counts("teacher", 2)) == ((1, 0), (0, 1))
    rooms.ask("stranger", 3, "Mine?", ("yes", "no"))
    asked = rooms.asked(code)
    assert asked is not None
    assert asked.question == "One?"


def test_a_room_ends_with_its_presentation() -> None:
    clock = Clock()
    rooms = Rooms(clock)
    code = rooms.open("teacher")
    rooms.close("stranger")
    assert rooms.asked(code) is not None
    rooms.leave("teacher")
    clock.now += AWAY - 1
    assert rooms.code_of("teacher") == code, "back within the minute"
    clock.now += AWAY + 1
    assert rooms.asked(code) is not None
    rooms.leave("teacher")
    clock.now += AWAY + 1
    assert rooms.asked(code) is None
    second = rooms.open("teacher")
    assert rooms.counts("teacher", 1) == ()
    rooms.close("teacher")
    assert rooms.asked(second) is None
    third = rooms.open("teacher")
    clock.now += IDLE + 1
    assert rooms.asked(third) is None


def test_nothing_grows_without_end() -> None:
    rooms = Rooms()
    code = rooms.open("teacher")
    rooms.ask("teacher", 1, "Where?", tuple("abcdefghijkl"))
    asked = rooms.asked(code)
    assert asked is not None
    assert len(asked.options) == MOST_OPTIONS
    taken = sum(rooms.vote(code, 1, i % 2, f"session {i}") for i in range(MOST_VOTERS + 50))
    assert taken == MOST_VOTERS == sum(rooms.counts("teacher", 1))
    for number in range(MOST_ROOMS - 1):
        rooms.open(f"teacher {number}")
    with pytest.raises(InputError, match="try again in a while"):
        rooms.open("one more")


def test_many_tabs_of_one_address_leave_others_a_room() -> None:
    rooms = Rooms()
    for number in range(MOST_OF_ONE):
        rooms.open(f"tab {number}", "192.0.2.7")
    with pytest.raises(InputError, match=r"5 presentations of 192\.0\.2\.7"):
        rooms.open("one more", "192.0.2.7")
    assert rooms.open("tab 0", "192.0.2.7") == rooms.code_of("tab 0")
    assert rooms.open("teacher", "192.0.2.8")
    for number in range(2 * MOST_OF_ONE):
        assert rooms.open(f"here {number}")


def test_votes_at_one_time_are_all_counted() -> None:
    rooms = Rooms()
    code = rooms.open("teacher")
    rooms.ask("teacher", 1, "Where?", ("here", "there"))

    def many(first: int) -> None:
        for i in range(50):
            rooms.vote(code, 1, 0, f"{first}/{i}")
            rooms.vote(code, 1, 1, f"{first}/{i}")

    threads = [threading.Thread(target=many, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rooms.counts("teacher", 1) == (400, 0)


@pytest.mark.parametrize("text", ["ABC23", "ABC2345", "ABC23O", "ABC 23", "../../", "ABC23\u0660"])
def test_a_code_of_another_form_is_no_code(text: str) -> None:
    state, notes = ViewState.from_query({"room": text})
    assert state.room == ""
    assert "a room's code of 6 letters and digits" in notes[0]
    assert ViewState.from_query({"room": "abc234"})[0].room == "ABC234"


def test_the_address_is_that_of_the_presenters_server() -> None:
    code = "ABC234"
    assert room.address(code, "http://lab:8501/wsss/learn?step=3&present=1") == "http://lab:8501/wsss/learn?room=ABC234"
    bars = room.distribution(("<b>", "no"), (3, 1), right=1)
    assert "&lt;b&gt; 3, no 1" in bars
    assert bars.count("wv-right") == 1
    assert "width:75.0%" in bars


def test_a_script_at_one_address_leaves_others_their_votes() -> None:
    rooms = Rooms()
    code = rooms.open("presenter")
    rooms.ask("presenter", 1, "Where?", ("here", "there"))
    counted = [rooms.vote(code, 1, 0, f"tab {number}", "192.0.2.7") for number in range(MOST_VOTERS)]
    assert sum(counted) == MOST_VOTES_OF_ONE
    assert rooms.vote(code, 1, 1, "another", "192.0.2.8")
    assert rooms.vote(code, 1, 1, "here")
    rooms.ask("presenter", 2, "Why?", ("so", "not so"))
    assert rooms.vote(code, 2, 0, "tab 0", "192.0.2.7")


def test_a_press_on_the_audiences_page_is_a_vote(open_page: OpenPage) -> None:
    code = rooms().open("a presenter")
    rooms().ask("a presenter", 1, "Where?", ("here", "there"))
    page = open_page("learn", room=code)
    page.button(key="room_option_1_1").click().run()
    assert not page.exception
    assert rooms().counts("a presenter", 1) == (0, 1)
    rooms().close("a presenter")
