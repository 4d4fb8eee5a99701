"""Where files that are no code are: in the installed package, at the top of a clone, or in a person's data folder."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["cache_folder", "data_folder", "package_folder", "shipped_folder"]


@cache
def package_folder() -> Path:
    """The folder `wsss_viz` itself.

    >>> (package_folder() / "resources.py").is_file()
    True
    """
    return Path(str(files("wsss_viz")))


@cache
def shipped_folder() -> Path:
    """The folder of `app.py`, `pages/`, `.streamlit/` and `checkpoints/`.

    The build puts them into the package, as `shipped/`; in a clone, and so in an editable installation, they are at the
    top of the repository.

    >>> (shipped_folder() / "checkpoints" / "manifest.json").is_file()
    True
    """
    package = package_folder()
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent


def data_folder() -> Path:
    """A person's folder for what the commands make: the platform's, which need not be there yet.

    `~/.local/share/wsss_viz` on Linux (XDG_DATA_HOME), `~/Library/Application Support/wsss_viz` on macOS,
    `AppData\\Local\\wsss_viz` on Windows.

    >>> data_folder().name
    'wsss_viz'
    """
    import platformdirs

    return platformdirs.user_data_path("wsss_viz", appauthor=False)


def cache_folder() -> Path:
    """A person's folder for what can be made again at any time: the platform's, which need not be there yet.

    `~/.cache/wsss_viz` on Linux (XDG_CACHE_HOME), `~/Library/Caches/wsss_viz` on macOS.

    >>> "wsss_viz" in cache_folder().parts
    True
    """
    import platformdirs

    return platformdirs.user_cache_path("wsss_viz", appauthor=False)
