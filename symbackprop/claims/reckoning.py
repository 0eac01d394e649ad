"""A chain of equal expressions, and an expression at a batch of a known form, shown as lines that a reader can follow.

    reckoned(batch_norm, "sum[n](xhat[n])", "sum[n](x[n] - mu)/sqrt(var + eps)", "0")
"""

from __future__ import annotations

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.replay import concluded
from symbackprop.claims.setting import assumed
from symbackprop.claims.statements import gradients_in
from symbackprop.language.notation import read_expression
from symbackprop.language.scope import scope_of
from symbackprop.layer import Layer


def reckoned(layer: Layer, first: str, *others: str, assuming: str = "") -> Conclusion:
    """first = e₁ = e₂ = ... = eₖ for all sizes and values at which they are defined, each by normal form.

    Gradients that occur (dw) are derived first. Undecided with the number of the first line that isn't seen to be equal.
    Raises NotationError for what can't be read.
    """
    if not others:
        raise ValueError(f"{first!r} stands alone; a chain has something that it is equal to")
    under = assumed(layer, assuming)
    left, *rights = (read_expression(text, scope_of(under)) for text in (first, *others))
    gradients = tuple(gradients_in(under, left, *rights))
    known = range(len(gradients))
    chain = tuple(line(left, "=", right, "algebra", *known) for right in rights)
    return concluded(f"{first} == {others[-1]}", Proof(under, (*gradients, *chain)))
