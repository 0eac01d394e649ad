"""Signatures: x[N,D], W[D,H] > 0, t[N] in C, mask[N,D] in {0, 1}, eps > 0 -> z[N,H]."""
from __future__ import annotations

import ast
from dataclasses import dataclass, field

import sympy as sp

from symbackprop.language.equations import Signature
from symbackprop.language.errors import NotationError
from symbackprop.language.scope import FUNCTIONS, KEYWORDS, MAY_BE_TENSORS, SYMBOLS
from symbackprop.language.sizes import read_size, upper_case
from symbackprop.language.syntax import LAMBDA, MAX_TEXT, Statement, number, statement, statements
from symbackprop.language.tensors import Dim, Tensor

RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Gt: "positive", ast.GtE: "nonnegative", ast.Lt: "negative", ast.LtE: "nonpositive", ast.NotEq: "nonzero",
}


def read_signature(text: str) -> Signature:
    """inputs -> outputs. Raises NotationError."""
    _check_arrow(text)
    before, _, after = text.partition("->")
    # Each side keeps its place: the other one is blanked out.
    blank = "".join(c if c == "\n" else " " for c in before + "->")
    names: dict[str, Tensor] = {}
    dims: dict[str, ast.Name] = {}
    sides = (_joined(before, text), _joined(blank + after, text))
    inputs, outputs = (tuple(d for d in _declarations(side, names, dims)) for side in sides)
    if not outputs:
        raise NotationError("the signature has no output", text, hint="write x[N,D] -> z[N,D]")
    return Signature(inputs, outputs)


def _check_arrow(text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is {type(text).__name__}; the notation is read from text")
    if text.count("->") != 1:
        at = text.find("->", text.find("->") + 1) if "->" in text else 0
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise NotationError(f"a signature has one arrow, this one has {text.count('->')}", text, line, column,
                            "write inputs -> outputs: x[N,D], W[D,H] -> z[N,H]")


def _joined(side: str, whole: str) -> Statement | None:
    """One side of the arrow as one statement; its lines may end anywhere."""
    try:
        said = list(statements(side))  # refuses what no text may hold
    except NotationError as error:
        raise NotationError(error.message, whole, error.line, error.column, error.hint) from None
    equation = next((s for s in said if s.has_left), None)
    if equation is not None:
        raise Statement(whole, equation.line, equation.column, "", "").error(None, "a signature has no =", "state equations apart from it")
    bracketed = statement("(" + side + "\n)")
    return Statement(whole, bracketed.line, bracketed.column - 1, bracketed.code, "") if said else None


def _declarations(side: Statement | None, names: dict[str, Tensor], dims: dict[str, ast.Name]) -> list[Tensor]:
    if side is None:
        return []
    try:
        _, tree = side.parse(MAX_TEXT)
    except NotationError as error:
        hint = error.hint if error.hint == LAMBDA else "declarations are parted by commas: x[N,D], W[D,H]"
        raise NotationError(error.message, error.text, error.line, error.column, hint) from None
    return [_Declaration(side, names, dims).read(node) for node in (tree.elts if isinstance(tree, ast.Tuple) else [tree])]


@dataclass
class _Declaration:
    side: Statement
    names: dict[str, Tensor]
    dims: dict[str, ast.Name] = field(default_factory=dict)

    def read(self, node: ast.expr) -> Tensor:
        made = self.tensor(node)
        check_tensor_name(self.side, node, made.name, self.names)
        if made.name in self.names:
            raise self.side.error(node, f"{made.name} is declared twice")
        if made.name in self.dims:
            raise self.both(node, made.name)
        self.names[made.name] = made
        return made

    def tensor(self, node: ast.expr) -> Tensor:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.restricted(left, op, right)
            case ast.Compare():
                hint = 'further ones are assumptions: assume="0 < p[n] < 1"'
                raise self.side.error(node, "one restriction stands in a declaration", hint)
        name, sizes = self.shape(node)
        return Tensor(name, *sizes)

    def restricted(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Tensor:
        name, sizes = self.shape(left)
        match op, right:
            case ast.In(), ast.Set(elts=elements):
                return Tensor(name, *sizes, values=tuple(self.value(e) for e in elements))
            case ast.In(), _:
                return Tensor(name, *sizes, below=self.size(right))
            case _, ast.Constant(value=0) if type(op) in RELATIONS:
                return Tensor(name, *sizes, sign=RELATIONS[type(op)])
        hint = 'write x[N] > 0, >= 0, < 0, <= 0 or != 0; the rest goes to assume="..."'
        raise self.side.error(right, "a declaration compares with 0", hint)

    def value(self, node: ast.expr) -> sp.Rational:
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as digits):
                return -number(self.side, digits)
            case ast.Constant():
                return number(self.side, node)
        raise self.side.error(node, "a set of values lists numbers", "write mask[N,D] in {0, 1}")

    def shape(self, node: ast.expr) -> tuple[str, tuple[sp.Expr, ...]]:
        match node:
            case ast.Name(id=name):
                return name, ()
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=sizes)):
                return name, tuple(self.size(s) for s in sizes)
            case ast.Subscript(value=ast.Name(id=name), slice=size):
                return name, (self.size(size),)
        raise self.side.error(node, "this declares nothing", "a declaration is name[sizes], like x[N,D], or a name alone for a scalar")

    def size(self, node: ast.expr) -> sp.Expr:
        return read_size(self.side, node, self.dim)

    def dim(self, node: ast.Name) -> sp.Expr:
        if not upper_case(node.id):
            raise self.side.error(node, f"{node.id} is no size: sizes are upper-case", f"write {node.id.upper()}")
        if node.id in FUNCTIONS:
            raise self.side.error(node, f"{node.id} is a function; it can't be a size")
        if node.id in self.names:
            raise self.both(node, node.id)
        self.dims.setdefault(node.id, node)
        return Dim(node.id)

    def both(self, node: ast.expr, name: str) -> NotationError:
        return self.side.error(node, f"{name} is both a tensor and a size", f"call the tensor {name.lower()}, or the size something else")


def check_tensor_name(place: Statement, node: ast.expr, name: str, known: dict[str, Tensor]) -> None:
    """Refuse a new tensor's name that is reserved, or that would be mistaken for a gradient."""
    if name in SYMBOLS or name in FUNCTIONS - MAY_BE_TENSORS or name in KEYWORDS:
        kind = "a function" if name in FUNCTIONS else "reserved"
        raise place.error(node, f"{name} is {kind}; a tensor can't have that name", f"call it {name}_ or the like")
    if not name.isidentifier() or not name.isascii() or name.startswith("_"):
        raise place.error(node, f"{name} is no name for a tensor", "names are letters, digits and underscores, a letter first")
    of = name[1:] if name[0] == "d" and name[1:] in known else name if "d" + name in known else ""
    if of:
        raise place.error(node, f"{of} and d{of} can't both be tensors: d{of} is the gradient of {of}", "call one of them something else")
