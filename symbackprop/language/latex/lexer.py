"""LaTeX to tokens: letters, numbers, commands, signs and upright words, each with its place; spacing and styles fall away.

Nothing is ever expanded or run. Commands that run, open or define something are refused at once, as are control characters,
characters that turn the direction of writing, and texts beyond the caps. A command that no table of `commands` knows keeps its
`trouble`, which is told where it would be read: what stands beside it in the text can be.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from symbackprop.language.errors import NotationError, did_you_mean
from symbackprop.language.latex import commands as c
from symbackprop.language.latex.raw import MAX_TEXT, MAX_TOKENS, Token, check_braces, raw_tokens
from symbackprop.language.latex.refusals import error

__all__ = ["MAX_TOKENS", "Token", "tokens"]

_LENGTHS = ("pt", "ex", "em", "mm", "cm", "in")


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a text, or of its part from start to end. Raises LatexError."""
    if not isinstance(text, str):
        raise TypeError(f"{type(text).__name__} is no text; LaTeX is read from text")
    end = len(text) if end is None else end
    if end - start > MAX_TEXT:
        raise NotationError(f"the formula has {end - start:,} characters; at most {MAX_TEXT:,} are read")
    raw = list(islice(raw_tokens(text, start, end), MAX_TOKENS + 1))
    if len(raw) > MAX_TOKENS:
        raise error(text, raw[-1].at, f"this has more than {MAX_TOKENS:,} parts", "state it in several texts")
    check_braces(text, raw)
    return _Cleaner(text, raw).run()


class _Cleaner:
    # From raw tokens to those that mean something; `raw` is walked once.
    def __init__(self, text: str, raw: list[Token]) -> None:
        self.text, self.raw, self.at = text, raw, 0
        self.out: list[Token] = []

    def run(self) -> list[Token]:
        while self.at < len(self.raw):
            token = self.raw[self.at]
            self.at += 1
            if token.kind == "command":
                self._command(token)
            else:
                self._emit(token)
        return self.out

    def _emit(self, token: Token) -> None:
        self.out.append(token)

    def _command(self, token: Token) -> None:
        name = token.text
        bare = name.rstrip("*")
        if name in c.SPACING or name in c.TRANSPARENT or name in c.SIZING:
            return
        if bare in c.WITH_ARGUMENT:
            self._group(token)
        elif bare in c.BRACED or name == "textcolor":
            self._braced(name, token)
        elif bare in c.DERIVATIVES:
            self._derivative(token, c.DERIVATIVES[bare])
        elif bare in c.BARS:
            self._bars(token, c.BARS[bare])
        elif name in ("overset", "stackrel"):
            self._above(token)
        elif name in c.LEFT or name in c.RIGHT:
            self._delimiter(token, "left" if name in c.LEFT else "right")
        elif name in ("begin", "end"):
            self._environment(token)
        elif name in ("[", "]", "(", ")"):
            self._emit(Token("newline", "break", token.at))
        elif name == "\\":
            self._emit(token)
            self._space_below()
        elif name in c.UPRIGHT:
            self._upright(token)
        elif name in c.BOLD:
            self._bold(token)
        elif name == "operatorname":
            self._upright(token)
        elif name in c.UNREAD and name not in ("in",):
            self._emit(replace(token, trouble=error(self.text, token.at, f"\\{name} isn't read here", c.UNREAD[name])))
        else:
            self._emit(token)

    def _derivative(self, token: Token, sign: tuple[str, str]) -> None:
        """\\pdv{C}{W} as \\frac{\\partial C}{\\partial W}, \\pdv{W} as the operator, \\pdv{C}{x}{y} as the second derivative."""
        parts = [self._group(token)]
        while len(parts) < 3 and self.at < len(self.raw) and self.raw[self.at].sign == "{":
            parts.append(self._group(token))
        of, by = (parts[:1], parts[1:]) if len(parts) > 1 else ([], parts)
        opening, closing = Token("char", "{", token.at), Token("char", "}", token.at)
        d = Token(*sign, token.at)
        order = [Token("char", "^", token.at), Token("number", str(len(by)), token.at)] if len(by) > 1 else []
        over = [d, *order, *(t for p in of for t in self._cleaned(p))]
        under = [t for p in by for t in (d, *self._cleaned(p))]
        self.out.extend((Token("command", "frac", token.at), opening, *over, closing, opening, *under, closing))

    def _bars(self, token: Token, sign: str) -> None:
        content = self._group(token)
        kind = "command" if sign.startswith("\\") else "char"
        bar = Token(kind, sign.lstrip("\\"), token.at)
        self.out.extend((replace(bar, side="left"), *self._cleaned(content), replace(bar, side="right")))

    def _above(self, token: Token) -> None:
        """\\stackrel{(a)}{=} is an =."""
        self._group(token)
        below = self._group(token)
        if len(below) == 1 and below[0].sign == "=":
            self._emit(below[0])
        else:
            self._emit(replace(token, trouble=error(self.text, token.at, f"\\{token.text} isn't read here", c.UNREAD[token.text])))

    def _cleaned(self, content: list[Token]) -> list[Token]:
        return _Cleaner(self.text, content).run()

    def _space_below(self) -> None:
        """Passes over the space that a line break may ask for: \\\\*[2pt]."""
        if self.at < len(self.raw) and self.raw[self.at].sign == "*" and self.raw[self.at].near:
            self.at += 1
        ahead = self.raw[self.at : self.at + 6]
        closing = next((k for k, t in enumerate(ahead) if t.sign == "]"), -1)
        if closing > 2 and ahead[0].sign == "[" and "".join(t.text for t in ahead[closing - 2 : closing]) in _LENGTHS:
            self.at += closing + 1

    def _braced(self, name: str, token: Token) -> None:
        if name == "textcolor":
            self._group(token)
            return
        content = self._group(token)
        self.out.extend(_Cleaner(self.text, content).run())
        if self.at < len(self.raw) and self.raw[self.at].sign in ("_", "^"):
            self.at += 1
            self._group(token)

    def _group(self, token: Token) -> list[Token]:
        """The tokens of the argument behind a command, without its braces."""
        while self.at < len(self.raw) and self.raw[self.at].kind == "newline":
            self.at += 1
        if self.at >= len(self.raw):
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", f"write \\{token.text}{{...}}")
        first = self.raw[self.at]
        self.at += 1
        if first.sign != "{":
            return [first]
        depth, start = 1, self.at
        while depth:
            depth += {"{": 1, "}": -1}.get(self.raw[self.at].sign, 0)
            self.at += 1
        return self.raw[start : self.at - 1]

    def _delimiter(self, token: Token, side: str) -> None:
        if self.at >= len(self.raw):
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", "a bracket is expected")
        found = self.raw[self.at]
        self.at += 1
        if found.sign not in ("(", ")", "[", "]", "|", ".", "\\{", "\\}", "\\|", "\\langle", "\\rangle", "/", "<", ">"):
            raise error(self.text, found.at, f"\\{token.text} stands before a bracket", f"write \\{token.text}( or \\{token.text}[")
        if found.sign in "<>":
            found = replace(found, kind="command", text="langle" if found.text == "<" else "rangle")
        if (found.sign, side) == (".", "right") and self.out and self.out[-1].kind == "end":
            return  # \\left\\{ \\begin{array} ... \\end{array} \\right.
        self._emit(replace(found, side=side))

    def _environment(self, token: Token) -> None:
        name = "".join(t.text for t in self._group(token)).rstrip("*")
        if name == "array" and token.text == "begin":
            self._group(token)
            if not self.out or (self.out[-1].sign, self.out[-1].side) != ("\\{", "left"):
                trouble = error(self.text, token.at, "an array isn't read", "cases are written \\begin{cases} ... \\end{cases}")
                self._emit(Token("begin", "cases", token.at, trouble=trouble))
                return
            self.out.pop()
        if name in c.CASES or name == "array":
            self._emit(Token(token.text, "cases", token.at))
        elif name in c.LINES:
            if token.text == "begin":
                self._placed()
            if name in ("alignat", "alignedat") and token.text == "begin":
                self._group(token)
            self._emit(Token("newline", "break", token.at))
        else:
            hint = did_you_mean(name, [*c.LINES, *c.CASES]) or "cases, aligned, align, gather and equation are read"
            trouble = error(self.text, token.at, f"the environment {name[:30]} isn't read", hint)
            self._emit(Token(token.text, name, token.at, trouble=trouble))

    def _placed(self) -> None:
        """Passes over where an environment stands on its line: \\begin{aligned}[t]."""
        if [t.text for t in self.raw[self.at : self.at + 3]] in ([list("[t]"), list("[b]"), list("[c]")]):
            self.at += 3

    def _upright(self, token: Token) -> None:
        if self.at < len(self.raw) and self.raw[self.at].sign != "{" and token.text in ("rm",):
            return
        content = self._group(token)
        if len(content) == 1 and content[0].kind in ("letter", "number", "command"):
            self.out.extend(replace(t, at=token.at, font="upright") for t in _Cleaner(self.text, content).run())
            return
        if not content:
            return
        spelled = [t.text if t.kind in ("letter", "number") or t.sign in ("-", "_", "'", ".", ",", ":") else "\0" for t in content]
        if "\0" in spelled and not (token.text.startswith("text") or token.text == "mbox"):
            self.out.extend(_Cleaner(self.text, content).run())
            return
        first, last = content[0].at, content[-1].at + len(content[-1].text)
        words = " ".join(self.text[first:last].split())
        if words:
            self._emit(Token("word", words, token.at, font="mono" if token.text in ("texttt", "mathtt") else ""))

    def _bold(self, token: Token) -> None:
        if self.at >= len(self.raw) or self.raw[self.at].sign == "}":
            if token.text in ("bf", "cal"):
                return
            raise error(self.text, token.at, f"\\{token.text} stands before nothing", f"write \\{token.text}{{x}}")
        if token.text in ("bf", "cal") and self.raw[self.at].sign != "{":
            return
        content = self._group(token)
        font = "double" if token.text in c.DOUBLE else "curly" if token.text in c.CURLY else "bold"
        inside = _Cleaner(self.text, content).run()
        if len(inside) == 1:
            self._emit(_in_font(replace(inside[0], at=token.at, near=token.near), font))
        elif inside and ((inside[0].kind == "command" and inside[0].text in c.ACCENTS) or all(t.kind == "letter" for t in inside)):
            self.out.extend(replace(t, font=font if t.kind == "letter" else t.font) for t in inside)
        else:
            brace = Token("char", "{", token.at)
            self.out.extend((brace, *inside, replace(brace, text="}")))


def _in_font(token: Token, font: str) -> Token:
    if token.kind == "number" and token.text == "1":
        return replace(token, kind="one", font=font)
    return replace(token, font=font)
