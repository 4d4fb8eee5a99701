"""`python -m wsss_viz`."""

import sys

try:
    from wsss_viz.cli import main
except KeyboardInterrupt:
    print("stopped", file=sys.stderr)
    raise SystemExit(130) from None

if __name__ == "__main__":
    main()
