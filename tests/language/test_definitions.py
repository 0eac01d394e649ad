"""The table's rows as expressions: each derivative is the derivative of its definition, away from the kinks."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from symbackprop.language.definitions import SIGN0, STEP0, definition, derivative, is_differentiable, kinks
from symbackprop.language.functions import CLASSES, PRIMITIVES, TABLE, FieldFunction, apply
from symbackprop.language.nodes import Compare, Sum, Unspecified, Where
from symbackprop.language.tensors import Component, Dim, Index, Tensor

x, y = Tensor("x")(), Tensor("y")()
W = Tensor("W", Dim("N"))
n = Index("n", Dim("N"))
POINTS = [sp.Rational(k, 8) for k in (-61, -29, -21, -11, -3, 2, 5, 13, 27, 51)]
FURTHER = {
    "leaky_relu": [sp.Rational(1, 5)],
    "elu": [sp.Rational(3, 2)],
    "celu": [sp.Rational(3, 2)],
    "maximum": [sp.Rational(1, 3)],
    "minimum": [sp.Rational(1, 3)],
    "clip": [sp.Integer(-2), sp.Integer(2)],
    "hardtanh": [sp.Integer(-1), sp.Integer(1)],
}


def number(e: sp.Expr) -> mpmath.mpf:
    """The value of a closed expression in the project's functions, by their definitions."""
    match e:
        case Where():
            condition, then, otherwise = e.args
            return number(then if number(condition) else otherwise)
        case Compare():
            left, right = map(number, e.args)
            return mpmath.mpf({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[e.relation])
        case FieldFunction():
            return number(definition(e))
        case sp.Add():
            return mpmath.fsum(map(number, e.args))
        case sp.Mul():
            return mpmath.fprod(map(number, e.args))
        case sp.exp() | sp.log() | sp.sin() | sp.cos() | sp.atan() | sp.erf():
            return getattr(mpmath, type(e).__name__)(number(e.args[0]))
        case sp.Pow():
            return mpmath.power(number(e.base), number(e.exp))
    return mpmath.mpmathify(sp.N(e, 60))


ROWS = [(name, k) for name, row in TABLE.items() for k, p in enumerate(row.names) if p in row.derivatives]


@pytest.mark.parametrize(("name", "position"), ROWS)
def test_a_derivative_is_that_of_the_definition(name: str, position: int) -> None:
    with mpmath.workdps(50):
        for point in POINTS:
            arguments = [point, *FURTHER.get(name, [])]
            node = CLASSES[name](*arguments)
            if any(number(k) == 0 for k in kinks(node)):
                continue

            def at(step: sp.Rational, arguments: list[sp.Expr] = arguments) -> mpmath.mpf:
                moved = [a + step if k == position else a for k, a in enumerate(arguments)]
                return number(definition(CLASSES[name](*moved)))

            step = sp.Rational(1, 10**20)
            slope = (at(step) - at(-step)) * mpmath.mpf(10) ** 20 / 2
            assert abs(number(derivative(node, position)) - slope) < 1e-15, (node, point)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_derivative_of_a_primitive_is_sympys(name: str) -> None:
    s = sp.Symbol("s", positive=True)
    expected = sp.diff(PRIMITIVES[name](s), s)
    assert sp.simplify(derivative(PRIMITIVES[name](x), 0).xreplace({x: s}) - expected) == 0


def test_examples() -> None:
    assert definition(apply("relu", W[n])) == Where(Compare(">", W[n], 0), W[n], 0)
    assert derivative(apply("tanh", W[n])) == 1 - apply("tanh", W[n]) ** 2
    assert derivative(apply("maximum", x, y), 1) == 1 - apply("step", x - y)
    assert kinks(apply("clip", x, -1, 1)) == (x + 1, x - 1)
    assert kinks(sp.exp(x)) == ()
    assert derivative(Unspecified("f", x, 1)) == Unspecified("f", x, 2)


def test_the_conventions_at_0_stay_open() -> None:
    assert STEP0 in definition(apply("step", x)).free_symbols
    assert SIGN0 in definition(apply("sign", x)).free_symbols
    assert STEP0.is_real


def test_arguments_are_put_in_all_at_once() -> None:
    assert definition(apply("maximum", y, x)) == Where(Compare(">", y, x), y, x)
    inner = Sum(W[n] * x, n)
    assert definition(apply("softplus", inner)) == sp.log(1 + sp.exp(inner))


def test_every_row_can_be_read() -> None:
    for name, row in TABLE.items():
        arguments = [Tensor(f"a{k}")() for k in range(len(row.names))]
        node = CLASSES[name](*arguments)
        free = {c.tensor.name for e in (definition(node), *kinks(node)) for c in e.atoms(Component)}
        assert free <= {f"a{k}" for k in range(len(row.names))}
        assert is_differentiable(node)


def test_what_has_none_is_refused() -> None:
    with pytest.raises(KeyError, match="primitive"):
        definition(sp.exp(x))
    for name, row in TABLE.items():
        for k, parameter in enumerate(row.names):
            node = CLASSES[name](*[Tensor(f"a{j}")() for j in range(len(row.names))])
            assert is_differentiable(node, k) == (parameter in row.derivatives)
            if parameter not in row.derivatives:
                with pytest.raises(KeyError, match=parameter):
                    derivative(node, k)
