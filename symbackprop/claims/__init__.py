"""Claims: what is said of layers and functions, decided by proof, by the smallest case, or by measuring; no table of answers anywhere.

    sb.claims.sign_coupled(neuron, "w", assuming="x > 0")      a Conclusion: its verdict, proof or witness
    sb.claims.sign_patterns(neuron, "w"); sb.claims.admissible(neuron, "w", (1, -1), assuming="x > 0"); alternating()
    sb.claims.holds(layer, "sum[n](xhat[n]) == 0"); sb.claims.example(layer, "dw[0] < 0")
    sb.claims.invariant(batch_norm, {"x": "a*x[n] + c"}, assuming="a > 0"); sb.claims.orthogonal(layer, "w")
    sb.claims.bound(layer, "xhat"); sb.claims.both_signs(...); sb.claims.some_positive(...); zero_goes_below(...)
    sb.claims.reckoned(layer, "sum[n](xhat[n])", "sum[n](x[n] - mu)/sqrt(var + eps)", "0")
    sb.claims.range_of("silu"); limit, monotone, odd, continuous, differentiable, smoothness, lipschitz, subdifferential
    sb.claims.chain("sigmoid"); slopes, vanishing, exploding, active_path, zero_or_one, descent, expectation, mean_slope, almost_never_zero
    sb.claims.properties("elu"); sb.claims.table()

conclusion.py   the nouns: Proof, Conclusion
rules.py, curve_rules.py, depth_rules.py    the rules of proof, each with its checked side conditions
replay.py       is a proof one? step by step, then at points
coupling.py, patterns.py, directions.py    signs of gradients: which are forced, how many patterns, which steps
domains.py      where a function has a value
charts.py, ranges.py, limits.py, quadrature.py    functions of one variable, decided exactly or in balls
experiments.py  what is measured

claim.py     what documents claim: Claim, its evidence, Finding
signs.py     case distinctions decided by the declared signs
rational.py  signs, bounds, zeros and limits of rational functions of eˣ, exactly
decide.py    evidence -> Finding
"""

from __future__ import annotations

from symbackprop.claims.analysis import limit, monotone, odd, range_of
from symbackprop.claims.bounds import all_inactive, between, both_signs, bound, some_positive, standardised
from symbackprop.claims.conclusion import Conclusion, Proof
from symbackprop.claims.coupling import sign_coupled
from symbackprop.claims.curves import curve
from symbackprop.claims.depth import active_path, chain, descent, exploding, slopes, vanishing, zero_or_one
from symbackprop.claims.directions import admissible, alternating
from symbackprop.claims.expectation import expectation, mean_slope
from symbackprop.claims.invariance import invariant, orthogonal
from symbackprop.claims.lipschitz import lipschitz
from symbackprop.claims.normalising import zero_goes_below
from symbackprop.claims.patterns import sign_patterns
from symbackprop.claims.properties import activations, properties, table
from symbackprop.claims.reckoning import reckoned
from symbackprop.claims.replay import altered, crosscheck, replay
from symbackprop.claims.smoothness import continuous, differentiable, slope_at, smoothness, subdifferential
from symbackprop.claims.statements import example, holds
from symbackprop.claims.zero_sets import almost_never_zero

__all__ = [
    "Conclusion",
    "Proof",
    "activations",
    "active_path",
    "admissible",
    "all_inactive",
    "almost_never_zero",
    "altered",
    "alternating",
    "between",
    "both_signs",
    "bound",
    "chain",
    "continuous",
    "crosscheck",
    "curve",
    "descent",
    "differentiable",
    "example",
    "expectation",
    "exploding",
    "holds",
    "invariant",
    "limit",
    "lipschitz",
    "mean_slope",
    "monotone",
    "odd",
    "orthogonal",
    "properties",
    "range_of",
    "reckoned",
    "replay",
    "sign_coupled",
    "sign_patterns",
    "slope_at",
    "slopes",
    "smoothness",
    "some_positive",
    "standardised",
    "subdifferential",
    "table",
    "vanishing",
    "zero_goes_below",
    "zero_or_one",
]
