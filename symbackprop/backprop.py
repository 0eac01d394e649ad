"""The reverse sweep: a layer -> a derivation of ∂C/∂v for every variable v.

    ∂C/∂v[i] = Σ_y Σ_j ∂C/∂y[j] · ∂y[j]/∂v[i]        over the variables y that v enters

Each derivation stands on the named adjoints of the variables it enters, never on one inlined expression, so that
the work is linear in the number of equations; it is done when somebody looks at it.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from symbackprop.algebra.closed_form import Knowledge, close
from symbackprop.algebra.contract import contracted
from symbackprop.algebra.matrix import matrix_form
from symbackprop.calculus import carry_out, chain_rule, elementary
from symbackprop.derivation import Conventions, Derivation, Reason, Reference, Step
from symbackprop.language.equations import Equation
from symbackprop.language.nodes import Partial
from symbackprop.language.substitution import fresh, substitute, tensors
from symbackprop.language.tensors import Component, Index, Tensor
from symbackprop.layer import Layer
from symbackprop.network import Network, relabelled


def derive(layer: Layer, wrt: str | Iterable[str] | None = None, upstream: Mapping[str, str] | None = None, *,
           step0: int | sp.Rational | Fraction | None = 0, layout: str = "denominator") -> Gradients | NetworkGradients:
    """∂C/∂v for every variable v of the layer, or for those in `wrt`: a mapping from names to derivations.

    A layer whose one output is a scalar is a cost, ∂C/∂C = 1; else every output z has a given upstream gradient, named
    dz or as `upstream` says. `step0` is Step(0), None to leave it open; `layout` is "denominator" or "numerator".
    Raises KeyError for an unknown name and ValueError for a convention out of range.
    """
    wanted = _names(layer, wrt)
    given = dict(upstream or {})
    for name in given:
        if name not in {t.name for t in layer.outputs}:
            raise KeyError(f"upstream names {name!r}, which is no output of {layer.name}; "
                           f"its outputs are {', '.join(t.name for t in layer.outputs)}")
    conventions = Conventions(_at_zero(step0), layout)  # type: ignore[arg-type]
    if isinstance(layer, Network):
        return NetworkGradients(layer, wanted, conventions, given)
    return Gradients(layer, wanted, conventions, given)


def _at_zero(step0: int | sp.Rational | Fraction | None) -> sp.Rational | None:
    if step0 is None:
        return None
    if isinstance(step0, bool) or not isinstance(step0, (int, Fraction, sp.Rational)):
        raise TypeError(f"step0 = {step0!r}; it should be a whole or rational number from 0 to 1, or None to leave it open")
    return sp.Rational(step0.numerator, step0.denominator)


def _names(layer: Layer, wrt: str | Iterable[str] | None) -> tuple[str, ...]:
    every = _differentiable(layer)
    if wrt is None:
        return tuple(every)
    wanted = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    for name in wanted:
        if name not in every:
            raise KeyError(f"{layer.name} has no variable {name!r} that can be differentiated; it has {', '.join(every)}")
    return wanted


def _differentiable(layer: Layer) -> list[str]:
    if isinstance(layer, Network):  # without writing out a thousand layers' equations
        return [n for n, (k, name) in layer.places.items() if not layer.parts[k].layer.tensors[name].is_integer_valued]
    return [n for n, t in layer.tensors.items() if not t.is_integer_valued]


@dataclass(frozen=True, eq=False)
class Gradients(Mapping[str, Derivation]):
    """The derivations of a layer by variable, each made when it is first looked at."""

    layer: Layer
    names: tuple[str, ...]
    conventions: Conventions
    upstream: Mapping[str, str]
    folded_by: Layer | None = field(default=None, repr=False)
    _made: dict[str, Derivation] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Derivation:
        if name not in self._made:
            if name not in self.layer.tensors or self.layer.tensors[name].is_integer_valued:
                _names(self.layer, name)  # says what there is
            self._make(name)
        return self._made[name]

    @cached_property
    def graph(self) -> Graph:
        """Which variable enters which equation."""
        return Graph(self.layer, self.upstream)

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the layer's equations let one fold back; those of `folded_by` where they are others."""
        return Knowledge(self.folded_by or self.layer)

    def _make(self, name: str) -> None:
        # Lemmas first, on a stack of our own: a chain of a thousand must not be a thousand calls deep.
        stack = [name]
        raws: dict[str, _Raw] = {}
        while stack:
            current = stack[-1]
            if current in self._made:
                stack.pop()
                continue
            raw = raws[current] = raws.get(current) or _raw(self, current)
            missing = [n for n in raw.lemmas if n not in self._made]
            if missing:
                stack += missing
            else:
                self._made[current] = _finish(self, raw)
                stack.pop()

    def _repr_html_(self) -> str:
        return "".join(d._repr_html_() for d in self.values())

    def __str__(self) -> str:
        return "\n\n".join(str(d) for d in self.values())


@dataclass(frozen=True, eq=False)
class NetworkGradients(Mapping[str, Derivation]):
    """The derivations of a network: each layer is derived once, and renamed for every part that it is."""

    layer: Network
    names: tuple[str, ...]
    conventions: Conventions
    upstream: Mapping[str, str]
    _made: dict[str, Derivation] = field(default_factory=dict, repr=False)
    _layers: dict[tuple[Layer, bool], Gradients] = field(default_factory=dict, repr=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.layer.places

    def __getitem__(self, name: str) -> Derivation:
        if name not in self._made:
            if name not in self.layer.places:
                _names(self.layer, name)  # says what there is
            position, local = self.layer.places[name]
            part = self.layer.parts[position]
            self._made[name] = relabelled(self._of(part.layer, position)[local], part, self.layer, self)
        return self._made[name]

    def _of(self, layer: Layer, position: int) -> Gradients:
        last = position == len(self.layer.parts) - 1
        if (layer, last) not in self._layers:
            given = self.upstream if last else {}
            self._layers[layer, last] = Gradients(layer, tuple(_differentiable(layer)), self.conventions, given)
        return self._layers[layer, last]


class Graph:
    """The consumers of each variable, and the tensors that stand for ∂C/∂v.

    An output that is used again inside the layer has a given gradient dz and a whole one, dz_total.
    """

    def __init__(self, layer: Layer, upstream: Mapping[str, str]) -> None:
        self.layer = layer
        self.outputs = {t.name for t in layer.outputs}
        self.consumers: dict[str, list[Equation]] = {}
        self.order = {e.tensor.name: k for k, e in enumerate(layer.equations)}
        for equation in layer.equations:
            for tensor in _entering(equation):
                self.consumers.setdefault(tensor.name, []).append(equation)
        self.recurrent = {e.tensor.name for k, e in enumerate(layer.equations)
                          if any(self.order.get(t.name, -1) >= k for t in _entering(e))}
        self._upstream = upstream

    def is_given(self, name: str) -> bool:
        """Whether ∂C/∂v is the given upstream gradient itself."""
        return name in self.outputs and not self.consumers.get(name) and not self.layer.is_cost

    def is_cost(self, tensor: Tensor) -> bool:
        """Whether the variable is the cost itself, with ∂C/∂C = 1."""
        return self.layer.is_cost and tensor.name in self.outputs

    def given(self, name: str) -> Tensor:
        """The given upstream gradient of an output."""
        tensor = self.layer.tensors[name]
        total = bool(self.consumers.get(name))
        return Tensor(self._upstream.get(name, "d" + name), *tensor.sizes, adjoint_of="" if total else name)

    def adjoint(self, tensor: Tensor) -> Tensor:
        """∂C/∂v."""
        if tensor.name in self.outputs and not self.layer.is_cost:
            if self.consumers.get(tensor.name):
                return Tensor(f"d{tensor.name}_total", *tensor.sizes, adjoint_of=tensor.name)
            return self.given(tensor.name)
        return tensor.adjoint()


def _entering(equation: Equation) -> list[Tensor]:
    return [t for t in tensors(equation.right) if not t.is_integer_valued]


# ---- one variable ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Raw:
    """∂C/∂v up to the contraction of the deltas: what stands on the adjoints of v's consumers."""

    variable: Tensor
    goal: Component
    steps: tuple[Step, ...]
    contraction: Any
    lemmas: tuple[str, ...]
    paths: int = 1


def _raw(family: Gradients, name: str) -> _Raw:
    graph, variable = family.graph, family.layer.tensors[name]
    goal = Component(graph.adjoint(variable), *_letters(family, variable))
    start = _start(graph, goal, variable)
    consumers = graph.consumers.get(name, [])
    if not consumers:
        step = start or Step(sp.Integer(0), Reason("no path", {"variable": variable}))
        return _Raw(variable, goal, (step,), None, ())
    letters = {s.name for s in goal.free_symbols} | graph.order.keys() | {t.name for t in family.layer.inputs}
    pairs, chain = _chain(graph, Component(variable, *goal.indices), letters)
    if start is not None:
        chain = chain + _sp(start.right)
    local = carry_out(chain, pairs)
    result = contracted(local, family.knowledge.names(goal))
    steps = [Step(local, _local_reason(pairs), detail="normal"), Step(result.expression, Reason("contract"), detail="normal")]
    if not isinstance(chain, Partial):  # ∂C/∂x itself, where C's own equation has x
        steps.insert(0, Step(chain, _chain_reason(variable, consumers), detail="normal"))
    return _Raw(variable, goal, tuple(steps), result, _lemmas(family, name, result), len(consumers))


def _sp(right: Any) -> sp.Expr:
    assert isinstance(right, sp.Expr)
    return right


def _letters(family: Gradients, variable: Tensor) -> tuple[Index, ...]:
    return family.knowledge.letters(variable)


def _start(graph: Graph, goal: Component, variable: Tensor) -> Step | None:
    if graph.is_cost(variable):
        return Step(sp.Integer(1), Reason("cost", {"variable": variable}))
    if variable.name in graph.outputs:
        return Step(Component(graph.given(variable.name), *goal.indices), Reason("upstream", {"variable": variable}))
    return None


def _chain(graph: Graph, x: Component, taken: set[str]) -> tuple[list[tuple[Partial, Equation]], sp.Expr]:
    pairs: list[tuple[Partial, Equation]] = []
    ends: list[tuple[Component, sp.Expr]] = []
    for equation in graph.consumers.get(x.tensor.name, []):
        y = _instance(equation, taken)
        pairs.append((Partial(y, x), equation))
        if equation.is_boundary:  # h[−1] = h0: go on from h[−1] to whatever reads it
            inner, adjoint = _chain(graph, y, taken | {s.name for s in y.free_symbols})
            pairs += inner
        else:
            adjoint = sp.Integer(1) if graph.is_cost(y.tensor) else Component(graph.adjoint(y.tensor), *y.indices)
        ends.append((y, adjoint))
    return pairs, chain_rule(x, ends)


def _instance(equation: Equation, taken: set[str]) -> Component:
    # The consumer's component under indices of its own.
    mapping: dict[Index, Index] = {}
    for index in equation.free:
        if index.name in taken:
            used = taken | {i.name for i in equation.free} | {m.name for m in mapping.values()}
            mapping[index] = fresh(index, used)
    made = substitute(equation.left, mapping)
    assert isinstance(made, Component)
    return made


def _chain_reason(variable: Tensor, consumers: list[Equation]) -> Reason:
    through = tuple(dict.fromkeys(e.tensor for e in consumers))
    return Reason("chain rule", {"variable": variable, "consumers": through})


def _local_reason(pairs: list[tuple[Partial, Equation]]) -> Reason:
    cites = tuple(dict.fromkeys(Reference("equation", e.tensor.name) for _, e in pairs))
    identities = dict.fromkeys(pair for partial, equation in pairs for pair in elementary(partial, equation))
    return Reason("differentiate", {"identities": tuple(identities)}, cites)


def _lemmas(family: Gradients, name: str, result: Any) -> tuple[str, ...]:
    # Worth inserting: adjoints of intermediates that come later, where something can cancel.
    if result.terms < 2:
        return ()
    order, graph = family.graph.order, family.graph
    found = [t.adjoint_of for t in result.tensors
             if t.adjoint_of and not graph.is_given(t.adjoint_of) and t.adjoint_of not in graph.recurrent]
    return tuple(sorted({n for n in found if order.get(n, -1) > order.get(name, -1)}, key=lambda n: order[n]))


def _finish(family: Gradients, raw: _Raw) -> Derivation:
    steps = list(raw.steps)
    inserts: list[str] = []
    if raw.contraction is not None:
        more, inserts = close(raw.contraction, [family[n] for n in raw.lemmas], family.knowledge, raw.goal,
                              raw.paths)
        steps += more
    steps = _without_repeats(steps)
    steps += _matrix(family, raw, steps)
    return Derivation(raw.goal, tuple(steps), family.layer, raw.variable, family.conventions, tuple(inserts), family)


def _without_repeats(steps: list[Step]) -> list[Step]:
    kept: list[Step] = []
    for step in steps:
        if not kept or kept[-1].right != step.right:
            kept.append(step)
    return [*kept[:-1], _shown(kept[-1])]


def _shown(step: Step) -> Step:
    return Step(step.right, step.reason, step.relation, "brief", step.left)


def _matrix(family: Gradients, raw: _Raw, steps: list[Step]) -> list[Step]:
    indices = raw.goal.indices
    result = _sp(steps[-1].right)
    if not indices or any(not isinstance(i, Index) for i in indices):
        return []
    transposed = family.conventions.layout == "numerator" and len(indices) == 2
    scope = {**family.layer.tensors, **{t.name: t for t in tensors(result)}}
    form = matrix_form(result, indices[::-1] if transposed else indices, scope)
    return [] if form is None else [Step(form, Reason("numerator" if transposed else "matrix form"))]


