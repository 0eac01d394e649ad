"""The corpus of backward passes: its cases, what is read of them, what is proved, and what they compute when run."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sympy as sp

from symbackprop.algebra.recognition import proof
from symbackprop.backprop import derive
from symbackprop.language.domains import FLOAT64, Domain
from symbackprop.language.evaluate import adjoint_equations
from symbackprop.language.numpy_source import Program, Read, read_source
from symbackprop.language.sizes import same_size
from symbackprop.language.substitution import substitute
from symbackprop.layer import Layer
from symbackprop.layers.shelf import named

FOLDER = Path(__file__).parent / "numpy_corpus"
LAYERS = {
    "lstm gates": Layer(
        "lstm gates",
        "x[N,D], h0[N,H], c0[N,H], Wx[D,4*H], Wh[H,4*H], b[4*H] -> h1[N,H], c1[N,H]",
        """
        a[n,k] = sum[d](x[n,d]*Wx[d,k]) + sum[m](h0[n,m]*Wh[m,k]) + b[k]
        ig[n,j in H] = sigmoid(a[n,j+0])
        fg[n,j in H] = sigmoid(a[n,j+H])
        og[n,j in H] = sigmoid(a[n,j+2*H])
        gg[n,j in H] = tanh(a[n,j+3*H])
        c1[n,j] = fg[n,j]*c0[n,j] + ig[n,j]*gg[n,j]
        h1[n,j] = og[n,j]*tanh(c1[n,j])
        """,
    ),
    "svm": Layer(
        "svm",
        "X[N,D], W[D,K], reg, t[N] in K -> C",
        """
        s[n,k] = sum[d](X[n,d]*W[d,k])
        m[n,k] = 1 + s[n,k] - s[n,t[n]]
        C = sum[n,k]((1 - delta(k, t[n]))*relu(m[n,k]))/N + reg*sum[d,k](W[d,k]**2)
        """,
    ),
    "softmax regression": Layer(
        "softmax regression",
        "X[N,D], W[D,K], reg, t[N] in K -> C",
        """
        z[n,k] = sum[d](X[n,d]*W[d,k])
        p[n,k] = exp(z[n,k])/sum[j](exp(z[n,j]))
        C = -sum[n](log(p[n,t[n]]))/N + reg*sum[d,k](W[d,k]**2)
        """,
    ),
    "spatial batch norm": Layer(
        "spatial batch norm",
        "x[N,C,L,M], gamma[C], beta[C], eps > 0 -> y[N,C,L,M]",
        """
        mu[c] = sum[n,l,m](x[n,c,l,m])/(N*L*M)
        var[c] = sum[n,l,m]((x[n,c,l,m] - mu[c])**2)/(N*L*M)
        xhat[n,c,l,m] = (x[n,c,l,m] - mu[c])/sqrt(var[c] + eps)
        y[n,c,l,m] = gamma[c]*xhat[n,c,l,m] + beta[c]
        """,
    ),
    "temporal affine": Layer("temporal affine", "x[N,T,D], W[D,M], b[M] -> y[N,T,M]", "y[n,t,m] = sum[d](x[n,t,d]*W[d,m]) + b[m]"),
    "linear relu": Layer(
        "linear relu", "x[N,D], W[D,H], b[H] -> y[N,H]", "z[n,h] = sum[d](x[n,d]*W[d,h]) + b[h]; y[n,h] = relu(z[n,h])"
    ),
    "inverted dropout": Layer("inverted dropout", "x[N,D], mask[N,D] in {0, 1}, p > 0 -> y[N,D]", "y[n,d] = mask[n,d]*x[n,d]/p"),
    "two layer": Layer(
        "two layer",
        "X[N,D], W1[D,H], b1[H], W2[H,K], b2[K], reg, t[N] in K -> C",
        """
        z1[n,h] = sum[d](X[n,d]*W1[d,h]) + b1[h]
        a1[n,h] = relu(z1[n,h])
        z2[n,k] = sum[h](a1[n,h]*W2[h,k]) + b2[k]
        p[n,k] = exp(z2[n,k])/sum[j](exp(z2[n,j]))
        C = -sum[n](log(p[n,t[n]]))/N + reg/2*(sum[d,h](W1[d,h]**2) + sum[h,k](W2[h,k]**2))
        """,
    ),
    "group norm": Layer(
        "group norm",
        "x[N,2*E,L,M], gamma[1,2*E,1,1], beta[1,2*E,1,1], eps > 0 -> y[N,2*E,L,M]",
        """
        mu[n,g in 2] = sum[e in E,l,m](x[n,g*E+e,l,m])/(E*L*M)
        var[n,g in 2] = sum[e in E,l,m]((x[n,g*E+e,l,m] - mu[n,g])**2)/(E*L*M)
        xhat[n,c,l,m] = sum[g in 2](where(0 <= c - g*E < E, (x[n,c,l,m] - mu[n,g])/sqrt(var[n,g] + eps), 0))
        y[n,c,l,m] = gamma[0,c,0,0]*xhat[n,c,l,m] + beta[0,c,0,0]
        """,
    ),
    "even pool": Layer(
        "even pool", "x[N,C,2*L,2*M] -> y[N,C,L,M]", "y[n,c,l,m] = max[p in 2,q in 2](x[n,c,2*l+p,2*m+q])"
    ),
    "rnn rows": Layer(
        "rnn rows",
        "x[N,T,D], h0[N,H], Wx[D,H], Wh[H,H], b[H] -> h[N,T,H]",
        """
        h[n,-1,j] = h0[n,j]
        a[n,t,j] = sum[d](x[n,t,d]*Wx[d,j]) + sum[k](h[n,t-1,k]*Wh[k,j]) + b[j]
        h[n,t,j] = tanh(a[n,t,j])
        """,
    ),
    "lstm rows": Layer(
        "lstm rows",
        "x[N,T,D], h0[N,H], Wx[D,4*H], Wh[H,4*H], b[4*H] -> h[N,T,H]",
        """
        h[n,-1,j] = h0[n,j]
        a[n,t,k] = sum[d](x[n,t,d]*Wx[d,k]) + sum[m](h[n,t-1,m]*Wh[m,k]) + b[k]
        c[n,t,j in H] = sigmoid(a[n,t,j+H])*c[n,t-1,j] + sigmoid(a[n,t,j+0])*tanh(a[n,t,j+3*H])
        h[n,t,j] = sigmoid(a[n,t,j+2*H])*tanh(c[n,t,j])
        """,
    ),
    "temporal softmax": Layer(
        "temporal softmax",
        "x[N,T,V], y[N,T] in V, mask[N,T] in {0, 1} -> C",
        """
        p[n,t,v] = exp(x[n,t,v])/sum[u](exp(x[n,t,u]))
        C = -sum[n,t](mask[n,t]*log(p[n,t,y[n,t]]))/N
        """,
    ),
    "columns": Layer("columns", "A[D,N], W[H,D], b[H,1] -> Z[H,N]", "Z[h,n] = sum[d](W[h,d]*A[d,n]) + b[h,0]"),
    "columns relu": Layer(
        "columns relu", "A[D,N], W[H,D], b[H,1] -> Y[H,N]", "Z[h,n] = sum[d](W[h,d]*A[d,n]) + b[h,0]; Y[h,n] = relu(Z[h,n])"
    ),
    "logistic": Layer(
        "logistic",
        "X[D,N], Y[1,N] in {0, 1}, w[D,1], b -> C",
        """
        a[n] = sigmoid(sum[d](w[d,0]*X[d,n]) + b)
        C = -sum[n](Y[0,n]*log(a[n]) + (1 - Y[0,n])*log(1 - a[n]))/N
        """,
    ),
    "planar": Layer(
        "planar",
        "X[D,N], Y[1,N] in {0, 1}, W1[H,D], b1[H,1], W2[1,H], b2[1,1] -> C",
        """
        Z1[h,n] = sum[d](W1[h,d]*X[d,n]) + b1[h,0]
        A1[h,n] = tanh(Z1[h,n])
        a[n] = sigmoid(sum[h](W2[0,h]*A1[h,n]) + b2[0,0])
        C = -sum[n](Y[0,n]*log(a[n]) + (1 - Y[0,n])*log(1 - a[n]))/N
        """,
    ),
    "deep columns": Layer(
        "deep columns",
        "X[D,N], Y[1,N] in {0, 1}, W1[H,D], b1[H,1], W2[1,H], b2[1,1] -> C",
        """
        Z1[h,n] = sum[d](W1[h,d]*X[d,n]) + b1[h,0]
        A1[h,n] = relu(Z1[h,n])
        a[n] = sigmoid(sum[h](W2[0,h]*A1[h,n]) + b2[0,0])
        C = -sum[n](Y[0,n]*log(a[n]) + (1 - Y[0,n])*log(1 - a[n]))/N
        """,
    ),
    "regularised columns": Layer(
        "regularised columns",
        "X[D,N], Y[1,N] in {0, 1}, lambd, W1[H,D], b1[H,1], W2[1,H], b2[1,1] -> C",
        """
        Z1[h,n] = sum[d](W1[h,d]*X[d,n]) + b1[h,0]
        A1[h,n] = relu(Z1[h,n])
        a[n] = sigmoid(sum[h](W2[0,h]*A1[h,n]) + b2[0,0])
        C = -sum[n](Y[0,n]*log(a[n]) + (1 - Y[0,n])*log(1 - a[n]))/N + lambd/(2*N)*(sum[h,d](W1[h,d]**2) + sum[h](W2[0,h]**2))
        """,
    ),
    "word embedding": Layer("word embedding", "x[N,T] in V, W[V,D] -> y[N,T,D]", "y[n,t,d] = W[x[n,t], d]"),
}


@dataclass(frozen=True)
class Case:
    """A function of the corpus: the layer it is for, its arguments, what it returns, which results are wrong."""

    module: str
    function: str
    layer: str
    arguments: str
    results: str
    wrong: tuple[str, ...]
    loops: bool

    @property
    def call(self) -> str:
        """The line that calls it."""
        return f"{self.results} = {self.function}({self.arguments})"

    @property
    def names(self) -> list[str]:
        """What it returns."""
        return [n.strip() for n in self.results.split(",")]

    def __str__(self) -> str:
        return f"{self.module}.{self.function}"


def layer_of(case: Case) -> Layer:
    """The layer that a case is for."""
    return LAYERS.get(case.layer) or named(case.layer)


@cache
def module(name: str) -> ModuleType:
    """A file of the corpus, imported as any Python file is."""
    spec = importlib.util.spec_from_file_location(f"numpy_corpus_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def source(name: str) -> str:
    """The text of a file of the corpus."""
    return (FOLDER / f"{name}.py").read_text()


def cases(*names: str) -> Iterator[Case]:
    """The cases of the files, of all where none is named."""
    for name in names or sorted(p.stem for p in FOLDER.glob("*.py")):
        if "import torch" in source(name) and importlib.util.find_spec("torch") is None:
            continue
        for function, layer, arguments, results, wrong in module(name).CASES:
            loops = "for " in _body(source(name), function)
            yield Case(name, function, layer, arguments, results, tuple(wrong.split()), loops)


def _body(text: str, function: str) -> str:
    """The text of a function and of those functions of the file that it calls."""
    parts = {p.split("(")[0]: p for p in text.split("\ndef ")[1:]}
    seen, waiting = [], [function]
    while waiting:
        name = waiting.pop()
        if name in parts and name not in seen:
            seen.append(name)
            waiting += [other for other in parts if f"{other}(" in parts[name]]
    return "".join(parts[n] for n in seen)


@cache
def program(case: Case) -> Program:
    """What is read. Raises Unreadable."""
    return read_source(source(case.module), case.call, layer_of(case))


@cache
def gradients(layer: str) -> Any:
    """The derivations of a layer's gradients."""
    return derive(LAYERS.get(layer) or named(layer))


def verdict(case: Case, name: str) -> str:
    """proved, proved except at kinks, another shape, or not proved, for one gradient of a case."""
    read = program(case).results[name]
    layer = layer_of(case)
    if name[1:] not in layer.tensors or not name.startswith("d"):
        return "no gradient"
    d = gradients(case.layer)[name[1:]]
    sizes = d.variable.sizes
    if len(sizes) != len(read.sizes) or not all(same_size(a, b) for a, b in zip(sizes, read.sizes, strict=True)):
        return "another shape"
    place = dict(zip(read.indices, d.goal.indices, strict=True))
    said = substitute(read.expression, {i: at for i, at in place.items() if i is not None})
    only = {at: sp.S.Zero for i, at in zip(read.indices, d.goal.indices, strict=True) if i is None}  # the place on an axis of size 1
    result = substitute(d.result, only)
    known = [*layer.equations, *adjoint_equations(d, {})]
    for almost in (False, True):
        if proof(said, program(case).needed(read.expression), result, known, layer.assumptions, almost) is not None:
            return "proved except at kinks" if almost else "proved"
    return "not proved"


# ---- running -------------------------------------------------------------------------------------------------------------

SIZES = {"N": 3, "D": 4, "H": 2, "K": 5, "T": 3, "M": 6, "V": 7, "L": 5, "P": 2, "Q": 3, "F": 2, "C": 2, "E": 3}


def arrays(layer: Layer, seed: int, sizes: Mapping[str, int] = SIZES) -> dict[str, Any]:
    """Values for the layer's inputs and given gradients."""
    rng = np.random.default_rng(seed)
    given: dict[str, Any] = {}
    for t in layer.inputs:
        shape = tuple(int(s.subs({d: sizes[d.name] for d in s.free_symbols})) for s in t.sizes)
        if t.is_integer_valued:
            given[t.name] = rng.integers(0, sizes[str(t.below)], shape)
        elif t.values:
            given[t.name] = rng.integers(0, 2, shape).astype(float)
        else:
            drawn = rng.uniform(0.2, 0.8, shape) if t.sign or layer.name == "binary_cross_entropy" else rng.normal(size=shape)
            given[t.name] = drawn if shape else float(drawn)
    if not layer.is_cost:
        for t in layer.outputs:
            shape = tuple(int(s.subs({d: sizes[d.name] for d in s.free_symbols})) for s in t.sizes)
            given[f"d{t.name}"] = rng.normal(size=shape)
    return given


def run(case: Case, given: dict[str, Any]) -> dict[str, Any]:
    """What the function of the corpus computes, called as Python calls it."""
    first = layer_of(case).outputs[0].name
    values = {**given, "dout": given.get(f"d{first}", 1.0)}
    wanted = [
        values[n.strip()].copy() if isinstance(values[n.strip()], np.ndarray) else values[n.strip()] for n in case.arguments.split(",")
    ]
    made = getattr(module(case.module), case.function)(*wanted)
    return dict(zip(case.names, made if isinstance(made, tuple) else (made,), strict=True))


def value(case: Case, read: Read, given: dict[str, Any], domain: Domain = FLOAT64) -> Any:
    """What the expression that was read is at these values."""
    from symbackprop.language.carrying import carry_out
    from symbackprop.language.evaluate import plan_of, scope_of
    from symbackprop.language.ordering import plan
    from symbackprop.language.substitution import tensors
    from symbackprop.language.values import evaluate, laid_out

    layer, helpers = layer_of(case), program(case).needed(read.expression)
    extra = {
        t for e in (read.expression, *(h.right for h in helpers)) for t in tensors(e) if t.name not in layer.tensors and t.name in given
    }
    scope = scope_of(layer, {n: v for n, v in given.items() if n in {t.name for t in (*layer.inputs, *extra)}}, domain=domain, extra=extra)
    with scope.domain.context():
        for group in (*plan_of(layer), *plan(helpers)):
            carry_out(group, scope)
        scope.memo.clear()
        flat = laid_out(evaluate(read.expression, scope), read.free, scope)
    shape = tuple(int(s.subs({d: scope.sizes[d.name] for d in s.free_symbols})) for s in read.sizes)
    return np.asarray(flat).reshape(shape)
