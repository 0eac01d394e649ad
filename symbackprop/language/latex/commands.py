"""The commands of LaTeX that a formula may hold, and what they are. Whatever stands in no table here isn't read."""
from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREEK: dict[str, tuple[str, ...]] = {name: (name,) for name in sorted(_words("""
    alpha beta gamma delta zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi
    Sigma Upsilon Phi Psi Omega varsigma
"""))}
_SPELLED: dict[str, tuple[str, ...]] = {
    "epsilon": ("eps", "epsilon"), "varepsilon": ("eps", "epsilon"), "lambda": ("lam", "lambda_"), "varphi": ("phi", "varphi"),
    "vartheta": ("theta",), "varrho": ("rho",), "ell": ("ell", "l"),
}
GREEK |= _SPELLED
"""Greek letters (and ell), each with the names it may have in a layer."""

ACCENTS: dict[str, str] = {
    "hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde", "dot": "dot",
    "check": "check",
}
SPACING = _words("""
    Box blacksquare qed qedhere qedsymbol square
    ! , / : ; > Large allowbreak boldmath centering displaystyle enskip enspace ensuremath footnotesize hfill hline large limits mathbin
    mathclose mathop mathopen mathord mathrel mathstrut medspace negthinspace nobreak noindent nolimits nonumber normalsize notag null
    qquad quad relax scriptscriptstyle scriptstyle small strut textstyle thickspace thinspace tiny
""") | {" "}
WITH_ARGUMENT = _words("""
    color eqref hphantom hspace hspace* label phantom ref tag tag* vphantom vspace
""")
"""Commands that vanish with the group behind them."""
DERIVATIVES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("pdv", "pd", "pderiv", "diffp"), ("command", "partial")), **dict.fromkeys(("dv", "deriv"), ("letter", "d")),
}
"""\\pdv{C}{W} and the like: what stands before both names."""
BARS: dict[str, str] = {"norm": "\\|", "abs": "|"}
"""\\norm{x}, \\abs{x}: brackets in disguise."""
TOP = frozenset({"T", "tp", "trans", "transpose"})
"""Commands of the writer's own that transpose where they stand above something."""
TRANSPARENT = _words("""
    boxed fbox mathstrut smash
""")
"""Commands that leave the group behind them as it is."""
BRACED = _words("""
    overbrace underbrace
""")
"""Commands whose subscript vanishes."""

SIZING = _words("""
    Big Bigg Biggm Bigm big bigg biggm bigm
""")
LEFT = _words("""
    Biggl Bigl biggl bigl left
""")
RIGHT = _words("""
    Biggr Bigr biggr bigr middle right
""")

UPRIGHT = _words("""
    mathit mathrm mathsf mathtt mathup mbox operatorname operatorname* rm text textbf textit textnormal textrm textsf texttt textup
""")
BOLD = _words("""
    bf bm bold boldsymbol cal mathbb mathbbm mathbf mathcal mathds mathfrak mathnormal mathscr pmb symbf symbfit underline vec
""")
DOUBLE = _words("""
    mathbb mathbbm mathds
""")
CURLY = _words("""
    cal mathcal mathscr
""")

LINES = _words("""
    align alignat aligned alignedat displaymath eqnarray equation flalign gather gathered math multline split
""")
DISPLAYS = _words("""
    align alignat displaymath eqnarray equation flalign gather math multline
""")
"""Those that stand in prose by themselves."""
CASES = _words("""
    cases dcases rcases
""")

SAME: dict[str, str] = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "leq": "le", "leqslant": "le", "geq": "ge", "geqslant": "ge",
    "ne": "neq", "intercal": "top", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "Vert": "|", "lVert": "|", "rVert": "|",
    "vert": "vert", "lvert": "vert", "rvert": "vert", "hadamard": "odot", "lt": "<", "gt": ">", "coloneqq": "=", "equiv": "=",
    "triangleq": "=", "doteq": "=", "colon": ":", "land": "wedge", "ast": "*", "circledast": "*", "otimes": "otimes", "mid": "vert",
    "newline": "\\", "cr": "\\", "grad": "nabla",
}
"""Commands that are others under another name."""
RELATIONS: dict[str, str] = {
    "<": "<", ">": ">", "=": "==", "\\le": "<=", "\\ge": ">=", "\\neq": "!=",
}
OPERATORS = _words("""
    cdot circ div odot otimes pm times wedge
""")
STRUCTURES = _words("""
    Pr Rightarrow approx arctan arg argmax argmin because begin cdots cos cosh det dots end exp forall frac ge gets implies in infty int
    langle ldots le left leftarrow lim ln log mapsto mathbb max min nabla neq partial prime prod propto rangle right sim sin sinh sqrt
    sum tan tanh therefore to top vert { | }
""") | {"\\"}
KNOWN = frozenset({
    *GREEK, *ACCENTS, *SPACING, *WITH_ARGUMENT, *TRANSPARENT, *BRACED, *SIZING, *LEFT, *RIGHT, *UPRIGHT, *BOLD, *SAME, *OPERATORS,
    *STRUCTURES,
    "[", "]", "(", ")", "%", "#", "&", "_", "textcolor", "stackrel", "overset", "not", *DERIVATIVES, *BARS,
})
UNREAD: dict[str, str] = {
    "infty": "a formula here is finite", "forall": "the indices of the left side run over their axes anyway",
    "int": "sums are read, integrals aren't", "dots": "write the sum with \\sum", "ldots": "write the sum with \\sum",
    "cdots": "write the sum with \\sum", "lim": "a limit isn't read", "approx": "an exact = is asked for",
    "sim": "an exact = is asked for", "propto": "an exact = is asked for, with the factor", "in": "", "pm": "write both signs apart",
    "otimes": "write an outer product as x y^\\top, an elementwise one as x \\odot y", "wedge": "write a product of indicators",
    "stackrel": "leave out what stands above", "overset": "leave out what stands above",
    "Pr": "a probability has no place in a gradient", "cancel": "", "not": "write \\neq",
    "leftarrow": "an update isn't read; write dW = ...", "gets": "an update isn't read; write dW = ...", "#": "", "_": "",
}
"""Commands that are known and yet not read, with a hint."""
FORBIDDEN = _words("""
    DeclareMathOperator ShellEscape afterassignment catcode csname def directlua documentclass edef endcsname expandafter futurelet gdef
    href html htmlClass immediate include includegraphics input jobname let loop lstinputlisting luaexec makeatletter message newcommand
    newread newwrite openin openout providecommand read renewcommand repeat require special toks typeout unicode url usepackage
    verbatiminput write xdef
""")
"""Commands that run something, open something or define something."""

UNICODE: dict[str, str] = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi",
    "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Φ": "Phi", "Ψ": "Psi",
    "Ω": "Omega", "∂": "partial", "∇": "nabla", "∑": "sum", "∏": "prod", "⊙": "odot", "∘": "circ", "·": "cdot", "⋅": "cdot",
    "×": "times", "≤": "le", "≥": "ge", "≠": "neq", "√": "sqrt", "⟨": "langle", "⟩": "rangle", "‖": "|", "ℓ": "ell", "∥": "|",
}
SIGNS: dict[str, str] = {
    "−": "-", "–": "-", "′": "'", "’": "'", "∗": "*", "＝": "=",
}

FUNCTIONS: dict[str, str] = {
    "exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "arctan": "atan", "atan": "atan", "erf": "erf", "relu": "relu", "step": "step", "heaviside": "step", "sigmoid": "sigmoid",
    "logistic": "sigmoid", "sigm": "sigmoid", "sign": "sign", "sgn": "sign", "softplus": "softplus", "logsigmoid": "log_sigmoid",
    "lrelu": "leaky_relu", "leakyrelu": "leaky_relu", "leaky relu": "leaky_relu", "elu": "elu", "selu": "selu", "celu": "celu",
    "silu": "silu", "swish": "silu", "mish": "mish", "gelu": "gelu", "hardsigmoid": "hardsigmoid", "hardtanh": "hardtanh",
    "hardswish": "hardswish", "relu6": "relu6", "softsign": "softsign", "abs": "abs", "clip": "clip", "sqrt": "sqrt",
    "softmax": "softmax", "log softmax": "log_softmax", "logsoftmax": "log_softmax", "logsumexp": "logsumexp", "lse": "logsumexp",
    "tr": "trace", "trace": "trace", "diag": "diag", "det": "det", "logdet": "logdet", "max": "max", "min": "min", "argmax": "argmax",
    "maximum": "max", "minimum": "min", "log-softmax": "log_softmax", "leaky_relu": "leaky_relu", "log_softmax": "log_softmax",
    "log_sigmoid": "log_sigmoid", "onehot": "onehot", "one-hot": "onehot", "one_hot": "onehot", "outer": "outer", "inv": "inv",
    "mean": "mean", "sum": "sum",
}
"""Names of functions, lower-case, as they stand upright or behind a backslash, and what they are here."""
COSTS = _words("""
    C Cost E J L Loss cost ell loss
""")
"""Names of what is differentiated, where the layer has nothing else of that name."""
WHOLE_COST = _words("""
    batch bce ce cost loss mse nll sse tot total train
""")
"""What may stand below the name of a cost without making it another one."""
OTHERWISE = _words("""
    else elsewhere otherwise otherwise. sonst
""") | {"if otherwise", "in all other cases"}
CONDITION_WORDS = _words("""
    falls for if si when where
""")
FOR_ALL = frozenset({"for all", "for every", "for each", "for any", "for"})
CHANGING = _words("""
    about approximately const constant except factor if minus negative not only opposite otherwise plus proportional scaled sign times
    transpose transposed unless
""")
"""Words in a remark that may change what a formula says."""
SEPARATING = _words("""
    also and as because by define denote finally further hence let moreover next now or similarly since so then therefore thus
    using where with
""") | {"and therefore", "so that", "such that", "that is", "we get", "we have", "which gives", "and so", "and then", "let us define"}
