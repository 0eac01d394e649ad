"""Imports run one way: language <- layer, derivation <- algebra <- calculus <- backprop, and so on up to the faces.

Every import counts, those inside functions included; what is only for the type checker doesn't run and doesn't count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CORE = {"language", "layer", "derivation"}
READERS = {"render", "verify", "codegen", "claims"}
ALL = CORE | READERS | {"algebra", "calculus", "network", "backprop", "jacobians", "layers", "layer_text"}

# part -> the parts it may import. Whatever isn't listed may not be imported.
MAY: dict[str, set[str]] = {
    "language": set(),
    "layer": {"language"},
    "derivation": {"language", "layer"},
    "algebra": CORE,
    "calculus": CORE | {"algebra"},
    "network": CORE,
    "backprop": CORE | {"algebra", "calculus", "network"},
    "jacobians": CORE | {"algebra", "backprop"},
    "layers": {"language", "layer"},
    "layer_text": {"language", "layer"},
    "local_derivatives": ALL,
    "checking": ALL | {"code_checking", "local_derivatives"},  # late: source is one of the forms of an answer
    "code_options": ALL,
    "code_reading": ALL | {"checking", "code_options"},
    "code_runs": ALL | {"code_reading"},
    "code_checking": ALL | {"checking", "code_reading", "code_runs"},
    "render": CORE | {"algebra"},
    "verify": CORE | {"algebra"},
    "codegen": CORE | {"algebra"},
    "claims": CORE | {"algebra", "backprop", "verify", "render"},
    "documents": ALL,
    "commands": ALL | {"checking", "code_checking", "code_reading", "documents", "derivations"},
    "cli": {"commands"},
    "testing": ALL,
    "derivations": ALL | {"documents"},
}

# Within language/, in the order in which a file may rest on those before it.
LANGUAGE = (
    "tensors",
    "nodes",
    "substitution",
    "functions",
    "equations",
    "errors",
    "syntax",
    "scope",
    "sizes",
    "places",
    "signature",
    "powers",
    "arrays",
    "matrices",
    "reader",
    "binders",
    "subscripts",
    "operators",
    "array_calls",
    "calls",
    "equation_reader",
    "layer_reader",
    "notation",
    "definitions",
    "arrangement",
    "expression_writer",
    "writing",
    "domains",
    "exact",
    "contraction",
    "labelled",
    "gathering",
    "scalar_values",
    "reductions",
    "values",
    "ordering",
    "shapes",
    "carrying",
    "evaluate",
)

MODULES = sorted(p for top in ("symbackprop", "derivations") for p in (ROOT / top).rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """symbackprop.render.latex -> render; derivations.relu -> derivations."""
    first, *rest = module.split(".")
    return first if first == "derivations" else rest[0] if rest else ""


def imported(tree: ast.AST, module: str) -> Iterator[tuple[int, str]]:
    """Every module that the source imports, with the line; `from package import name` counts as package.name too."""
    for node in running(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: imports are absolute"
            assert node.module is not None
            yield from ((node.lineno, f"{node.module}.{a.name}") for a in node.names)
        elif isinstance(node, ast.Call) and called(node) == "import_module":
            yield node.lineno, late(node)


def running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run: not what stands under `if TYPE_CHECKING`."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield from running(child)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def late(node: ast.Call) -> str:
    """What import_module is given, as far as the text tells."""
    argument = node.args[0]
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
        return str(argument.values[0].value) + "*"
    return "*"


def sources(path: Path) -> Iterator[tuple[int, str]]:
    return imported(ast.parse(path.read_text(encoding="utf-8")), dotted(path))


# These reach what stands above them by late import: a noun shows and evaluates itself, the package is the door.
BY_NAME = {"symbackprop", "symbackprop.layer", "symbackprop.derivation", "symbackprop.verify.report"}


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_follow_the_arrows(path: Path) -> None:
    module = dotted(path)
    if module == "symbackprop":
        return
    own = part(module)
    assert own in MAY, f"{module}: the arrows don't say what {own} may import"
    for line, name in sources(path):
        if name.split(".")[0] not in ("symbackprop", "derivations") or part(name) == own:
            continue
        if (module in BY_NAME and "*" in name) or (module in BY_NAME and part(name) in ("render", "language")):
            continue
        assert part(name.rstrip("*")) in MAY[own], f"{module}:{line} imports {name}"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if part(dotted(p)) == "language" and p.stem != "__init__"], ids=dotted
)
def test_the_language_is_layered(path: Path) -> None:
    known = path.parent.name == "language" and path.stem in LANGUAGE  # packages inside come after all of them
    below = set(LANGUAGE[: LANGUAGE.index(path.stem)]) if known else None
    for line, name in sources(path):
        if not name.startswith("symbackprop.language.") or below is None:
            continue
        assert name.split(".")[2] in below, f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if part(dotted(p)) == "verify"], ids=dotted)
def test_the_judge_shares_no_code_with_the_author(path: Path) -> None:
    for line, name in sources(path):
        assert part(name) not in ("calculus", "backprop", "layers"), f"{path.name}:{line} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_late_imports_stand_where_they_may(path: Path) -> None:
    module = dotted(path)
    allowed = module in BY_NAME or part(module) in ("layers", "commands", "documents", "derivations", "layer_text")
    late_ones = [line for line, name in sources(path) if name.endswith("*")]
    assert allowed or not late_ones, f"{module}:{late_ones}: imports by a computed name"


def test_the_test_sees_an_import_inside_a_function() -> None:
    tree = ast.parse("def f():\n    from symbackprop.backprop import derive\n    import_module('symbackprop.calculus')")
    assert [name for _, name in imported(tree, "x")] == ["symbackprop.backprop.derive", "symbackprop.calculus"]


def test_the_test_leaves_out_what_is_for_the_type_checker() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    from symbackprop.backprop import derive")
    assert not list(imported(tree, "x"))
