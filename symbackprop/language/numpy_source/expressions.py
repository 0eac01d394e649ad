"""Expressions of source: names, attributes, subscripts, operators, displays. Calls stand in `calling`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symbackprop.language.errors import Unfit, did_you_mean
from symbackprop.language.numpy_source.attributes import above, attribute
from symbackprop.language.numpy_source.families import instance_at
from symbackprop.language.numpy_source.holding import (
    binary,
    both,
    compare,
    counted,
    key_of,
    known_truth,
    of_sequence,
    opened,
    read,
    sequence,
)
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.ndarray import Nd, axis_of, constant, elementwise
from symbackprop.language.numpy_source.numbers import any_of, arithmetic, literal, negated
from symbackprop.language.numpy_source.objects import (
    Arr,
    Dct,
    Frame,
    Function,
    Lst,
    Module,
    Operation,
    Run,
    Span,
    Unknown,
)
from symbackprop.language.numpy_source.operations import NUMPY, VIEWS, described, numeric
from symbackprop.language.numpy_source.wording import joined_text

MODULES = {"np": "numpy", "numpy": "numpy", "anp": "numpy", "torch": "torch", "math": "math", "F": "torch.nn.functional"}
def evaluate(m: Machine, f: Frame, node: ast.expr) -> Any:
    """The value of an expression. Raises Unreadable."""
    before, m.node = m.node, node
    m.in_call = f.in_call
    m.spend()
    try:
        rule = RULES.get(type(node))
        if rule is None:
            raise m.error(f"{type(node).__name__} isn't read", node)
        made = rule(m, f, node)
    except Unfit as error:
        m.in_call = f.in_call
        raise m.error(error.message, node, error.hint) from None
    m.node, m.in_call = before, f.in_call
    return made


# ---- names and attributes ------------------------------------------------------------------------------------------------


def lookup(m: Machine, f: Frame, name: str) -> Any:
    """What a name stands for."""
    for depth, names in enumerate((f.names, *f.outer)):
        if depth == f.inner + 1 and name in f.local:
            raise Unfit(f"{name[:40]} is read before the function sets it")
        if name in names:
            return opened(m, names[name])
    if name in MODULES:
        return Module(MODULES[name])
    from symbackprop.language.numpy_source.builtin import BUILTINS

    if name in BUILTINS:
        return Operation(name, BUILTINS[name])
    if name.startswith("__"):
        raise Unfit(f"{name[:40]} is none of the source's business", "names with two underscores aren't read")
    raise Unfit(f"the name {name[:60]} isn't known", did_you_mean(name, [n for names in (f.names, *f.outer) for n in names]))


def _attribute(m: Machine, f: Frame, node: ast.Attribute) -> Any:
    name = node.attr
    match node.value:
        case ast.Call(func=ast.Name(id="super")):
            return above(m, f, node)
    if name.startswith("__") and (name.endswith("__") or not (isinstance(node.value, ast.Name) and node.value.id == "self")):
        raise Unfit(f"{name[:40]} is none of the source's business", "names with two underscores aren't read")
    owner = evaluate(m, f, node.value)
    m.node = node
    return attribute(m, owner, name)


# ---- subscripts ----------------------------------------------------------------------------------------------------------


def _subscript(m: Machine, f: Frame, node: ast.Subscript) -> Any:
    owner = evaluate(m, f, node.value)
    items = subscripts(m, f, node.slice)
    m.node = node
    match owner:
        case Arr():
            return read(m, owner, items)
        case tuple():
            return of_sequence(m, owner, items[0])
        case Lst(family=None) if any(isinstance(v, Run) for v in owner.items):
            from symbackprop.language.numpy_source.keeping import of_part

            return of_part(m, owner, items[0])
        case Lst(family=None):
            found = of_sequence(m, m.settled(owner).items, items[0])
            return Lst(found, len(m.loops)) if isinstance(found, list) else found
        case Lst(family=family) if family is not None and m.settled(owner):
            if isinstance(items[0], Span):
                raise Unfit("a part of a list that a loop filled isn't read")
            return instance_at(m, family, items[0])
        case Dct():
            from symbackprop.language.numpy_source.keeping import of_dict

            return of_dict(m, owner, items[0])
        case Span():
            from symbackprop.language.numpy_source.keeping import part_of_range

            return part_of_range(m, owner, items[0])
        case Nd() if all(e is None or e is Ellipsis for e in items):
            return m.new(Nd(tuple(() for e in items if e is None), lambda _place: owner.at(()), owner.kind))
    raise Unfit(f"{described(owner)} has no subscripts")


def subscripts(m: Machine, f: Frame, node: ast.expr) -> list[Any]:
    """The subscripts between the brackets: numbers, arrays, spans, None, ..., text."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    values = [e for part in parts for e in _one_subscript(m, f, part)]
    if len(values) == 1 and isinstance(values[0], tuple):
        return [_places(m, v) for v in values[0]]
    return values


def _ends(m: Machine, f: Frame, node: ast.Slice) -> tuple[Any, Any, Any]:
    start, stop, step = (None if e is None else evaluate(m, f, e) for e in (node.lower, node.upper, node.step))
    return start, stop, step


def _one_subscript(m: Machine, f: Frame, node: ast.expr) -> list[Any]:
    if isinstance(node, ast.Slice):
        return [Span(*_ends(m, f, node))]
    if isinstance(node, ast.Starred):
        return list(sequence(m, evaluate(m, f, node.value)))
    return [_places(m, evaluate(m, f, node))]


def _places(m: Machine, value: Any) -> Any:
    """range(n) as the array of its numbers."""
    return NUMPY["arange"](m, value.start, value.stop, value.step) if isinstance(value, Span) and value.counts else value


# ---- operators -----------------------------------------------------------------------------------------------------------


def _binary(m: Machine, f: Frame, node: ast.BinOp) -> Any:
    left, right = evaluate(m, f, node.left), evaluate(m, f, node.right)
    m.node = node
    return binary(m, node.op, left, right)


def _unary(m: Machine, f: Frame, node: ast.UnaryOp) -> Any:
    value = tested(m, f, node.operand) if isinstance(node.op, ast.Not) else evaluate(m, f, node.operand)
    m.node = node
    match node.op:
        case ast.Not():
            value = counted(value)
            known = known_truth(m, value)
            return m.new(negated(numeric(m, value))) if known is None else not known
        case ast.Invert():
            return m.new(negated(_array_of_conditions(numeric(m, value))))
    nd = numeric(m, value)
    if nd.kind == "bool" and not isinstance(value, bool):
        raise Unfit("the plus or minus of conditions isn't read", "~mask is the opposite")
    if isinstance(node.op, ast.UAdd):
        return m.new(nd if nd.kind != "bool" else Nd(nd.axes, nd.at, "int"))
    if not nd.axes and nd.uniform:
        return m.new(arithmetic(ast.Mult(), constant(-1), nd))
    return m.new(elementwise(lambda e: -e, [nd], "int" if nd.kind == "bool" else nd.kind))


def _array_of_conditions(nd: Nd) -> Nd:
    if nd.kind == "bool" and not nd.axes:
        raise Unfit("~ of one condition isn't read", "~True is -2 in Python; `not` is the opposite")
    return nd


def tested(m: Machine, f: Frame, node: ast.expr) -> Any:
    """The value of an expression of which only the truth is asked."""
    if isinstance(node, ast.BoolOp):
        return _junction(m, f, node, only_truth=True)
    return evaluate(m, f, node)


def _bool(m: Machine, f: Frame, node: ast.BoolOp) -> Any:
    return _junction(m, f, node, only_truth=False)


def _junction(m: Machine, f: Frame, node: ast.BoolOp, only_truth: bool) -> Any:
    """a and b, a or b: what comes after a condition on data is read under it."""
    wants = isinstance(node.op, ast.Or)
    value: Any = None
    open_: Nd | None = None  # the conditions on data so far
    for part in node.values:
        value = _under(m, f, part, open_ if open_ is None or not wants else negated(open_), only_truth)
        known = known_truth(m, value)
        if known is None:
            nd = numeric(m, value)
            open_ = nd if open_ is None else elementwise(any_of if wants else lambda p, q: p * q, [open_, nd])
        elif known == wants:
            if open_ is not None and not isinstance(value, bool) and not only_truth:
                raise Unfit("this condition depends on data")
            return value
    if open_ is None:
        return value
    if known is not None and not isinstance(value, bool) and not only_truth:
        raise Unfit("this is a condition or another value, depending on data", "a if c else b chooses one of two values")
    return open_


def _under(m: Machine, f: Frame, node: ast.expr, condition: Nd | None, only_truth: bool = False) -> Any:
    from symbackprop.language.numpy_source.branching import under

    def read() -> Any:
        return tested(m, f, node) if only_truth else evaluate(m, f, node)

    return read() if condition is None else under(m, condition.at(()), read)


def _compare(m: Machine, f: Frame, node: ast.Compare) -> Any:
    left, made = evaluate(m, f, node.left), None
    for op, side in zip(node.ops, node.comparators, strict=True):
        if isinstance(made, Arr):
            raise Unfit("a chain of comparisons of arrays isn't defined", "(a < x) & (x < b)")
        right = _under(m, f, side, None if made is None or made is True else numeric(m, made))
        m.node = node
        found = compare(m, op, left, right)
        made = found if made is None or made is True else both(m, made, found)
        if made is False:
            return False
        left = right
    return made


def _conditional(m: Machine, f: Frame, node: ast.IfExp) -> Any:
    from symbackprop.language.numpy_source.branching import either

    test = counted(tested(m, f, node.test))
    known = known_truth(m, test)
    if known is None:
        condition = numeric(m, test)
        first = _under(m, f, node.body, condition)
        second = _under(m, f, node.orelse, negated(condition))
        return either(m, condition.at(()), first, second)
    return evaluate(m, f, node.body if known else node.orelse)


# ---- displays ------------------------------------------------------------------------------------------------------------


def _elements(m: Machine, f: Frame, nodes: list[ast.expr]) -> list[Any]:
    made: list[Any] = []
    for node in nodes:
        made.extend(sequence(m, evaluate(m, f, node.value)) if isinstance(node, ast.Starred) else [evaluate(m, f, node)])
    return made


def _constant(m: Machine, _f: Frame, node: ast.Constant) -> Any:
    if isinstance(node.value, (bool, str)) or node.value is None or node.value is Ellipsis:
        return node.value
    if isinstance(node.value, (int, float)):
        return literal(node.value)
    raise Unfit("this constant isn't read")


def _dict(m: Machine, f: Frame, node: ast.Dict) -> Any:
    made: dict[Any, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            inner = evaluate(m, f, value)
            if not isinstance(inner, Dct):
                raise Unfit("** takes a dict")
            made.update(m.entries(inner))
        else:
            made[key_of(evaluate(m, f, key))] = evaluate(m, f, value)
    return Dct(made, len(m.loops))


def _lambda(m: Machine, f: Frame, node: ast.Lambda) -> Any:
    from symbackprop.language.numpy_source.calling import defaults_of

    return Function(node, f, defaults_of(m, f, node))


def _comprehension(m: Machine, f: Frame, node: ast.ListComp | ast.DictComp) -> Any:
    from symbackprop.language.numpy_source.courses import is_over_size, turns
    from symbackprop.language.numpy_source.loops import kept_by

    what, each = turned(m, f, node)
    if is_over_size(m, what) and not isinstance(node, ast.DictComp):
        made: Any = Lst([], len(m.loops), kept_by(m, what, each))
    else:
        elements = [each(element) for element in turns(m, what)]
        made = Dct(dict(elements), len(m.loops)) if isinstance(node, ast.DictComp) else Lst(elements, len(m.loops))
    if m.old_division and isinstance(node, ast.ListComp):  # in Python 2 its names are those of the function
        for part in ast.walk(node.generators[0].target):
            if isinstance(part, ast.Name):
                f.names[part.id] = Unknown(f"{part.id[:40]} is what a list comprehension of Python 2 left: this isn't read")
    return made


def turned(m: Machine, f: Frame, node: ast.ListComp | ast.DictComp | ast.GeneratorExp) -> tuple[Any, Callable[[Any], Any]]:
    """What a comprehension goes through, and what it makes of an element."""
    from symbackprop.language.numpy_source.statements import assign

    if len(node.generators) != 1 or node.generators[0].ifs:
        raise Unfit("this comprehension isn't read", "one `for` without `if` is")
    inner = Frame({}, (f.names, *f.outer), f.in_call, f.local, f.inner + 1)

    def each(element: Any) -> Any:
        assign(m, inner, node.generators[0].target, element)
        if isinstance(node, ast.DictComp):
            return key_of(evaluate(m, inner, node.key)), evaluate(m, inner, node.value)
        return evaluate(m, inner, node.elt)

    return evaluate(m, f, node.generators[0].iter), each


RULES: dict[type[ast.expr], Callable[[Machine, Frame, Any], Any]] = {
    ast.Constant: _constant,
    ast.Name: lambda m, f, node: lookup(m, f, node.id),
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Tuple: lambda m, f, node: tuple(_elements(m, f, node.elts)),
    ast.List: lambda m, f, node: Lst(_elements(m, f, node.elts), len(m.loops)),
    ast.Dict: _dict,
    ast.Lambda: _lambda,
    ast.ListComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.JoinedStr: lambda m, f, node: joined_text(
        node, [evaluate(m, f, part.value) for part in node.values if isinstance(part, ast.FormattedValue)]
    ),
}
"""One rule a kind of expression; `calling` adds its own."""

__all__ = ["VIEWS", "evaluate", "axis_of"]
