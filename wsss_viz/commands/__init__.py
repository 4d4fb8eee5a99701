"""The subcommands of `python -m wsss_viz`, one module each, imported when called."""
