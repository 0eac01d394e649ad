"""torch.autograd.Function and its like: judged without a call, forward and backward."""

from __future__ import annotations

import pytest

from symbackprop.code_checking import check_code
from symbackprop.layers.shelf import get
from symbackprop.verify.source_calls import parse
from symbackprop.verify.source_functions import calls

LINEAR = """import torch
from torch.autograd import Function

class Lin(Function):
    @staticmethod
    def forward(ctx, x, W, b=None):
        ctx.save_for_backward(x, W)
        ctx.biased = b is not None
        return x @ W + b
    @staticmethod
    def backward(ctx, dout):
        x, W = ctx.saved_tensors
        dx = dW = db = None
        if ctx.needs_input_grad[0]:
            dx = dout @ W.t()
        dW = x.t() @ dout
        if ctx.biased:
            db = dout.sum(0)
        return dx, dW, db
"""
SWISH = """import torch
class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input * torch.sigmoid(input)
    @staticmethod
    def backward(ctx, grad_output):
        input, = ctx.saved_tensors
        s = torch.sigmoid(input)
        return grad_output * (s + input * s * (1 - s))
"""


def statuses(layer: str, source: str, **options: str) -> dict[str, str]:
    return {name: verdict.status for name, verdict in check_code(layer, source, **options).verdicts.items()}  # type: ignore[arg-type]


def test_both_passes_are_judged_without_a_call() -> None:
    assert statuses("linear", LINEAR) == {"z itself": "proved", "x": "proved", "W": "proved", "b": "proved"}


def test_arguments_with_other_names_go_by_their_places() -> None:
    assert statuses("silu", SWISH) == {"y itself": "proved", "x": "proved"}


def test_a_wrong_backward_pass_is_refuted_where_it_returns() -> None:
    wrong = SWISH.replace("(1 - s)", "s")
    verdict = check_code("silu", wrong).verdicts["x"]
    assert verdict.status == "refuted"
    assert verdict.where == f"line {1 + wrong.splitlines().index('        return grad_output * (s + input * s * s)')}"


def test_a_call_may_name_the_context() -> None:
    call = "z = Lin.forward(ctx, x, W, b); dx, dW, db = Lin.backward(ctx, dout)"
    assert set(statuses("linear", LINEAR, call=call).values()) == {"proved"}


def test_what_was_not_saved_is_not_there() -> None:
    forgotten = SWISH.replace("ctx.save_for_backward(input)", "pass")
    assert statuses("silu", forgotten)["x"] == "undecided"


def test_the_one_called_like_the_layer_is_judged() -> None:
    assert statuses("silu", SWISH.replace("Swish", "SiLUFunction") + LINEAR) == {"y itself": "proved", "x": "proved"}
    with pytest.raises(ValueError, match="there are Swish, Lin"):
        check_code("silu", SWISH + LINEAR)


def test_a_function_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Lin takes x, W, b; tanh has x"):
        check_code("tanh", LINEAR)


def test_lines_stand_where_the_passes_return() -> None:
    lines = calls(parse(SWISH)[0], get("silu")).splitlines()
    assert [k + 1 for k, line in enumerate(lines) if line] == [6, 11]
