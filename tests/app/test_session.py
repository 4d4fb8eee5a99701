"""The state of a tab and its address, without a server."""

from types import SimpleNamespace

import pytest

from wsss_viz.app import session
from wsss_viz.app.state import ViewState


class Address(dict[str, str]):
    """Streamlit's `query_params`, and what the browser was told to show."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, str]] = []
        self.back = False
        self.now = 0.0

    def get_all(self, name: str) -> list[str]:
        return [self[name]]

    def from_dict(self, query: dict[str, str]) -> None:
        self.clear()
        self.update(query)
        self.told.append(dict(query))


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Address:
    found = Address()
    monkeypatch.setattr(session, "st", SimpleNamespace(session_state={}, query_params=found))
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: found.now))
    monkeypatch.setattr(session, "get_script_run_ctx", lambda **_: SimpleNamespace(is_history_navigation=found.back))
    return found


def came_with(
    address: Address, page: str = "compare", back: bool = False, whole: bool = True, after: float = 0.5, **query: str
) -> None:
    """A run that the browser asked for at an address.

    Args:
        back: by Back or Forward.
        whole: it comes to its end.
        after: seconds since the last thing that happened.
    """
    address.now += after
    address.clear()
    address.update(query)
    address.told.clear()
    address.back = back
    session.synchronise(page)
    if whole:
        session.set_drawn()


LATER = 10.0


def test_a_first_visit_tells_the_browser_no_address_it_has(address: Address) -> None:
    came_with(address, threshold="0.5")
    assert session.state().threshold == 0.5
    assert address.told == []


def test_back_before_the_answer_to_a_click_says_its_address_again(address: Address) -> None:
    came_with(address)
    session.change(threshold=0.5)
    came_with(address)
    assert address.told == [{"threshold": "0.5"}]
    # The browser went back meanwhile, and the answer put the click's address over the one it went back to.
    came_with(address, back=True)
    assert session.state().threshold != 0.5
    assert address.told == [{}]
    came_with(address)
    assert address.told == []


def test_back_wins_over_a_change_that_was_not_answered_yet(address: Address) -> None:
    came_with(address, threshold="0.5")
    came_with(address, threshold="0.6")
    session.change(threshold=0.7)
    came_with(address, back=True, threshold="0.5")
    assert session.state().threshold == 0.5


def test_a_control_wins_over_the_address_its_run_came_with(address: Address) -> None:
    came_with(address)
    session.change(threshold=0.5)
    came_with(address, threshold="0.7")
    assert session.state().threshold == 0.5
    assert address == {"threshold": "0.5"}
    came_with(address, threshold="0.6")
    assert session.state().threshold == 0.6, "no control was moved since, and the browser never had it: it is news"


def test_a_run_asked_for_before_the_answer_to_a_change_leaves_the_change(address: Address) -> None:
    came_with(address, threshold="0.4")
    session.change(threshold=0.5)
    came_with(address, threshold="0.4")
    came_with(address, threshold="0.4")  # by what changes nothing: a second click on a point of a chart
    assert session.state().threshold == 0.5
    assert address == {"threshold": "0.5"}
    came_with(address, after=LATER, threshold="0.4")
    assert session.state().threshold == 0.4, "the browser had the answer, so its address is news"


def test_two_addresses_do_not_take_turns_while_a_browser_is_one_behind(address: Address) -> None:
    came_with(address, threshold="0.4")
    session.change(threshold=0.5)
    came_with(address, threshold="0.4")
    came_with(address, threshold="0.5")  # begun by the server, at the address that it has written
    for late in ("0.4", "0.5", "0.4"):
        came_with(address, threshold=late)
        assert session.state().threshold == 0.5


def test_from_one_value_to_another_and_back_a_late_address_is_no_news(address: Address) -> None:
    came_with(address, threshold="0.4")
    for value in (0.5, 0.4):
        session.change(threshold=value)
        came_with(address, threshold="0.4")
    came_with(address, threshold="0.4")
    came_with(address, threshold="0.5")  # the answer to the first of them has come
    assert session.state().threshold == 0.4


def test_a_link_to_the_page_that_one_is_on_is_followed(address: Address) -> None:
    came_with(address, "learn", step="4")
    session.change(answered=True)
    came_with(address, "learn", step="4")
    came_with(address, "learn", after=LATER, step="4")  # Learn, in the navigation
    assert not session.state().answered


def test_a_fragment_that_has_just_changed_the_address_is_waited_for(address: Address) -> None:
    came_with(address, threshold="0.4")
    address.now += LATER
    session.change(threshold=0.5)
    session.write_address()
    came_with(address, threshold="0.4")
    assert session.state().threshold == 0.5


def test_back_is_not_overtaken_by_a_change_of_which_the_address_was_not_written(address: Address) -> None:
    came_with(address, "about", threshold="0.4")
    came_with(address, "compare", threshold="0.4")
    session.change(threshold=0.5)
    came_with(address, "about", back=True, threshold="0.4")
    assert session.state().threshold == 0.4


def test_a_control_of_the_last_page_is_heard_while_the_next_is_begun(address: Address) -> None:
    came_with(address, "learn", step="4", answered="1")
    came_with(address, "compare", whole=False)
    session.change(threshold=0.5)
    came_with(address, "learn", step="4", answered="1")
    assert session.state().threshold == 0.5


@pytest.mark.parametrize("answered", ["not at all", "begun", "wholly"])
def test_a_link_drawn_before_a_change_takes_the_change_along(address: Address, answered: str) -> None:
    came_with(address, methods="cam,ae")
    session.change(threshold=0.5)
    if answered != "not at all":
        came_with(address, methods="cam,ae", whole=answered == "wholly")
    if answered == "begun":
        came_with(address, threshold="0.5", methods="cam,ae", whole=False)
    came_with(address, "about", methods="cam,ae")
    assert session.state() == ViewState(methods=("cam", "ae"), threshold=0.5)
    assert address == {"threshold": "0.5", "methods": "cam,ae"}
    came_with(address, "learn")
    assert session.state() == ViewState()


def test_a_link_leaves_the_answer_of_a_step_behind_however_soon_it_is_pressed(address: Address) -> None:
    came_with(address, "learn", step="4")
    session.change(answered=True)
    came_with(address, "learn", step="4")
    came_with(address, "compare", step="4")
    assert session.state() == ViewState(step=4)


def test_a_link_to_a_view_of_its_own_is_followed_whatever_was_changed(address: Address) -> None:
    came_with(address, "learn", step="4")
    session.change(answered=True)
    came_with(address, "erasing", k="2", mode="rib")
    assert session.state() == ViewState(k=2, mode="rib")


def test_a_link_to_another_page_leaves_this_ones_address_in_the_history(address: Address) -> None:
    came_with(address, threshold="0.5")
    came_with(address, "learn")
    assert address.told == [], "what is told before the page has changed would be written beside its name"
    came_with(address, back=True, threshold="0.5")
    assert session.state().threshold == 0.5


def test_what_a_link_was_told_of_an_address_is_not_said_of_the_next_page(address: Address) -> None:
    came_with(address, threshold="nine")
    assert session.notes()
    came_with(address, "about")
    assert not session.notes()


def test_by_back_a_control_is_told_what_it_shows_though_that_is_the_same(address: Address) -> None:
    came_with(address)
    session.control("views", "single")
    told = session.st.session_state
    key = "compare_views"
    told[key] = marked = [told[key]]  # a value that is equal and another object
    session.control("views", ["single"])
    assert told[key] is marked, "no news: what a person may have moved meanwhile stays"
    came_with(address, back=True, whole=False)
    came_with(address, whole=False)  # the page has begun anew by itself
    told[key] = marked
    session.control("views", ["single"])
    assert told[key] is not marked
