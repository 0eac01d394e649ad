"""Formulas in LaTeX, read as the mathematics of a layer; nothing is expanded, run or guessed.

    read_latex(r"\\frac{\\partial C}{\\partial W} = x^\\top \\delta", scope_of(linear), names={"\\\\delta": "dz"})
    read_as(equation)                                     read as dW[d,h] = sum[n](x[n,d]*dz[n,h])

What the notation means:

- Σ takes the product behind it, up to the next + or − or relation outside brackets. Its range is a whole axis.
- What stands side by side is multiplied: matrices as matrices where their inner sizes agree, else, where all have one shape, elementwise;
  ⊙, ∘ and * are elementwise and bind less tightly. Vectors are columns, xᵀ is a row.
- W^{(k)} and W_k are names where the layer has such tensors. x^T, x^⊤ and x′ transpose, f′ is a derivative.
- δ_{ij} is Kronecker's unless delta is a tensor; σ is the logistic function unless sigma is one. softmax of a matrix goes along its rows.
- The derivative of the cost by v is the tensor dv; any other derivative is a local one.
- What can be read in two ways is refused as `Ambiguous`, with both readings and what would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.language.equation_reader import DerivativeEquation
from symbackprop.language.equations import Equation
from symbackprop.language.errors import NotationError
from symbackprop.language.latex.lexer import tokens
from symbackprop.language.latex.lines import chains
from symbackprop.language.latex.reading import Book, names_of
from symbackprop.language.latex.refusals import Ambiguous, LatexError, Misfit
from symbackprop.language.latex.vocabulary import Vocabulary
from symbackprop.language.scope import Scope
from symbackprop.language.tensors import Tensor
from symbackprop.language.writing import write, write_equation

__all__ = ["Ambiguous", "LatexError", "Misfit", "read_as", "read_latex", "read_steps"]

LAYOUTS = ("denominator", "numerator")


def read_latex(
    text: str,
    scope: Scope,
    target: Tensor | None = None,
    *,
    names: Mapping[str, str] | None = None,
    base: int = 0,
    einstein: bool = False,
    layout: str = "denominator",
) -> list[Equation | DerivativeEquation]:
    """The statements of a text, in order; every step of a chain of = is one, with the chain's left side.

    A formula without a left side is for the `target`. `names` maps the writer's names to those of the scope, `base` is what
    indices count from, 0 or 1. A left side that nothing declares defines a helper.
    Raises NotationError (LatexError, Ambiguous; Misfit for shapes).
    """
    steps = read_steps(text, scope, target, names=names, base=base, einstein=einstein, layout=layout)
    for step in steps:
        if isinstance(step, NotationError):
            raise step
    return [step for step in steps if not isinstance(step, NotationError)]


def read_steps(
    text: str,
    scope: Scope,
    target: Tensor | None = None,
    *,
    names: Mapping[str, str] | None = None,
    base: int = 0,
    einstein: bool = False,
    layout: str = "denominator",
) -> list[Equation | DerivativeEquation | NotationError]:
    """The same, with what is wrong in the place of each step that can't be read, so that the others are.

    Raises NotationError where the text as a whole can't be read: a lexical error, or a left side that names nothing.
    """
    book = book_of(text, scope, target, names=names, base=base, einstein=einstein, layout=layout)
    try:
        found = chains(text, book.words.translated(tokens(text), text))
        if not found:
            raise NotationError("there is nothing to read", text)
        return [said.read for chain in found for said in book.read(chain)]
    except RecursionError:
        raise NotationError("this is nested too deeply", text, hint="state it in several formulas") from None


def book_of(
    text: str,
    scope: Scope,
    target: Tensor | None = None,
    *,
    names: Mapping[str, str] | None = None,
    base: int = 0,
    einstein: bool = False,
    layout: str = "denominator",
) -> Book:
    """What is known before anything of the text is read. Raises ValueError for a base, a layout or a name that is none."""
    if base not in (0, 1) or layout not in LAYOUTS:
        raise ValueError(f"base is 0 or 1, layout one of {', '.join(LAYOUTS)}; they are {base!r} and {layout!r}")
    words = Vocabulary(dict(scope.tensors), scope.sizes, names_of(names or {}))
    return Book(text, words, target, base, einstein, layout == "numerator")


def read_as(equation: Equation | DerivativeEquation) -> str:
    """How an equation was read, in plain notation."""
    if isinstance(equation, Equation):
        return f"read as {write_equation(equation, declared=True)}"
    return f"read as {write(equation.left)} = {write(equation.right, equation.free)}"
