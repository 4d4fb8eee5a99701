"""No page ever shows a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from wsss_viz.errors import InputError

DEFECT = "This should not have gone wrong. Reload the page to start over; the details are in the server's log."


@contextmanager
def guarded() -> Iterator[None]:
    """Shows what a person can put right as its one line; logs anything else and says so."""
    try:
        yield
    except InputError as error:
        st.error(str(error), icon=":material/error:")
    except Exception:
        logging.getLogger("wsss_viz.app").exception("a page failed")
        st.error(DEFECT, icon=":material/error:")
