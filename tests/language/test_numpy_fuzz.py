"""Whatever becomes of a program, the source reader refuses it, or reads what NumPy computes; and at once."""

from __future__ import annotations

import ast
import copy
import importlib.util
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import numpy_corpus_reading as corpus
from numpy_corpus_reading import Case

from symbackprop.language.domains import DomainError
from symbackprop.language.errors import NotationError
from symbackprop.language.exact import EXACT
from symbackprop.language.numpy_source import Program, Read, read_source
from tests.limits import at_most

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
SIZES = {"N": 3, "D": 4, "H": 2, "K": 5, "T": 4, "M": 7, "V": 6, "L": 5, "P": 2, "Q": 3, "F": 4, "C": 2, "E": 3}
CASES = [c for c in corpus.cases() if not c.module.endswith("torch")]
MODULE = "numpy_fuzzed"
LENIENT = ("AssertionError", "AttributeError", "TypeError", "NameError", "UnboundLocalError", "ZeroDivisionError")
"""What Python refuses and the reader may read: it leaves out what is asserted, and gives plain numbers an array's methods."""

# ---- programs ------------------------------------------------------------------------------------------------------------


@cache
def parts(module: str) -> tuple[list[ast.stmt], dict[str, ast.stmt]]:
    """The statements of a file of the corpus, its functions and classes apart by name."""
    tree = ast.parse(corpus.source(module))
    own = {n.name: n for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    rest = [n for n in tree.body if n not in own.values() and not _says(n)]
    return rest, own  # type: ignore[return-value]


def _says(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return True
    return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "CASES" for t in node.targets)


def program(case: Case) -> list[ast.stmt]:
    """The case's function and what it calls, with the imports."""
    rest, own = parts(case.module)
    wanted: list[str] = []
    waiting = [case.function]
    while waiting:
        name = waiting.pop()
        if name in own and name not in wanted:
            wanted.append(name)
            waiting += [n.id for n in ast.walk(own[name]) if isinstance(n, ast.Name)]
    made = copy.deepcopy([*rest, *(n for k, n in own.items() if k in wanted)])
    return [_Unasserted().visit(n) for n in made]


class _Unasserted(ast.NodeTransformer):
    # The reader leaves out what is asserted.
    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)


def functions(body: list[ast.stmt]) -> list[ast.FunctionDef]:
    """All functions, methods included."""
    return [n for part in body for n in ast.walk(part) if isinstance(n, ast.FunctionDef)]


# ---- changes -------------------------------------------------------------------------------------------------------------

Change = Callable[[random.Random, ast.FunctionDef], None]
NUMBERS = (0, 1, 2, -1, 3, 0.5, -2)
WRAPS = ("{}.T", "{}.copy()", "{}[::-1]", "-{}", "{}.sum()", "{}[0]", "({} > 0)", "{}.reshape(-1)", "np.abs({})", "{}[..., None]", "{}[1:]")
LINES = (
    "{a} += {b}",
    "{a} = {b}",
    "{a}[0] = {b}",
    "{a}[{b} > 0] = 0",
    "{a}[-1] += 1",
    "{a} = {b}.T",
    "{a} *= 2",
    "{a}[1:] = {b}[:-1]",
    "for k in range(len({a})): {a}[k] = {b}[k] + {a}[k]",
    "for k in range(1, len({a})): {a}[k] = {a}[k - 1] + {b}[k]",
    "for k in range(len({a})): {b} = {b} + {a}[k]",
    "{a} = {a}[{b} > 0]",
    "{a}[{b} > 0] = {a}[{b} > 0]*2",
    "if {a}.sum() > 0: {b} = {a}",
    "{a} = np.zeros_like({b}, dtype=int)",
    "{a} = [{b}[k] for k in range(len({a}))]",
    "for k in range(len({a})): {b} = {b} + {a}[k - 1] if k else {a}[k]",
    "for k in range(len({a})): {a}[k] = {b}[k - 1] if k > 0 else {b}[0]",
    "for k in range(len({a})):\n    if k == 0: {b} = {a}[k]\n    else: {b} = np.tanh({b} + {a}[k - 1])",
    "for k in range(len({a})):\n    {b} += {a}[k]\n    {b} = np.tanh({b})",
    "if True:\n    kept = [{a}[0]]\n    for k in range(1, len({a})): kept.append({a}[k] * 2)\n"
    "    for k in range(len({a})): {b} = {b} + kept[k] * k",
    "if True:\n    kept = []\n    for k in range(len({a})): kept += [{a}[k] * 2]\n    for k in range(len({a})): {a}[k] = kept.pop()",
    "if True:\n    kept = []\n    for k in reversed(range(len({a}))): kept.insert(0, {a}[k] * k)\n    {b} = np.array(kept)",
    "if True:\n    kept = {{0: {a}[0]}}\n    for k in range(1, len({a})): kept[k] = {a}[k] + {a}[k - 1]\n"
    "    for k in range(len({a})): {a}[k] = kept[k]",
    "for k, v in enumerate({a}[1:]): {a}[k] = v",
    "for v in {a}: {b} *= v",
    "for u, v in zip({a}, {b}):\n    {a} *= 0.5\n    {b} = {b} + u",
    "if True:\n    kept = {a}\n    for k in range(len({a})):\n        {b} = {b} + kept[k]\n        {a} *= 2",
    "{a} = list({b})",
)


def _nodes(f: ast.FunctionDef, kind: Any) -> list[Any]:
    return [n for part in f.body for n in ast.walk(part) if isinstance(n, kind)]


def _names(f: ast.FunctionDef) -> list[str]:
    return sorted({n.id for n in _nodes(f, ast.Name)} - {"np", "range", "len", "self", "list", "zip", "enumerate", "float", "int"})


def other_operator(r: random.Random, f: ast.FunctionDef) -> None:
    found = _nodes(f, (ast.BinOp, ast.AugAssign))
    if found:
        r.choice(found).op = r.choice([ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.MatMult(), ast.Pow(), ast.FloorDiv(), ast.Mod()])


def other_name(r: random.Random, f: ast.FunctionDef) -> None:
    found, names = _nodes(f, ast.Name), _names(f)
    if found and names:
        r.choice(found).id = r.choice(names)


def other_number(r: random.Random, f: ast.FunctionDef) -> None:
    found = [n for n in _nodes(f, ast.Constant) if isinstance(n.value, (int, float))]
    if found:
        r.choice(found).value = r.choice(NUMBERS)


def other_comparison(r: random.Random, f: ast.FunctionDef) -> None:
    found = _nodes(f, ast.Compare)
    if found:
        r.choice(found).ops[0] = r.choice([ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq(), ast.Gt(), ast.GtE()])


def no_option(r: random.Random, f: ast.FunctionDef) -> None:
    found = [n for n in _nodes(f, ast.Call) if n.keywords]
    if found:
        keywords = r.choice(found).keywords
        keywords.pop(r.randrange(len(keywords)))


def wrapped(r: random.Random, f: ast.FunctionDef) -> None:
    places = [(n, name, v) for n in _nodes(f, ast.expr) for name, v in ast.iter_fields(n) if isinstance(v, ast.expr)]
    places = [(n, name, v) for n, name, v in places if name in ("left", "right", "value", "operand") and not isinstance(n, ast.Attribute)]
    if places:
        node, name, value = r.choice(places)
        setattr(node, name, ast.parse(r.choice(WRAPS).format(f"({ast.unparse(value)})"), mode="eval").body)


def _blocks(f: ast.FunctionDef) -> Iterator[list[ast.stmt]]:
    for n in ast.walk(f):
        for name in ("body", "orelse"):
            block = getattr(n, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def without_line(r: random.Random, f: ast.FunctionDef) -> None:
    blocks = [b for b in _blocks(f) if len(b) > 1]
    if blocks:
        block = r.choice(blocks)
        block.pop(r.randrange(len(block)))


def twice(r: random.Random, f: ast.FunctionDef) -> None:
    block = r.choice(list(_blocks(f)))
    k = r.randrange(len(block))
    block.insert(k, copy.deepcopy(block[k]))


def exchanged(r: random.Random, f: ast.FunctionDef) -> None:
    block = r.choice(list(_blocks(f)))
    j, k = r.randrange(len(block)), r.randrange(len(block))
    block[j], block[k] = block[k], block[j]


def another_line(r: random.Random, f: ast.FunctionDef) -> None:
    names = _names(f)
    if names:
        block = r.choice(list(_blocks(f)))
        line = r.choice(LINES).format(a=r.choice(names), b=r.choice(names))
        block.insert(r.randrange(len(block) + 1), ast.parse(line).body[0])


def in_place(r: random.Random, f: ast.FunctionDef) -> None:
    for block in _blocks(f):
        for k, node in enumerate(block):
            if isinstance(node, ast.AugAssign) and r.random() < 0.5:
                value = ast.BinOp(ast.parse(ast.unparse(node.target), mode="eval").body, node.op, node.value)
                block[k] = ast.Assign([node.target], value)
            elif isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple) and r.random() < 0.3:
                block[k] = ast.AugAssign(node.targets[0], ast.Add(), node.value)


def under_condition(r: random.Random, f: ast.FunctionDef) -> None:
    names = _names(f)
    block = r.choice(list(_blocks(f)))
    k = r.randrange(len(block))
    if names and not isinstance(block[k], ast.Return):
        test = ast.parse(r.choice(["{}.sum() > 0", "{}[0, 0] < 0.3", "{} > 0", "{} is None"]).format(r.choice(names)), mode="eval").body
        block[k] = ast.If(test, [block[k]], [])


CHANGES: list[Change] = [
    other_operator,
    other_name,
    other_number,
    other_comparison,
    no_option,
    wrapped,
    without_line,
    twice,
    exchanged,
    another_line,
    another_line,
    in_place,
    under_condition,
]


def mutated(case: Case, seed: int) -> str:
    """The program of a case after a few changes."""
    r = random.Random(f"{case} {seed}")
    body = program(case)
    for _ in range(r.choice([1, 1, 1, 2, 2, 3])):
        r.choice(CHANGES)(r, r.choice(functions(body)))
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))


# ---- reading and running -------------------------------------------------------------------------------------------------


def read(source: str, case: Case) -> Program | None:
    with at_most(4):
        try:
            return read_source(source, case.call, corpus.layer_of(case))
        except NotationError as error:
            assert error.message
            assert error.line >= 1
            str(error)
            return None


def imported(source: str, folder: Path) -> Any:
    """The program as Python imports it."""
    path = folder / f"{MODULE}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(MODULE, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def computed(source: str, case: Case, given: dict[str, Any], folder: Path, invalid: Any = "ignore") -> dict[str, Any] | str:
    """What Python makes of it, or the error that it raises; `invalid` says what becomes of 0/0 and the like."""
    first = corpus.layer_of(case).outputs[0].name
    values = copy.deepcopy({**given, "dout": given.get(f"d{first}", 1.0)})
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore", invalid=invalid):
            warnings.simplefilter("ignore")
            made = getattr(imported(source, folder), case.function)(*(values[n.strip()] for n in case.arguments.split(",")))
            results = made if isinstance(made, tuple) and len(case.names) > 1 else (made,)
            return dict(zip(case.names, results, strict=True))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def difference(source: str, case: Case, found: Program, folder: Path) -> str:
    """How what was read differs from what is computed; empty where it doesn't."""
    layer = corpus.layer_of(case)
    for seed in (0, 1):
        given = corpus.arrays(layer, seed, SIZES)
        made = computed(source, case, given, folder)
        for name, result in found.results.items():
            if isinstance(made, str):
                return "" if made.startswith(LENIENT) else f"raises {made}"
            if name not in made or made[name] is None:
                continue
            right = np.asarray(made[name], dtype=float)
            if not np.all(np.isfinite(right)):
                continue
            told = tuple(int(s.subs({d: SIZES[d.name] for d in s.free_symbols})) for s in result.sizes)
            if told != right.shape:
                return f"{name} has the shape {told}, computed {right.shape}"
            if 0 in told:
                continue
            mine = corpus.value(replace_source(case, source), result, given)
            if not np.all(np.isfinite(mine)) and str(computed(source, case, given, folder, "raise")).startswith("FloatingPointError"):
                continue  # a condition on what is no number: the code goes on, and mathematics doesn't
            if not np.allclose(mine, right, rtol=1e-6, atol=1e-8):
                if rounding_decides(source, case, name, given, folder, right) or is_exactly(source, case, result, given, right):
                    continue
                return f"{name} differs by {np.max(np.abs(mine - right))}"
    return ""


def rounding_decides(source: str, case: Case, name: str, given: dict[str, Any], folder: Path, right: Any) -> bool:
    """Whether other roundings give something quite different: a condition on what is 0, were it not for them."""
    for precision in (np.longdouble, np.float32):
        rounded = {k: v.astype(precision) if isinstance(v, np.ndarray) and v.dtype == float else v for k, v in given.items()}
        made = computed(source, case, rounded, folder)
        if isinstance(made, dict) and not np.allclose(np.asarray(made[name], dtype=float), right, rtol=1e-2, atol=1e-3):
            return True
    return False


def is_exactly(source: str, case: Case, result: Read, given: dict[str, Any], right: Any) -> bool:
    """Whether what was read is what was computed once it isn't rounded: (s - s) + 1 is 1, and (s + 1) - s perhaps not."""
    try:
        exact = corpus.value(replace_source(case, source), result, given, EXACT)
    except (DomainError, ArithmeticError, TypeError, ValueError):
        return False
    return bool(np.allclose(exact.astype(float), right, rtol=1e-6, atol=1e-8))


_PROGRAMS: dict[str, Program] = {}


def replace_source(case: Case, source: str) -> Case:
    """The case with the program that was read of another source."""
    return replace(case, module=source)


def check(case: Case, seed: int, folder: Path) -> str:
    """What is wrong with the reading of a changed case; empty where nothing is."""
    source = mutated(case, seed)
    if "while" in source:
        return ""
    found = read(source, case)
    if found is None:
        return ""
    _PROGRAMS.clear()
    _PROGRAMS[source] = found
    return difference(source, case, found, folder)


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """`corpus.value` asks for the program of a case: here that of the changed source."""
    monkeypatch.setattr(corpus, "program", lambda case: _PROGRAMS[case.module])


@pytest.mark.parametrize("seed", range(120))
def test_a_changed_program_is_refused_or_read_right(seed: int, tmp_path: Path) -> None:
    case = CASES[random.Random(seed).randrange(len(CASES))]
    wrong = check(case, seed, tmp_path)
    assert not wrong, f"{case} {seed}: {wrong}\n{mutated(case, seed)}"


@pytest.mark.parametrize("seed", range(60))
def test_mangled_text_is_refused_or_read(seed: int) -> None:
    r = random.Random(seed)
    case = r.choice(CASES)
    text = ast.unparse(ast.Module(program(case), []))
    for _ in range(r.randint(1, 3)):
        a = r.randrange(len(text))
        b = a + r.randint(0, 12)
        piece = r.choice(["", text[a:b] * 2, "(", ")", "[", ":", "\n", "**", "lambda:", "\u202e", " for ", "x", "0", "*"])
        text = text[:a] + piece + text[b:]
    read(text, case)


@pytest.mark.fuzz
def test_a_long_run_is_clean(tmp_path: Path) -> None:
    end = time.monotonic() + SECONDS
    seed, wrong = int(os.environ.get("FUZZ_SEED", "1000")), []
    while time.monotonic() < end:
        seed += 1
        case = CASES[random.Random(seed).randrange(len(CASES))]
        try:
            found = check(case, seed, tmp_path)
        except Exception as error:
            found = f"ended in {type(error).__name__}: {error}"
        if found:
            wrong.append(f"{case} {seed}: {found}")
    assert not wrong, "\n".join(wrong)
