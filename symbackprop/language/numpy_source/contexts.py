"""Contexts: what carries from the forward to the backward pass of a torch.autograd.Function what is kept.

    ctx.save_for_backward(x, W)  ...  x, W = ctx.saved_tensors
"""

from __future__ import annotations

import ast

from symbackprop.language.numpy_source import modules
from symbackprop.language.numpy_source.machine import Machine
from symbackprop.language.numpy_source.objects import Class, Frame, Instance

NAME = "ctx"
"""The context's name in the lines that call the code."""
BASES = ("Function", "autograd.Function", "torch.autograd.Function")

_CLASS = """
class Context:
    needs_input_grad = (True, True, True, True, True, True, True, True, True, True, True, True)
    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors
    def mark_non_differentiable(self, *tensors):
        return None
    def set_materialize_grads(self, value):
        return None
"""


def is_function(node: ast.ClassDef) -> bool:
    """Whether a class is a torch.autograd.Function by what it says it comes from."""
    return any(ast.unparse(b) in BASES for b in node.bases)


def has_functions(tree: ast.Module) -> bool:
    """Whether a source defines such a class, so that its calls know a context."""
    return any(isinstance(node, ast.ClassDef) and is_function(node) for node in tree.body)


def context(m: Machine) -> Instance:
    """A context that keeps nothing yet."""
    (node,) = ast.parse(_CLASS).body
    assert isinstance(node, ast.ClassDef)
    names: dict[str, object] = {}
    modules.class_(m, Frame(names, ()), node)
    made = names[node.name]
    assert isinstance(made, Class)
    return Instance(made)
