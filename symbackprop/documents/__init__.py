"""Documents: a text whose formulas are expressions of the language and whose claims the program decides.

document.py   the nouns: Document, Section, and the blocks Prose, Equations, Lines, Claim
markup.py     the small markup of prose
by_hand.py    chains of lines that a person states
numbering.py  one number for every displayed line, and what a label refers to
check.py      every step asked of the oracle, every claim decided
latex.py, html.py   a whole document in each format
"""
