"""What is looked at, and how: one typed state, in the address of every page.

A page, or a thing that several pages share, has a file with its fields in a dataclass and its `PARAMETERS` under it;
`view_state` puts them together. A page's options and limits are imported from its file, the state from here.
"""

from wsss_viz.app.state.view_state import ViewState

__all__ = ["ViewState"]
