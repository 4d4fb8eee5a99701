"""Finding a chromium for the browser tests; run as a script, installs one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The first is the same browser without windows: a page costs less than half the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
VARIABLE = "WSSS_VIZ_CHROMIUM"


def find() -> str | None:
    """Path of the browser named in the environment, of one on the path, or of playwright's own; None: there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).is_file() else None


def install() -> None:
    """Installs chromium: from the distribution as root, else playwright's own."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        for package in NAMES[:2]:
            command = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", package]
            if subprocess.run(command, check=False, env=environment).returncode == 0:
                return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> None:
    """Makes sure that there is a chromium, or says how to get one."""
    if find() is None:
        print("No chromium found: installing one for the browser tests.", flush=True)
        try:
            install()
        except subprocess.CalledProcessError as error:
            sys.exit(f"chromium could not be installed ({error}): install it by hand, or name it in {VARIABLE}")
    print(f"Browser: {find()}")


if __name__ == "__main__":
    main()
