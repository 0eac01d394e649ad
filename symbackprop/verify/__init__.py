"""The judge: is a gradient right, how is that known, and if it is wrong, what is the smallest case that shows it?

Nothing here knows how gradients are derived. The oracle knows the forward equations only and differentiates by
arithmetic: high-precision central differences on small concrete shapes.
"""
