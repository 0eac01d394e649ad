"""Claims: what is said of layers, and how it is decided, with no table of answers anywhere.

claim.py     the nouns: Claim, its evidence, Finding
signs.py     case distinctions decided by the declared signs
rational.py  signs, bounds, zeros and limits of rational functions of eˣ, exactly
decide.py    evidence -> Finding
"""
