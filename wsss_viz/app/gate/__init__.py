"""What stands before Streamlit: who may ask, how much, and what is not passed on."""

from wsss_viz.app.gate.middleware import Gate

__all__ = ["Gate"]
