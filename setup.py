"""The build's own step: what is at the top of the repository is put into the package, as `wsss_viz/shipped/`.

Everything else is declared in pyproject.toml. `wsss_viz.resources` finds the files in both places.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("app.py", "pages/*.py", ".streamlit/config.toml", "checkpoints/*.*", "checkpoints/showcase/*.*")


class BuildShipped(build_py):
    """`build_py`, and the shipped files where the package is built to be installed."""

    def shipped(self) -> dict[str, str]:
        """Where each file goes; an editable installation finds them where they are."""
        if self.editable_mode:
            return {}
        root, target = Path(), Path(self.build_lib) / "wsss_viz" / "shipped"
        found = sorted(path for pattern in SHIPPED for path in root.glob(pattern) if path.is_file())
        return {path.as_posix(): str(target / path) for path in found}

    def run(self) -> None:
        super().run()
        for source, target in self.shipped().items():
            self.mkpath(str(Path(target).parent))
            self.copy_file(source, target, preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *self.shipped().values()]

    def get_output_mapping(self) -> dict[str, str]:
        return {**super().get_output_mapping(), **{target: source for source, target in self.shipped().items()}}

    def get_source_files(self) -> list[str]:
        return [*super().get_source_files(), *self.shipped()]


setup(cmdclass={"build_py": BuildShipped})
