"""The state of a tab and its address, without a server."""

from types import SimpleNamespace

import pytest

from wsss_viz.app import session


class Address(dict[str, str]):
    """Streamlit's `query_params`, and what the browser was told to show."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[dict[str, str]] = []

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
    return found


def came_with(address: Address, **query: str) -> None:
    """A run that the browser asked for at an address."""
    address.clear()
    address.update(query)
    address.told.clear()
    session.synchronise("compare")


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
    came_with(address)
    assert session.state().threshold != 0.5
    assert address.told == [{}]
    came_with(address)
    assert address.told == []


def test_a_control_wins_over_the_address_its_run_came_with(address: Address) -> None:
    came_with(address)
    session.change(threshold=0.5)
    came_with(address, threshold="0.7")
    assert session.state().threshold == 0.5
    assert address == {"threshold": "0.5"}
    came_with(address, threshold="0.7")
    assert session.state().threshold == 0.7, "no control was moved since: the address is news"
