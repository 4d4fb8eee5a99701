"""The script Streamlit runs, in a folder of its own: a folder `pages` beside it would mean something to Streamlit."""
