"""The modules that people's code imports, loaded once for all runs; other modules of the standard library load when asked for."""
# ruff: noqa: F401

from __future__ import annotations

import abc
import cmath
import collections
import contextlib
import copy
import dataclasses
import datetime
import enum
import functools
import itertools
import json
import math
import numbers
import operator
import random
import re
import string
import time
import timeit
import traceback
import typing
import warnings
from typing import Any

import numpy as np
import numpy.fft
import numpy.linalg
import numpy.ma
import numpy.random

# What older NumPys had under another name, with one meaning.
_OLD: dict[str, object] = {
    "float": float, "int": int, "complex": complex, "object": object, "str": str, "bool": bool, "long": int,
    "float_": np.float64, "complex_": np.complex128, "Inf": np.inf, "infty": np.inf, "PINF": np.inf, "NINF": -np.inf,
    "NaN": np.nan, "NAN": np.nan, "product": np.prod, "cumproduct": np.cumprod, "alltrue": np.all, "sometrue": np.any,
    "row_stack": np.vstack, "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype=dtype), "asscalar": lambda a: a.item(),
}  # fmt: skip
for _name, _value in _OLD.items():
    if _name not in vars(np):
        setattr(np, _name, _value)


def _reshape(a: Any, /, shape: Any = None, order: Any = "C", *, newshape: Any = None, **more: Any) -> Any:
    """np.reshape, whose `shape` was called `newshape` until NumPy 2.1."""
    return _plain_reshape(a, newshape if shape is None else shape, order=order, **more)


_plain_reshape = np.reshape
setattr(np, "reshape", _reshape)  # noqa: B010
