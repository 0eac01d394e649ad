"""Showing expressions, equations, layers and derivations: one file a format.

    expression -> presentation tree      maths.py (with names.py, order.py; arrays.py for array notation)
    layer, derivation -> sheet           sheet.py: numbered lines with their reasons, references resolved
    tree, sheet -> characters            text.py, latex.py, html.py (mathml.py), markdown.py, json.py

The formats share everything but the last step; the sentences of the reasons are in words/.
"""
