"""Writes the reference from the docstrings: a Markdown page per room of the library, one of the command line, an index.

    python docs/make_reference.py [FOLDER]        default: docs/reference

Modules are read, not imported, so nothing is computed and torch is not needed.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "wsss_viz"
ROOMS = (
    "data",
    "models",
    "methods",
    "traces",
    "refinement",
    "evaluation",
    "information",
    "gradients",
    "figures",
    "showcase",
    "training",
)
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")
_ITEM = re.compile(r"^ {4}(\*{0,2}[\w, *]+?): (.*)$")


def main(folder: Path) -> list[Path]:
    """Writes the pages into the folder and gives their paths, the index first."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"one_call": module_page(PACKAGE / "one_call.py")} | {room: room_page(room) for room in ROOMS}
    pages["commands"] = commands_page()
    lines = ["# Reference", "", "Written from the docstrings by `make reference`.", ""]
    for name, text in pages.items():
        first = text.splitlines()[2]
        lines.append(f"- [{name}]({name}.md): {first}")
    pages = {"README": "\n".join(lines) + "\n", **pages}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]


def room_page(room: str) -> str:
    """One room: its own docstring, then its modules with what is public in them."""
    files = sorted((PACKAGE / room).rglob("*.py"))
    package = PACKAGE / room / "__init__.py"
    parts = [f"# wsss_viz.{room}", _docstring(_tree(package))]
    for file in files:
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        public = [node for node in _tree(file).body if _is_public(node)]
        if file == package or file.name.startswith("_") or not public:
            continue
        parts += [f"## {name}", _docstring(_tree(file)), *(_entry(node) for node in public)]
    return "\n\n".join(part for part in parts if part) + "\n"


def module_page(file: Path) -> str:
    """One module that belongs to no room."""
    public = [node for node in _tree(file).body if _is_public(node)]
    parts = [f"# wsss_viz.{file.stem}", _docstring(_tree(file)), *(_entry(node) for node in public)]
    return "\n\n".join(part for part in parts if part) + "\n"


def commands_page() -> str:
    """Every command's help, as the terminal shows it."""
    sys.path.insert(0, str(ROOT))
    from wsss_viz.cli import group

    parts = ["# The command line", "`python -m wsss_viz COMMAND`; an error is one line and exits with 2."]
    parts += _helps(group, click.Context(group, info_name="python -m wsss_viz"))
    return "\n\n".join(parts) + "\n"


def _helps(command: click.Command, context: click.Context) -> list[str]:
    parts = [f"## {context.command_path}", f"```text\n{command.get_help(context).strip()}\n```"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None and not found.hidden:
                parts += _helps(found, click.Context(found, info_name=name, parent=context))
    return parts


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _is_public(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")


def _entry(node: ast.stmt) -> str:
    """A function or class: its signature, its docstring, a class's public methods."""
    if isinstance(node, ast.FunctionDef):
        return f"### {node.name}\n\n```python\n{_signature(node)}\n```\n\n{_docstring(node)}".rstrip()
    assert isinstance(node, ast.ClassDef)
    bases = f"({', '.join(ast.unparse(base) for base in node.bases)})" if node.bases else ""
    parts = [f"### {node.name}", f"```python\nclass {node.name}{bases}\n```", _docstring(node)]
    inner = [found for found in node.body if isinstance(found, ast.FunctionDef) and _is_public(found)]
    parts += [
        f"#### {node.name}.{found.name}\n\n```python\n{_signature(found)}\n```\n\n{_docstring(found)}"
        for found in inner
        if ast.get_docstring(found)
    ]
    return "\n\n".join(part for part in parts if part)


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    one_line = f"def {node.name}({ast.unparse(node.args)}){returns}"
    if len(one_line) <= 100:
        return one_line
    arguments = ast.unparse(node.args)
    broken = re.sub(r", (?=\*{0,2}\w+(?:: |=|,|$)|\*,|/)", ",\n    ", arguments)
    return f"def {node.name}(\n    {broken},\n){returns}"


def _docstring(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> str:
    """The docstring as Markdown: its sections as lists, its examples as code."""
    lines, section, example = [], False, False
    for line in inspect.cleandoc(ast.get_docstring(node) or "").splitlines():
        if example or line.lstrip().startswith(">>> "):
            lines += ["```python"] if not example else []
            lines.append(line.strip() if line.strip() else "```\n")
            example = bool(line.strip())
        elif found := _SECTION.match(line):
            section = True
            lines += [f"**{found[1]}**", ""]
        elif section and (found := _ITEM.match(line)):
            names = ", ".join(f"`{name.strip()}`" for name in found[1].split(","))
            lines.append(f"- {names}: {found[2]}")
        elif section and line.startswith("    "):
            text = line.strip()
            lines.append(f"  {text}" if lines[-1].startswith(("- ", "  ")) else text)
        else:
            section = section and not line
            lines.append(line)
    lines += ["```"] if example else []
    return "\n".join(lines).strip()


if __name__ == "__main__":
    written = main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "reference")
    print(f"{len(written)} pages, starting with {written[0]}")
