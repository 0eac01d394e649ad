"""The sentences of the reasons and of the preliminaries in English: one a rule; a {gap} takes a formula or a list."""
from __future__ import annotations

LISTING = (", ", " and ")

SENTENCES: dict[str, str] = {
    # preliminaries
    "given upstream": "given: {adjoints}, the upstream gradient.",
    "given upstreams": "given: {adjoints}, the upstream gradients.",
    "given cost": "the cost is {cost}, so the chain starts from {start}.",
    "shorthand": "For every variable {variable}, {short} is short for {full}.",
    "denominator layout": "Layout: each gradient has the shape of its variable.",
    "numerator layout": "Layout: each gradient is the transpose of its variable's shape (numerator layout).",
    "step at 0": "Convention: {step} := {value}.",
    "sign at 0": "Convention: {sign} := {value}.",
    "ties": "Where several places share a maximum, the first one counts.",
    "assuming": "assuming {assumption}.",
    "invertible": "assuming that {matrix} is invertible.",
    "source": "Source: {source}.",
    "layer": "Layer",
    "gradient": "Gradient of {variable}",
    "otherwise": "otherwise",
    "if": "if",
    # reasons
    "upstream": "the given upstream gradient",
    "cost": "the cost's own derivative is 1",
    "chain rule": "chain rule; {variable} reaches {cost} through {consumers}",
    "chain rule alone": "chain rule; {variable} reaches {cost} through {consumers} alone",
    "differentiate": "differentiate {cites}: {identities}",
    "differentiate plain": "differentiate {cites}",
    "contract": "each δ picks one term of its sum",
    "simplify": "simplify",
    "insert": "insert {cites}",
    "refold": "by {cites}, {identities}",
    "refold names": "by {cites}, in terms of {names}",
    "fact": "{facts}",
    "collect": "take out common factors",
    "matrix form": "in matrix form",
    "convention": "with {step} := {value}",
    "no path": "no path leads from {variable} to {cost}",
    "no path plain": "no path leads to the cost",
    "boundary": "outside its range a subscript reads 0",
    "boundary known": "{identities}",
    "seed": "the upstream gradient is one component: δ",
    "definition": "definition {cites}",
    "definition plain": "by definition",
    "numerator": "transpose: numerator layout",
    "words": "{text}",
}
