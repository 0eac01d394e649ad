"""layer, derivations -> a sheet: what stands on the page, in order, before it is known in which format.

    header       name, signature, numbered equations, assumptions, source
    preliminaries   what is given, the layout, the conventions that something on the page depends on
    chains       goal = line = line ..., each line numbered, with its reason; what is inserted stands first
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sympy as sp

from symbackprop.derivation import Derivation, Detail, MatrixForm, Reason, Reference, Step
from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.functions import CLASSES
from symbackprop.language.nodes import IsArgmax, Partial
from symbackprop.language.tensors import Component, Tensor
from symbackprop.layer import Layer
from symbackprop.render import arrays, maths, names
from symbackprop.render.maths import RELATIONS
from symbackprop.render.numbering import MANY, Numbers, Shown, in_order, number_equations, number_steps
from symbackprop.render.order import Scope
from symbackprop.render.tree import Adjoint, Declared, Derivative, Letter, Node, Number, Row, Runs, Sign, Words
from symbackprop.render.words import SIGN_AT_0, STEP_AT_0, Resolve, phrase, sentence

_SIGNS = {"positive": ">", "nonnegative": "≥", "negative": "<", "nonpositive": "≤", "nonzero": "≠"}


@dataclass(frozen=True)
class Line:
    """left relation right, its reason and its number; `sizes` where it is in array notation."""

    number: int
    right: Node
    relation: str = "="
    left: Node | None = None
    reason: Runs = ()
    sizes: tuple[Node, ...] | None = None


@dataclass(frozen=True)
class Chain:
    """goal = line = line ...; `lemma` where it stands because another one inserts it."""

    variable: str
    shown: Node
    goal: Node
    lines: tuple[Line, ...]
    lemma: bool = False


@dataclass(frozen=True)
class Sheet:
    """A page's content. `shorthand` says what dv means, for the formats that write it."""

    name: str
    source: str
    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]
    equations: tuple[Line, ...]
    preliminaries: tuple[Runs, ...] = ()
    shorthand: Runs = ()
    chains: tuple[Chain, ...] = ()


def of(layer: Layer, derivations: Iterable[Derivation] = (), detail: Detail = "normal") -> Sheet:
    """The sheet of a layer and of derivations of it."""
    numbers = Numbers()
    shown = in_order(derivations, detail)
    stated = _stated(layer, shown)
    equations = tuple(
        Line(k, maths.formula(e.right, scope), left=maths.tree(e.left, scope))
        for k, e in zip(number_equations(stated, numbers), stated, strict=True)
        for scope in [_scope_of_equation(e.left, e.text, layer)])
    chains = tuple(_chain(s, layer, numbers) for s in shown)
    outputs = tuple(map(_declared, layer.outputs))
    return Sheet(layer.name, layer.source, _inputs(layer, stated), outputs, equations,
                 _preliminaries(layer, shown), _shorthand(layer, shown), chains)


def _stated(layer: Layer, shown: list[Shown]) -> tuple[Equation, ...]:
    """The equations to show: all, or of a long network those of the variables that the derivations speak of."""
    if not shown or len(layer.equations) <= MANY:
        return layer.equations
    spoken = {name for r in _rights(shown) for t in r.atoms(Tensor) for name in (t.name, t.adjoint_of)}
    cited = {c.name for s in shown for step in s.steps for c in step.reason.cites}
    return tuple(e for e in layer.equations if e.tensor.name in spoken | cited)


def _inputs(layer: Layer, stated: tuple[Equation, ...]) -> tuple[Node, ...]:
    """The inputs; of a layer that is shown in part those that its shown equations read, and dots."""
    if len(stated) == len(layer.equations):
        return tuple(map(_declared, layer.inputs))
    read = {t.name for e in stated for t in e.right.atoms(Tensor)}
    return (*(_declared(t) for t in layer.inputs if t.name in read), Words("…"))


def cost_name(layer: Layer) -> str:
    """The name of the cost in ∂C/∂v: the layer's own output if it is one, else a letter that the layer leaves free."""
    if layer.is_cost:
        return layer.outputs[0].name
    taken = {*layer.tensors, *(s.name for s in layer.sizes)}
    return next(c for c in ("C", "L", "J", "E", "cost") if c not in taken or c == "cost")


def grouped(chains: tuple[Chain, ...]) -> list[tuple[Chain, ...]]:
    """The chains in groups to be set under one another: lemmas of a single line go together."""
    groups: list[tuple[Chain, ...]] = []
    for chain in chains:
        short = chain.lemma and len(chain.lines) == 1
        if short and groups and groups[-1][-1].lemma and len(groups[-1][-1].lines) == 1:
            groups[-1] = (*groups[-1], chain)
        else:
            groups.append((chain,))
    return groups


def left(chain: Chain, k: int) -> Node | None:
    """What stands left of the k-th line: the goal before the first, then nothing unless the line says so."""
    line = chain.lines[k]
    return line.left if line.left is not None else chain.goal if k == 0 else None


def capital(said: Runs) -> Runs:
    """The sentence with a capital letter, where it begins with a word."""
    first = said[0] if said else ""
    return (first[:1].upper() + first[1:], *said[1:]) if isinstance(first, str) and first else said


# --- the layer ---

def _declared(t: Tensor) -> Declared:
    sizes = tuple(maths.tree(s) for s in t.sizes)
    below = None if t.below is None else maths.tree(t.below)
    values = tuple(maths.tree(v) for v in t.values)
    return Declared(names.name(t.name, t.rank), sizes, below, values, _SIGNS.get(t.sign, ""))


def _scope_of_equation(left: Component, text: str, layer: Layer) -> Scope:
    right = text.split("=", 1)[-1] if text else ""
    seen: dict[str, int] = {}
    for place, word in enumerate("".join(c if c.isalnum() or c == "_" else " " for c in right).split()):
        seen.setdefault(word, place)
    order = tuple(str(i) for i in left.indices)
    known = (*layer.tensors, *(s.name for s in layer.sizes))
    return Scope(cost_name(layer), order, {n: seen[n] for n in known if n in seen})


def _assumptions(layer: Layer) -> tuple[Runs, ...]:
    if not layer.assumptions:
        return ()
    return (phrase("assuming", {"assumptions": tuple(map(_assumption, layer.assumptions))}),)


def _assumption(a: Assumption) -> Runs:
    if a.relation == "invertible":
        entry = a.left
        whole = isinstance(entry, Component) and entry.indices == a.free[:2]
        return phrase("invertible", {"matrix": ((maths.tree(entry.tensor if whole else entry),),)})
    order = Scope(order=tuple(i.name for i in a.free))
    return (Row((maths.tree(a.left, order), Sign(RELATIONS[a.relation]), maths.tree(a.right, order))),)


# --- what is given ---

def _preliminaries(layer: Layer, shown: list[Shown]) -> tuple[Runs, ...]:
    if not shown:
        return _assumptions(layer)
    first = shown[0].derivation
    of_a_cost = any(isinstance(s.derivation.goal, Component) for s in shown)  # a Jacobian has no cost, and no upstream gradient
    given = () if not of_a_cost else (_given_cost(layer),) if layer.is_cost else _given_upstream(layer, shown)
    layout = phrase(f"{first.conventions.layout} layout", {})
    return (*given, layout, *_assumptions(layer), *_conventions(shown))


def _given_cost(layer: Layer) -> Runs:
    cost = names.name(cost_name(layer))
    start = Row((Derivative(cost, (cost,)), Sign("="), Number("1")))
    return phrase("given cost", {"cost": ((cost,),), "start": ((start,),)})


def _given_upstream(layer: Layer, shown: list[Shown]) -> tuple[Runs, ...]:
    """The given gradients; where an output is used again within the layer, they are a part of the whole one."""
    used = {t for r in _rights(shown) for t in r.atoms(Tensor) if t.adjoint_of}
    wholes = {t.adjoint_of: t for t in used if t.name == f"d{t.adjoint_of}_total"}
    own = {t.adjoint_of: t for t in used if t not in wholes.values()}
    every: list[Runs] = []
    parts: list[Runs] = []
    for output in layer.outputs:
        places = layer.equation(output.name).left.indices
        whole = wholes.get(output.name)
        upstream = Tensor("d" + output.name, *output.sizes) if whole else own.get(output.name, output.adjoint())
        every.append((_introduced(upstream[places], layer),))
        if whole is not None:
            gap = {"whole": ((_introduced(whole[places], layer),),), "variable": ((maths.tree(output),),)}
            parts.append(phrase("whole", gap))
    return (phrase("given upstream" if len(every) == 1 else "given upstreams", {"adjoints": tuple(every)}), *parts)


def _introduced(adjoint: Component, layer: Layer) -> Node:
    shown = maths.tree(adjoint, Scope(cost_name(layer)))
    return replace(shown, introduced=True) if isinstance(shown, Adjoint) else shown


def _rights(shown: list[Shown]) -> list[sp.Expr]:
    """The right sides of all lines, in index form."""
    rights = (step.right for s in shown for step in s.steps)
    return [r.expression if isinstance(r, MatrixForm) else r for r in rights]


def _shorthand(layer: Layer, shown: list[Shown]) -> Runs:
    """What dv stands for, where a gradient other than the given ones occurs."""
    given = {t.name for t in layer.outputs}
    used = {t.adjoint_of for r in _rights(shown) for t in r.atoms(Tensor) if t.adjoint_of}
    if used <= given:
        return ()
    v = Letter("v", "v")
    full = Derivative(names.name(cost_name(layer)), (v,))
    return phrase("shorthand", {"short": ((Row((Letter("d", "d"), v)),),), "full": ((full,),), "variable": ((v,),)})


def _conventions(shown: list[Shown]) -> tuple[Runs, ...]:
    rights = _rights(shown)
    value = shown[0].derivation.conventions.step0
    step = maths.tree(value) if value is not None else names.OPEN_STEP
    said: list[Runs] = []
    if any(r.has(CLASSES["step"]) for r in rights):
        said.append(phrase("step at 0", {"step": ((STEP_AT_0,),), "value": ((step,),)}))
    if any(r.has(CLASSES["sign"]) for r in rights):
        said.append(phrase("sign at 0", {"sign": ((SIGN_AT_0,),), "value": ((Number("0"),),)}))
    if any(r.has(IsArgmax) for r in rights):
        said.append(phrase("ties", {}))
    return tuple(said)


# --- chains ---

def _chain(shown: Shown, layer: Layer, numbers: Numbers) -> Chain:
    d = shown.derivation
    scope = Scope(cost_name(layer), tuple(str(i) for c in _components(d.goal) for i in c.indices))
    given = number_steps(shown, numbers)
    first = shown.steps[0] if shown.steps else None
    lines = tuple(_line(k, step, d, scope, numbers, step is first) for k, step in zip(given, shown.steps, strict=True))
    variable = names.name(d.variable.name, d.variable.rank)
    return Chain(d.variable.name, variable, maths.full(d.goal, scope), lines, shown.lemma)


def _components(goal: sp.Expr) -> tuple[Component, ...]:
    found = goal.args if isinstance(goal, Partial) else (goal,)
    return tuple(c for c in found if isinstance(c, Component))


def _line(number: int, step: Step, d: Derivation, scope: Scope, numbers: Numbers, first: bool) -> Line:
    reason = _reasons(step, d, scope, numbers, first)
    if isinstance(step.right, MatrixForm):
        left = maths.tree(d.goal.tensor, scope)
        sizes = tuple(maths.tree(s) for s in step.right.sizes)
        return Line(number, arrays.tree(step.right, d.layer, scope), step.relation, left, reason, sizes)
    left_side = None if step.left is None else maths.tree(step.left, scope)
    return Line(number, maths.formula(step.right, scope), step.relation, left_side, reason)


def _reasons(step: Step, d: Derivation, scope: Scope, numbers: Numbers, first: bool) -> Runs:
    """Why the line holds; where the lines before it are left out, it begins with the chain rule that leads to it."""
    opening, own = d.steps[0].reason, step.reason
    skipped = first and opening.rule == "chain rule" and own is not opening
    said = [opening] if skipped else []
    said += [own] if not skipped or own.rule not in ("contract", "differentiate") else []
    return sum(((*(("; ",) if k else ()), *_said(r, d.layer, scope, numbers)) for k, r in enumerate(said)), ())


def _said(reason: Reason, layer: Layer, scope: Scope, numbers: Numbers) -> Runs:
    cites = _cites(reason, layer, scope, numbers)
    return sentence(reason.rule, reason.terms,
                    Resolve(lambda term: maths.tree(term, scope), cites, names.name(scope.cost)))


def _cites(reason: Reason, layer: Layer, scope: Scope, numbers: Numbers) -> tuple[Runs, ...]:
    known = sorted(reason.cites, key=lambda r: numbers.of.get(r, numbers.last))
    return tuple(_cited(r, layer, scope, numbers) for r in known)


def _cited(reference: Reference, layer: Layer, scope: Scope, numbers: Numbers) -> Runs:
    """(3) where the line is on the page, else what it is about."""
    number = numbers.of.get(reference)
    if number is not None:
        return (f"({number})",)
    tensor = layer.tensors.get(reference.name)
    if reference.kind == "derivation" and tensor is not None:
        return (Derivative(names.name(scope.cost), (names.name(tensor.name, tensor.rank),)),)
    return (reference.name,)
