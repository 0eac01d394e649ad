"""Names as they are shown: gamma is γ, xhat is x̂, W1[i,j] is W⁽¹⁾ with subscripts ij, var is upright."""
from __future__ import annotations

import re

from symbackprop.language.tensors import Tensor
from symbackprop.render.tree import Accent, Adjoint, Derivative, Indexed, Labelled, Letter, Node, Row, Word, Words

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "upsilon": "υ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}
LETTERS: dict[str, Letter] = {
    **{name: Letter(shown, "\\" + name) for name, shown in _GREEK.items()},
    "lam": Letter("λ", r"\lambda"),
    "eps": Letter("ε", r"\varepsilon"), "epsilon": Letter("ε", r"\varepsilon"), "phi": Letter("φ", r"\varphi"),
}
_ACCENTED = re.compile(r"([A-Za-z]+?)_?(hat|bar|tilde|dot)")
_LABELLED = re.compile(r"([A-Za-z]+?)(?:_([A-Za-z0-9]{1,3})|(\d+))")
OPEN_STEP = Labelled(Letter("s", "s"), "0", raised=False)


def name(text: str, rank: int = 0) -> Node:
    """The name of something with that many subscripts; a label of it stands above where subscripts stand below."""
    if not re.fullmatch(r"\w+", text, re.ASCII):
        return Words(text)
    if text == "step0":
        return OPEN_STEP
    if text == "delta" and rank == 2:  # δ_ij is Kronecker's
        return Word(text)
    return _letter(text) or _accented(text) or _labelled(text, rank) or Word(text)


def _letter(text: str) -> Letter | None:
    return Letter(text, text) if len(text) == 1 and text.isalpha() else LETTERS.get(text)


def _accented(text: str) -> Accent | None:
    found = _ACCENTED.fullmatch(text)
    base = _letter(found[1]) if found else None
    return Accent(found[2], base) if found and base else None


def _labelled(text: str, rank: int) -> Labelled | None:
    found = _LABELLED.fullmatch(text)
    base = (_letter(found[1]) or _accented(found[1]) or (Word(found[1]) if found[2] else None)) if found else None
    return Labelled(base, found[2] or found[3], raised=rank > 0) if found and base else None


def component(tensor: Tensor, places: tuple[Node, ...], cost: Node) -> Node:
    """x[n,d], or the gradient ∂C/∂x[n,d] with its short name where the tensor is one."""
    if not tensor.adjoint_of:
        return indexed(name(tensor.name, tensor.rank), places)
    variable = indexed(name(tensor.adjoint_of, tensor.rank), places)
    return Adjoint(indexed(_short(tensor), places), Derivative(cost, (variable,)))


def _short(tensor: Tensor) -> Node:
    if tensor.name != "d" + tensor.adjoint_of:
        return name(tensor.name, tensor.rank)
    variable = name(tensor.adjoint_of, tensor.rank)
    return Row((Letter("d", "d"), variable))


def indexed(base: Node, places: tuple[Node, ...]) -> Node:
    """The base with subscripts, where there are any."""
    return Indexed(base, places) if places else base
