"""The functions of NumPy and torch that are read, one entry each: what it is called, what it means.

A verb takes the machine and the arguments as the source gives them; names of options are NumPy's, torch's `dim` and
`keepdim` are translated before. Verbs whose result shares memory with their first argument are in VIEWS.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbackprop.language.nodes import Where
from symbackprop.language.numpy_source.arguments import described, numeric, sizes
from symbackprop.language.numpy_source.elementwise import (
    abs_,
    astype_,
    clip_,
    larger,
    logical_,
    map_,
    named_,
    operator_,
    relation_,
    smaller,
    where_,
)
from symbackprop.language.numpy_source.making import (
    arange_,
    array_,
    copy_,
    diag_,
    empty_,
    empty_like_,
    eye_,
    filled_,
    filled_like_,
    full_,
    full_like_,
    one_hot_,
)
from symbackprop.language.numpy_source.ndarray import Nd, constant
from symbackprop.language.numpy_source.numbers import any_of, compared, divide, negated
from symbackprop.language.numpy_source.objects import Kind
from symbackprop.language.numpy_source.reducing import (
    argmax_,
    dot_,
    einsum_,
    log_softmax_,
    logsumexp_,
    matmul_,
    max_,
    mean_,
    min_,
    norm_,
    outer_,
    prod_,
    softmax_,
    std_,
    sum_,
    tensordot_,
    var_,
)
from symbackprop.language.numpy_source.shaping import (
    broadcast_to_,
    concatenate_,
    expand_dims_,
    hstack_,
    moveaxis_,
    pad_,
    ravel_,
    reshape_,
    split_,
    squeeze_,
    stack_,
    swapaxes_,
    torch_t_,
    transpose_,
    vstack_,
)
from symbackprop.language.powers import power, primitive

Verb = Callable[..., Any]

_EXP, _LOG = named_("exp"), named_("log")
NUMPY: dict[str, Verb] = {
    # one number at a time
    "exp": _EXP,
    "log": _LOG,
    "sqrt": map_(lambda e: power(e, sp.S.Half)),
    "square": map_(lambda e: power(e, sp.Integer(2))),
    "rsqrt": map_(lambda e: power(e, sp.Rational(-1, 2))),
    "reciprocal": map_(lambda e: power(e, sp.S.NegativeOne)),
    "log1p": map_(lambda e: primitive("log", 1 + e)),
    "expm1": map_(lambda e: primitive("exp", e) - 1),
    "log2": map_(lambda e: divide(primitive("log", e), sp.log(2))),
    "log10": map_(lambda e: divide(primitive("log", e), sp.log(10))),
    "tanh": named_("tanh"),
    "sinh": named_("sinh"),
    "cosh": named_("cosh"),
    "sin": named_("sin"),
    "cos": named_("cos"),
    "tan": named_("tan"),
    "arctan": named_("atan"),
    "erf": named_("erf"),
    "sign": named_("sign"),
    "abs": abs_,
    "absolute": abs_,
    "fabs": abs_,
    "sigmoid": named_("sigmoid"),
    "expit": named_("sigmoid"),
    "relu": named_("relu"),
    "softplus": named_("softplus"),
    "silu": named_("silu"),
    "logsigmoid": named_("log_sigmoid"),
    "negative": map_(lambda e: -e),
    "logical_not": lambda m, x: negated(numeric(m, x)),
    "heaviside": map_(lambda x, y: Where(compare_zero(">", x), sp.S.One, Where(compare_zero("==", x), y, sp.S.Zero)), 2),
    # two arrays, broadcast
    "add": operator_(ast.Add()),
    "subtract": operator_(ast.Sub()),
    "sub": operator_(ast.Sub()),
    "multiply": operator_(ast.Mult()),
    "mul": operator_(ast.Mult()),
    "divide": operator_(ast.Div()),
    "true_divide": operator_(ast.Div()),
    "div": operator_(ast.Div()),
    "power": operator_(ast.Pow()),
    "pow": operator_(ast.Pow()),
    "maximum": map_(larger, 2, "same"),
    "minimum": map_(smaller, 2, "same"),
    "fmax": map_(larger, 2, "same"),
    "fmin": map_(smaller, 2, "same"),
    "logaddexp": map_(lambda a, b: primitive("log", primitive("exp", a) + primitive("exp", b)), 2),
    "greater": relation_(">"),
    "greater_equal": relation_(">="),
    "less": relation_("<"),
    "less_equal": relation_("<="),
    "equal": relation_("=="),
    "not_equal": relation_("!="),
    "logical_and": logical_(lambda p, q: p * q),
    "logical_or": logical_(any_of),
    "where": where_,
    "clip": clip_,
    "clamp": clip_,
    # reductions
    "sum": sum_,
    "prod": prod_,
    "mean": mean_,
    "average": mean_,
    "var": var_,
    "std": std_,
    "max": max_,
    "amax": max_,
    "min": min_,
    "amin": min_,
    "argmax": argmax_,
    "linalg.norm": norm_,
    "norm": norm_,
    "softmax": softmax_,
    "log_softmax": log_softmax_,
    "logsumexp": logsumexp_,
    # products
    "dot": dot_,
    "matmul": matmul_,
    "mm": matmul_,
    "bmm": matmul_,
    "mv": matmul_,
    "inner": lambda m, a, b: dot_(m, a, b) if numeric(m, b).rank < 2 else dot_(m, a, transpose_(m, b)),
    "outer": outer_,
    "ger": outer_,
    "einsum": einsum_,
    "tensordot": tensordot_,
    # shapes
    "transpose": transpose_,
    "permute": transpose_,
    "reshape": reshape_,
    "view": reshape_,
    "ravel": ravel_,
    "flatten": ravel_,
    "squeeze": squeeze_,
    "expand_dims": expand_dims_,
    "unsqueeze": expand_dims_,
    "swapaxes": swapaxes_,
    "moveaxis": moveaxis_,
    "t": torch_t_,
    "broadcast_to": broadcast_to_,
    "concatenate": concatenate_,
    "concat": concatenate_,
    "cat": concatenate_,
    "stack": stack_,
    "hstack": hstack_,
    "vstack": vstack_,
    "row_stack": vstack_,
    "split": split_,
    "pad": pad_,
    # making
    "zeros": filled_(0),
    "ones": filled_(1),
    "zeros_like": filled_like_(0),
    "ones_like": filled_like_(1),
    "full": full_,
    "full_like": full_like_,
    "eye": eye_,
    "identity": eye_,
    "arange": arange_,
    "array": array_,
    "asarray": array_,
    "tensor": array_,
    "ascontiguousarray": array_,
    "copy": copy_,
    "clone": copy_,
    "diag": diag_,
    "diagflat": diag_,
    "one_hot": one_hot_,
    "astype": astype_,
    "type": astype_,
    "to": astype_,
    "float64": lambda m, x: astype_(m, x),
    "float32": lambda m, x: astype_(m, x),
    "float": lambda m, x: astype_(m, x),
    "double": lambda m, x: astype_(m, x),
    "long": lambda m, x: astype_(m, x, Kind("int")),
    "int": lambda m, x: astype_(m, x, Kind("int")),
    "detach": copy_,
    "contiguous": copy_,
    "cpu": copy_,
    "numpy": copy_,
    "empty": empty_,
    "empty_like": empty_like_,
}
"""By name; methods of arrays are the same verbs."""

VIEWS = frozenset(
    (
        "transpose",
        "permute",
        "reshape",
        "view",
        "ravel",
        "squeeze",
        "expand_dims",
        "unsqueeze",
        "swapaxes",
        "moveaxis",
        "t",
        "broadcast_to",
        "asarray",
        "ascontiguousarray",
        "detach",
        "contiguous",
        "cpu",
        "numpy",
        "to",
        "float",
        "double",
        "type",
        "diag",
    )
)
"""What may share memory with its first argument."""

KINDS = {
    "float64": "float64",
    "float32": "float32",
    "float16": "float32",
    "double": "float64",
    "float_": "float64",
    "float": "float64",
    "int64": "int",
    "int32": "int",
    "int": "int",
    "long": "int",
    "int_": "int",
    "uint8": "int",
    "bool_": "bool",
    "bool": "bool",
    "bool8": "bool",
}
RENAMED = {"axis": "axis_", "dim": "axis_", "keepdim": "keepdims"}


def compare_zero(relation: str, e: sp.Expr) -> sp.Expr:
    """[e relation 0]"""
    made = compared(relation, constant(e, "float"), constant(0))
    return made.at(()) if isinstance(made, Nd) else sp.Integer(int(made))


__all__ = ["KINDS", "NUMPY", "RENAMED", "VIEWS", "described", "numeric", "sizes"]
