"""The app's launcher: `streamlit run app.py`, or `python -m wsss_viz app`."""

import streamlit as st

from wsss_viz.app.server import MAIN, lifespan, middleware

app = st.App(MAIN, lifespan=lifespan, middleware=middleware())

if __name__ == "__main__":
    app.run()
