"""`python -m wsss_viz`."""

from wsss_viz.cli import main

if __name__ == "__main__":
    main()
