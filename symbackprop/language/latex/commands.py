"""The commands of LaTeX that a formula may hold, and what they are. Whatever stands in no table here isn't read."""
from __future__ import annotations

GREEK: dict[str, tuple[str, ...]] = {name: (name,) for name in (
    "alpha", "beta", "gamma", "delta", "zeta", "eta", "theta", "iota", "kappa", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon",
    "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega")}
GREEK |= {"epsilon": ("eps", "epsilon"), "varepsilon": ("eps", "epsilon"), "lambda": ("lam", "lambda_"), "varphi": ("phi", "varphi"),
          "vartheta": ("theta",), "varrho": ("rho",), "varsigma": ("varsigma",), "ell": ("ell", "l")}
"""Greek letters (and ell), each with the names it may have in a layer."""

ACCENTS = {"hat": "hat", "widehat": "hat", "bar": "bar", "overline": "bar", "tilde": "tilde", "widetilde": "tilde", "dot": "dot", "check": "check"}
NO_ACCENTS = frozenset({"vec", "underline"})

SPACING = frozenset({
    ",", ";", ":", "!", " ", ">", "/", "quad", "qquad", "thinspace", "medspace", "thickspace", "enspace", "enskip", "negthinspace",
    "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits", "nonumber", "notag", "mathstrut", "strut",
    "mathord", "mathop", "mathbin", "mathrel", "hfill", "hline", "allowbreak", "nobreak", "relax", "centering", "noindent", "null",
    "normalsize", "small", "large", "Large", "footnotesize", "tiny", "boldmath", "mathopen", "mathclose", "ensuremath"})
WITH_ARGUMENT = frozenset({"label", "tag", "hspace", "vspace", "phantom", "hphantom", "vphantom", "color", "eqref", "ref", "tag*", "hspace*"})
"""Commands that vanish with the group behind them."""
TRANSPARENT = frozenset({"boxed", "fbox", "mathstrut", "smash", "cancel"}) - {"cancel"}
"""Commands that leave the group behind them as it is."""
BRACED = frozenset({"underbrace", "overbrace"})

SIZING = frozenset({"big", "Big", "bigg", "Bigg", "bigm", "Bigm", "biggm", "Biggm"})
LEFT = frozenset({"left", "bigl", "Bigl", "biggl", "Biggl"})
RIGHT = frozenset({"right", "bigr", "Bigr", "biggr", "Biggr", "middle"})

UPRIGHT = frozenset({"text", "textrm", "textit", "textbf", "texttt", "textsf", "textnormal", "mbox", "operatorname", "operatorname*", "mathrm",
                     "rm", "mathtt", "mathsf", "mathit", "mathup", "textup"})
BOLD = frozenset({"mathbf", "boldsymbol", "bm", "bf", "pmb", "mathbb", "mathbbm", "mathds", "mathcal", "mathscr", "mathfrak", "bold", "symbf",
                  "cal", "vec", "underline", "mathnormal", "symbfit"})
DOUBLE = frozenset({"mathbb", "mathbbm", "mathds"})
CURLY = frozenset({"mathcal", "mathscr", "cal"})

LINES = frozenset({"align", "aligned", "alignat", "gather", "gathered", "split", "equation", "multline", "eqnarray", "displaymath", "math", "flalign",
                   "alignedat"})
CASES = frozenset({"cases", "dcases", "rcases"})

SAME: dict[str, str] = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "leq": "le", "leqslant": "le", "geq": "ge", "geqslant": "ge", "ne": "neq",
    "intercal": "top", "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "Vert": "|", "lVert": "|", "rVert": "|", "vert": "vert",
    "lvert": "vert", "rvert": "vert", "hadamard": "odot", "lt": "<", "gt": ">", "coloneqq": "=", "equiv": "=", "triangleq": "=", "doteq": "=",
    "colon": ":", "land": "wedge", "ast": "*", "circledast": "*", "otimes": "otimes", "mid": "vert", "newline": "\\", "cr": "\\",
}
RELATIONS: dict[str, str] = {"<": "<", ">": ">", "=": "==", "\\le": "<=", "\\ge": ">=", "\\neq": "!="}
OPERATORS = frozenset({"odot", "circ", "cdot", "times", "div", "otimes", "wedge", "pm"})
STRUCTURES = frozenset({
    "frac", "sqrt", "sum", "prod", "partial", "nabla", "langle", "rangle", "top", "prime", "begin", "end", "max", "min", "arg", "argmax", "argmin",
    "det", "exp", "log", "ln", "tanh", "sin", "cos", "tan", "sinh", "cosh", "arctan", "le", "ge", "neq", "vert", "|", "{", "}", "\\", "left", "right",
    "infty", "in", "forall", "dots", "ldots", "cdots", "mathbb", "Pr", "lim", "to", "mapsto", "implies", "Rightarrow", "therefore", "because",
    "propto", "approx", "sim", "leftarrow", "gets", "int"})
KNOWN = frozenset({*GREEK, *ACCENTS, *NO_ACCENTS, *SPACING, *WITH_ARGUMENT, *TRANSPARENT, *BRACED, *SIZING, *LEFT, *RIGHT, *UPRIGHT, *BOLD, *SAME,
                   *OPERATORS, *STRUCTURES, "[", "]", "(", ")", "%", "#", "&", "_", "textcolor", "stackrel", "overset", "not"})
UNREAD: dict[str, str] = {
    "infty": "a formula here is finite", "forall": "the indices of the left side run over their axes anyway", "int": "sums are read, integrals aren't",
    "dots": "write the sum with \\sum", "ldots": "write the sum with \\sum", "cdots": "write the sum with \\sum", "lim": "a limit isn't read",
    "approx": "an exact = is asked for", "sim": "an exact = is asked for", "propto": "an exact = is asked for, with the factor", "in": "",
    "pm": "write both signs apart", "otimes": "write an outer product as x y^\\top, an elementwise one as x \\odot y",
    "wedge": "write a product of indicators", "stackrel": "leave out what stands above", "overset": "leave out what stands above",
    "Pr": "a probability has no place in a gradient", "cancel": "", "not": "write \\neq", "leftarrow": "an update isn't read; write dW = ...",
    "gets": "an update isn't read; write dW = ...", "#": "", "_": "",
}
FORBIDDEN = frozenset({
    "input", "include", "write", "csname", "endcsname", "def", "edef", "gdef", "xdef", "let", "catcode", "newcommand", "renewcommand", "openin",
    "openout", "read", "immediate", "usepackage", "documentclass", "loop", "repeat", "expandafter", "special", "href", "url", "includegraphics",
    "verbatiminput", "lstinputlisting", "directlua", "luaexec", "newread", "newwrite", "futurelet", "afterassignment", "toks", "jobname",
    "ShellEscape", "makeatletter", "providecommand", "DeclareMathOperator", "require", "unicode", "html", "htmlClass", "typeout", "message"})

UNICODE: dict[str, str] = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta", "κ": "kappa",
    "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "∂": "partial", "∇": "nabla",
    "∑": "sum", "∏": "prod", "⊙": "odot", "∘": "circ", "·": "cdot", "⋅": "cdot", "×": "times", "≤": "le", "≥": "ge", "≠": "neq", "√": "sqrt",
    "⟨": "langle", "⟩": "rangle", "‖": "|", "ℓ": "ell", "∥": "|"}
SIGNS = {"−": "-", "–": "-", "′": "'", "’": "'", "∗": "*", "＝": "="}

FUNCTIONS: dict[str, str] = {
    "exp": "exp", "log": "log", "ln": "log", "tanh": "tanh", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh", "arctan": "atan",
    "atan": "atan", "erf": "erf", "relu": "relu", "step": "step", "heaviside": "step", "sigmoid": "sigmoid", "logistic": "sigmoid", "sigm": "sigmoid",
    "sign": "sign", "sgn": "sign", "softplus": "softplus", "logsigmoid": "log_sigmoid", "lrelu": "leaky_relu", "leakyrelu": "leaky_relu",
    "leaky relu": "leaky_relu", "elu": "elu", "selu": "selu", "celu": "celu", "silu": "silu", "swish": "silu", "mish": "mish", "gelu": "gelu",
    "hardsigmoid": "hardsigmoid", "hardtanh": "hardtanh", "hardswish": "hardswish", "relu6": "relu6", "softsign": "softsign", "abs": "abs",
    "clip": "clip", "sqrt": "sqrt", "softmax": "softmax", "log softmax": "log_softmax", "logsoftmax": "log_softmax", "logsumexp": "logsumexp",
    "lse": "logsumexp", "tr": "trace", "trace": "trace", "diag": "diag", "det": "det", "logdet": "logdet", "max": "max", "min": "min",
    "argmax": "argmax", "maximum": "max", "minimum": "min", "log-softmax": "log_softmax", "leaky_relu": "leaky_relu", "log_softmax": "log_softmax",
    "log_sigmoid": "log_sigmoid", "outer": "outer", "inv": "inv", "mean": "mean", "sum": "sum", "lrelu_": "leaky_relu"}
"""Names of functions, lower-case, as they stand upright or behind a backslash, and what they are here."""
COSTS = frozenset({"C", "L", "J", "E", "ell", "loss", "Loss", "cost", "Cost"})
"""Names of what is differentiated, where the layer has nothing else of that name."""
OTHERWISE = frozenset({"otherwise", "else", "otherwise.", "elsewhere", "sonst", "in all other cases", "if otherwise"})
CONDITION_WORDS = frozenset({"if", "when", "for", "where", "falls", "si"})
SEPARATING = frozenset({"where", "with", "and", "so", "hence", "thus", "then", "therefore", "which gives", "we get"})
