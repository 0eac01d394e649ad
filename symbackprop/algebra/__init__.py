"""The algebra of index expressions: a normal form for sums of products over typed indices.

SymPy expressions come in by `convert`, are equal when their polynomials are, and go back in readable form.
"""
