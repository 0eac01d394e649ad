"""Lines below the graph of a function with a corner: every slope between those of the two sides is a subgradient.

    supporting("relu", 0)      ReLU(x) ≥ s x for every s from 0 to 1, at 0 with equality

The two outermost lines lie below the graph, by sign charts; a mean of two lines below it lies below it.
"""

from __future__ import annotations

import sympy as sp

from symbackprop.claims.conclusion import Conclusion, Proof, line
from symbackprop.claims.curves import curve
from symbackprop.claims.replay import concluded
from symbackprop.layer import Layer
from symbackprop.verify.verdict import Verdict


def supporting(f: str, at: sp.Rational | int) -> Conclusion:
    """f(x) ≥ f(p) + (t l + s r)(x − p) for all s, t ≥ 0 with s + t = 1, where l and r are the slopes beside the corner p.

    Undecided where p is no corner, or where one of the outermost lines isn't below the graph.
    """
    c, place = curve(f), sp.Rational(at)
    said = f"every slope between those of the two sides belongs to a line below {f} that touches it at {place}"
    k = next((k for k, (joint, _) in enumerate(c.joints) if joint == place), None)
    if k is None:
        return Conclusion(said, Verdict("undecided", f"{f} has no corner at {place}"))
    low, high = c.derivative().sides(k)
    layer = Layer(f, "x, s >= 0, t >= 0 -> y", f"y = {f}(x)", assume="s + t == 1")
    x, s, t = (layer.tensors[n]() for n in ("x", "s", "t"))
    y, start, run = layer.equation("y").right, c.at(place), x - place
    steps = (
        line(y, "≥", start + low * run, "sign on an interval"),
        line(y, "≥", start + high * run, "sign on an interval"),
        line(s + t, "=", sp.S.One, "assumed"),
        line(y, "≥", start + (t * low + s * high) * run, "combination", 0, 1, 2, times=(t, s, y - start)),
    )
    return concluded(said, Proof(layer, steps), found={"low": low, "high": high})
