"""Text from outside never becomes code: the calls that could make it so occur nowhere in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(p for top in ("symbackprop", "derivations") for p in (ROOT / top).rglob("*.py"))

CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "sympify",
    "parse_expr",
    "parse_latex",
    "parse_mathematica",
    "lambdify",
    "nsimplify",
    "autowrap",
    "ufuncify",
    "system",
    "popen",
    "literal_eval",
}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "yaml", "code", "codeop"}
# The one place where a stranger's code is run: in the process that has bound itself for it.
RUNS = {"symbackprop/verify/sandboxed/writer.py": {"calls exec", "calls compile"}}
TAKE_NO_TEXT = {"S", "subs", "equals", "xreplace", "Matrix", "ImmutableMatrix"}
ONLY_RE = {"compile"}  # re.compile and click's are harmless


def name_of(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def owner_of(node: ast.Call) -> str:
    return ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""


def holds_text(node: ast.AST) -> bool:
    """Whether an argument is text as far as the source tells: a literal, an f-string, str(...), a concatenation."""
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.Call():
            return name_of(node) in ("str", "repr", "join", "format", "read", "read_text")
        case ast.BinOp(left=left, right=right):
            return holds_text(left) or holds_text(right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return any(map(holds_text, parts))
        case ast.Dict(keys=keys, values=values):
            return any(holds_text(p) for p in (*keys, *values) if p is not None)
    return False


def faults(source: str) -> Iterator[str]:
    """Every forbidden call or import in the source, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno}: {fault}" for fault in call_faults(node))
        for module in imports(node):
            if module.split(".")[0] in MODULES:
                yield f"line {node.lineno}: imports {module}"  # type: ignore[attr-defined]


def imports(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [n.name for n in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []


def imports_the_writer(source: str) -> bool:
    names = [
        f"{node.module}.{alias.name}" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    return any(name.startswith("symbackprop.verify.sandboxed.writer") for name in names)


def call_faults(node: ast.Call) -> Iterator[str]:
    name, owner = name_of(node), owner_of(node)
    if name in CALLS and not (name in ONLY_RE and owner == "re"):
        yield f"calls {name}"
    if name in TAKE_NO_TEXT and any(map(holds_text, (*node.args, *(k.value for k in node.keywords)))):
        yield f"passes text to {name}"
    for keyword in node.keywords:
        if keyword.arg in ("allow_pickle", "shell") and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            yield f"{name} with {keyword.arg}"
    if name == "load" and owner in ("np", "numpy") and not any(k.arg == "allow_pickle" for k in node.keywords):
        yield "np.load without allow_pickle=False"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_forbidden_is_called(path: Path) -> None:
    may = RUNS.get(path.relative_to(ROOT).as_posix(), set())
    assert not [fault for fault in faults(path.read_text(encoding="utf-8")) if fault.partition(": ")[2] not in may]


def test_only_the_sandbox_imports_what_runs_code() -> None:
    importers = {p.relative_to(ROOT).as_posix() for p in SOURCES if imports_the_writer(p.read_text(encoding="utf-8"))}
    assert importers == {"symbackprop/verify/sandboxed/zygote.py"}


@pytest.mark.parametrize(
    "source",
    [
        "eval(x)",
        "exec('a')",
        "sp.sympify(x)",
        "parse_expr(t)",
        "S('x')",
        "sp.S(str(e))",
        "lambdify(x, e)",
        "sp.nsimplify(x)",
        "e.subs('x', 1)",
        "e.subs({'x': 1})",
        "e.equals('x')",
        "Matrix(['x'])",
        "import pickle",
        "from pickle import loads",
        "np.load(f)",
        "np.load(f, allow_pickle=True)",
        "import yaml",
        "__import__(m)",
        "compile(t, f, 'exec')",
        "run(c, shell=True)",
        "os.system(c)",
        "def f():\n    from marshal import loads",
    ],
)
def test_the_test_finds(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "re.compile('a')",
        "sp.S.One",
        "e.subs(x, 1)",
        "text.replace('a', 'b')",
        "json.loads(t)",
        "np.load(f, allow_pickle=False)",
        "run(c, shell=False)",
    ],
)
def test_the_test_lets_pass(source: str) -> None:
    assert not list(faults(source))
