"""The functions of NumPy and torch that are read, one entry each: what it is called, what it means.

A verb takes the machine and the arguments as the source gives them; names of options are NumPy's, torch's `dim` and
`keepdim` are translated before. Verbs whose result shares memory with their first argument are in VIEWS.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from symbackprop.language.errors import Unfit
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
    reciprocal_,
    relation_,
    smaller,
    where_,
)
from symbackprop.language.numpy_source.machine import Machine
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
from symbackprop.language.numpy_source.numbers import any_of, arithmetic, compared, divide, negated
from symbackprop.language.numpy_source.objects import Arr, Kind, Message
from symbackprop.language.numpy_source.reducing import (
    argmax_,
    argmin_,
    dot_,
    einsum_,
    inner_,
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
    unravel_index_,
    var_,
)
from symbackprop.language.numpy_source.shaping import (
    broadcast_to_,
    choose_,
    column_stack_,
    concatenate_,
    cumsum_,
    expand_dims_,
    flip_,
    hstack_,
    moveaxis_,
    pad_,
    ravel_,
    repeat_,
    reshape_,
    split_,
    squeeze_,
    stack_,
    swapaxes_,
    tile_,
    torch_t_,
    transpose_,
    vstack_,
)
from symbackprop.language.powers import function, power, primitive

Verb = Callable[..., Any]


_ROOT = map_(lambda e: power(e, sp.S.Half))


def _sqrt(m: Machine, x: Any, *, dtype: Any = None) -> Nd:
    """√x; of a number as floating arithmetic has it too."""
    nd = numeric(m, x)
    return arithmetic(ast.Pow(), nd, constant(sp.S.Half, "float")) if nd.uniform and not nd.axes else _ROOT(m, nd)


def _einsum(m: Machine, subscripts: Any, *operands: Any, **options: Any) -> Any:
    """A sum of products; of one array and without a sum, another view of it."""
    made = einsum_(m, subscripts, *operands, **options)
    left, arrow, right = str(subscripts).replace(" ", "").partition("->")
    if len(operands) != 1 or not isinstance(operands[0], Arr):
        return made
    sums = any(c not in right for c in left) if arrow else len(set(left)) < len(left)
    return made if sums else m.new(made, operands[0])


def _prod(m: Machine, a: Any, axis_: Any = None, keepdims: bool = False, dtype: Any = None) -> Nd:
    """Π x over the axes."""
    if isinstance(a, Arr) and a.value.kind == "int":
        raise Unfit("products of arrays of whole numbers aren't read", "float numbers are; so is the product of a shape")
    return prod_(m, a, axis_, keepdims, dtype)


_EXP, _LOG = named_("exp"), named_("log")
NUMPY: dict[str, Verb] = {
    # one number at a time
    "exp": _EXP,
    "log": _LOG,
    "sqrt": _sqrt,
    "square": map_(lambda e: power(e, sp.Integer(2)), kind="same"),
    "rsqrt": map_(lambda e: power(e, sp.Rational(-1, 2))),
    "reciprocal": reciprocal_,
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
    "sign": map_(lambda e: sp.sign(e) if e.is_Rational else function("sign", e), kind="same"),
    "abs": abs_,
    "absolute": abs_,
    "fabs": abs_,
    "sigmoid": named_("sigmoid"),
    "expit": named_("sigmoid"),
    "relu": named_("relu"),
    "softplus": named_("softplus"),
    "silu": named_("silu"),
    "logsigmoid": named_("log_sigmoid"),
    "negative": map_(lambda e: -e, kind="same"),
    "logical_not": lambda m, x: negated(numeric(m, x)),
    "heaviside": map_(lambda x, y: Where(compare_zero(">", x), sp.S.One, Where(compare_zero("==", x), y, sp.S.Zero)), 2),
    # two arrays, broadcast
    "add": operator_(ast.Add()),
    "subtract": operator_(ast.Sub()),
    "sub": operator_(ast.Sub()),
    "multiply": operator_(ast.Mult()),
    "mul": operator_(ast.Mult()),
    "divide": operator_(ast.Div()),
    "true_divide": lambda m, x, y: arithmetic(ast.Div(), numeric(m, x), numeric(m, y)),
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
    "prod": _prod,
    "mean": mean_,
    "average": mean_,
    "var": var_,
    "std": std_,
    "max": max_,
    "amax": max_,
    "min": min_,
    "amin": min_,
    "argmax": argmax_,
    "argmin": argmin_,
    "unravel_index": unravel_index_,
    "nonzero": where_,
    "flatnonzero": lambda m, x: where_(m, ravel_(m, x)),
    "addmm": lambda m, c, a, b: operator_(ast.Add())(m, c, matmul_(m, a, b)),
    "repeat": repeat_,
    "tile": tile_,
    "hsplit": lambda m, a, count: split_(m, a, count, 0 if numeric(m, a).rank == 1 else 1),
    "vsplit": lambda m, a, count: split_(m, a, count, 0),
    "column_stack": column_stack_,
    "as_tensor": array_,
    "from_numpy": array_,
    "asfarray": array_,
    "flip": flip_,
    "cumsum": cumsum_,
    "asscalar": lambda m, x: reshape_(m, x, ()),
    "isscalar": lambda m, x: isinstance(x, (bool, str, Message)) or (isinstance(x, Nd) and not x.axes and not x.boxed),
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
    "inner": inner_,
    "outer": outer_,
    "ger": outer_,
    "einsum": _einsum,
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
    "array_split": split_,
    "choose": choose_,
    "shape": lambda m, a: tuple(map(constant, numeric(m, a).shape)),
    "pad": pad_,
    # making
    "zeros": filled_(0),
    "ones": filled_(1),
    "zeros_like": filled_like_(0),
    "ones_like": filled_like_(1),
    "full": full_,
    "full_like": full_like_,
    "eye": eye_,
    "identity": lambda m, n, dtype=None: eye_(m, n, dtype=dtype),
    "arange": arange_,
    "array": array_,
    "asarray": array_,
    "tensor": array_,
    "ascontiguousarray": array_,
    "copy": copy_,
    "clone": copy_,
    "diag": diag_,
    "diagflat": lambda m, a: diag_(m, ravel_(m, a)),
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
        "flip",
        "expand",
        "expand_as",
        "reshape_as",
        "asarray",
        "asfarray",
        "as_tensor",
        "from_numpy",
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
    "int32": "int32",
    "int": "int",
    "long": "int",
    "int_": "int",
    "bool_": "bool",
    "bool": "bool",
    "bool8": "bool",
}
RENAMED = {"axis": "axis_", "dim": "axis_", "keepdim": "keepdims"}


def compare_zero(relation: str, e: sp.Expr) -> sp.Expr:
    """[e relation 0]"""
    made = compared(relation, constant(e, "float"), constant(0))
    return made.at(()) if isinstance(made, Nd) else sp.Integer(int(made))


FIXED = frozenset(("broadcast_to", "diag"))
"""Views that NumPy doesn't let be changed."""

__all__ = ["FIXED", "KINDS", "NUMPY", "RENAMED", "VIEWS", "described", "numeric", "sizes"]
