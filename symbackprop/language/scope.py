"""What names mean while a text is read: tensors, sizes, and what is reserved; and good new names for indices."""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import sympy as sp

from symbackprop.language.functions import PRIMITIVES, TABLE
from symbackprop.language.substitution import fresh
from symbackprop.language.tensors import Dim, Index, Tensor

if TYPE_CHECKING:
    from symbackprop.layer import Layer

BINDERS = ("sum", "prod", "max", "min", "mean")
MATRIX_BINDERS = ("inv", "logdet", "det")
ALIASES = {
    "logistic": "sigmoid",
    "expit": "sigmoid",
    "swish": "silu",
    "logsigmoid": "log_sigmoid",
    "heaviside": "step",
    "absolute": "abs",
    "relu_6": "relu6",
}
SHORTHANDS = ("sqrt", "square", "log1p", "expm1")
ARRAY_FUNCTIONS = (
    "sum",
    "prod",
    "max",
    "min",
    "mean",
    "var",
    "std",
    "norm",
    "softmax",
    "log_softmax",
    "logsumexp",
    "inv",
    "logdet",
    "det",
    "trace",
    "outer",
    "dot",
    "matmul",
    "diag",
    "transpose",
    "ones",
    "zeros",
    "eye",
    "onehot",
    "arange",
    "where",
    "argmax",
)
FUNCTIONS = frozenset((*TABLE, *PRIMITIVES, *ALIASES, *SHORTHANDS, *ARRAY_FUNCTIONS, "delta", "invertible"))
MAY_BE_TENSORS = frozenset({"delta", "var", "std", "mean", "norm"})  # the call is the function, the name is the tensor
SYMBOLS = {"pi": sp.pi, "step0": sp.Symbol("step0", real=True), "sign0": sp.Symbol("sign0", real=True)}
KEYWORDS = frozenset(keyword.kwlist)
HINTS = {
    "sigma": "the logistic function is sigmoid(x)",
    "ln": "the natural logarithm is log(x)",
    "e": "e to the x is exp(x)",
    "lambda": "write lam",
    "np": "write exp(x) for np.exp(x)",
    "torch": "write exp(x) for torch.exp(x)",
    "loge": "the natural logarithm is log(x)",
    "log2": "log2(x) is log(x)/log(2)",
    "log10": "log10(x) is log(x)/log(10)",
    "power": "a power is written x**2",
    "pow": "a power is written x**2",
    "avg": "write mean(x)",
    "Sum": "write sum[n](...)",
    "tr": "write trace(A)",
    "inverse": "write inv(A)",
    "I": "the unit matrix is eye(N)",
    "reshape": "state the component instead: y[n,i,j] = ...",
}


@dataclass(frozen=True, eq=False)
class Scope:
    """The tensors and the sizes that a text may name."""

    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, Dim]

    def with_tensors(self, more: Iterable[Tensor]) -> Scope:
        """The scope with further tensors, and the sizes they bring."""
        added = tuple(more)
        return Scope({**self.tensors, **{t.name: t for t in added}}, {**self.sizes, **sizes_of(added)})


def sizes_of(tensors: Iterable[Tensor]) -> dict[str, Dim]:
    """Every symbolic size of the tensors' axes and ranges, by name."""
    extents = dict.fromkeys(size for t in tensors for size in (*t.sizes, t.below) if size is not None)
    dims = (d for size in extents for d in ([size] if isinstance(size, Dim) else sorted(size.free_symbols, key=str)))
    return {d.name: d for d in dims if isinstance(d, Dim)}


def scope(tensors: Iterable[Tensor]) -> Scope:
    """The scope of tensors and of their sizes."""
    named = {t.name: t for t in tensors}
    return Scope(named, sizes_of(named.values()))


@lru_cache(maxsize=16)
def scope_of(layer: Layer) -> Scope:
    """A layer's variables v, and the adjoint dv of each."""
    variables = layer.tensors
    adjoints = {a.name: a for a in (t.adjoint() for t in variables.values())}
    return Scope({**adjoints, **variables}, sizes_of(variables.values()))


def index_name(size: sp.Expr) -> str:
    """The letter that an index over this size likes: n for N, d for D; i for a number."""
    names = sorted(s.name for s in size.free_symbols)
    return names[0][0].lower() if names else "i"


def new_index(size: sp.Expr, reserved: Collection[str], taken: Collection[str]) -> Index:
    """An index over the size under a short name that is neither reserved for a tensor nor taken."""
    name = index_name(size)
    if name not in reserved and name not in taken:
        return Index(name, size)
    return fresh(Index(name, size), {*reserved, *taken})


def new_indices(sizes: Iterable[sp.Expr], reserved: Collection[str], taken: Iterable[str] = ()) -> tuple[Index, ...]:
    """Indices with distinct names over each of the sizes."""
    names, made = list(taken), []
    for size in sizes:
        made.append(new_index(size, reserved, names))
        names.append(made[-1].name)
    return tuple(made)
