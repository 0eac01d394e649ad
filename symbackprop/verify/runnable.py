"""A writer's file -> code that Python 3 runs: Python 2 leftovers converted, imports of what isn't there survived, lines kept."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from symbackprop.language.numpy_source.text import parse


@dataclass(frozen=True)
class Runnable:
    """The code, which of its lines was which line of the text, and the text of every import that may be skipped."""

    code: str
    lines: Mapping[int, int]
    text: Sequence[str]
    imports: tuple[tuple[int, str], ...] = ()

    def quoted(self, line: int) -> str:
        """`line 3: x = y`, for a line of the code that is run; empty for a line that isn't there."""
        own = self.lines.get(line, 0)
        return f"line {own}: {self.text[own - 1].strip()[:120]}" if 0 < own <= len(self.text) else ""


def runnable(text: str, what: str = "the source", imports_before: int = 0) -> Runnable:
    """The text made ready to be run. Raises Unreadable where it is no Python or beyond the caps of the reader.

    Imports are numbered from `imports_before` on.
    """
    tree, old = parse(text, what)
    if old:
        tree = _Python2(not _true_division(tree)).visit(tree)
    imports = _Imports(imports_before)
    tree = ast.fix_missing_locations(ast.Module([imports.guarded(s) for s in tree.body], []))
    code = ast.unparse(tree)
    shown = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\f", "\n").split("\n")
    return Runnable(code, _lines(code, tree), shown, tuple(imports.found))


def _lines(code: str, tree: ast.Module) -> dict[int, int]:
    """Line of the code -> line of the text that its tree was read from: both trees are the same, node by node."""
    lines: dict[int, int] = {}
    for ours, theirs in zip(ast.walk(ast.parse(code)), ast.walk(tree), strict=False):
        if isinstance(ours, ast.stmt | ast.expr) and isinstance(theirs, ast.stmt | ast.expr):
            lines.setdefault(ours.lineno, theirs.lineno)
    return lines


def _true_division(tree: ast.Module) -> bool:
    return any(
        isinstance(s, ast.ImportFrom) and s.module == "__future__" and any(a.name == "division" for a in s.names) for s in tree.body
    )


@dataclass
class _Python2(ast.NodeTransformer):
    """a / b -> quotient_(a, b), a /= b -> a = divided_(a, b): between whole numbers Python 2 rounds down. iteritems() -> items()."""

    division: bool

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _called("quotient_", node, node.left, node.right) if self.division and isinstance(node.op, ast.Div) else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and not node.args:
            node.func.attr = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys"}.get(node.func.attr, node.func.attr)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not (self.division and isinstance(node.op, ast.Div)):
            return node
        return ast.copy_location(ast.Assign([node.target], _called("divided_", node, node.target, node.value)), node)


def _called(name: str, place: ast.stmt | ast.expr, *arguments: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.copy_location(ast.Name(name, ast.Load()), place), list(arguments), []), place)


@dataclass
class _Imports:
    """Every import at the top of the file may fail: `try: import x` / `except (ImportError, OSError): not_imported_(0)`."""

    before: int
    found: list[tuple[int, str]] = field(default_factory=list)

    def guarded(self, statement: ast.stmt) -> ast.stmt:
        if not isinstance(statement, ast.Import | ast.ImportFrom) or getattr(statement, "module", "") == "__future__":
            return statement
        number = self.before + len(self.found)
        self.found.append((statement.lineno, ast.unparse(statement)[:120]))
        guard = ast.parse(f"try:\n    pass\nexcept (ImportError, OSError):\n    not_imported_({number})").body[0]
        assert isinstance(guard, ast.Try)
        for node in ast.walk(guard):
            if isinstance(node, ast.stmt | ast.expr | ast.excepthandler):
                ast.copy_location(node, statement)
        guard.body = [statement]
        return guard
