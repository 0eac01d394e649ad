"""Leftovers of Python 2 that have one meaning in Python 3, line by line; what is wrong with those that haven't.

    print x, y              left out, unless it calls something: print(f(x))
    raise E, "m"            raise E("m")
    except E, e:            except E as e:
    `x`, 10L, a <> b        repr(x), 10, a != b
"""

from __future__ import annotations

import ast
import re

_PRINT = re.compile(r"^(?P<indent>\s*(?:(?:if|else|elif|for|while|try|except)\b[^\"'#]*:\s*)?)print\b(?!\s*\()(?P<rest>.*)$")
_PRINT_CALL = re.compile(r"^(?P<indent>\s*)print\s*(?P<rest>\(.*\)\s*(?:%|,).*)$")
_RAISE = re.compile(r"^(?P<indent>\s*(?:(?:if|else|elif)\b[^\"'#]*:\s*)?)raise\s+(?P<kind>[A-Za-z_.]+)\s*,\s*(?P<what>.+?)\s*$")
_EXCEPT = re.compile(r"^(?P<start>\s*except\s+[\w.()]+(?:\s*,\s*[\w.]+\s*\))?)\s*,\s*(?P<name>\w+)\s*:")
_BACKTICKS = re.compile(r"`([^`\n]{1,200})`")
_LONG = re.compile(r"(?<![\w.\"'])(\d{1,40})[lL]\b")
_OCTAL = re.compile(r"(?<![\w.\"'])0+(\d+)\b(?!\.)")

LEFT = (
    (re.compile(r"^\s*exec\s+[^(\s]"), "exec is a statement of Python 2, and not read"),
    (re.compile(r"\bprint\s*>>"), "print >> is Python 2; write print(..., file=...)"),
    (re.compile(r"\blambda\s*\("), "lambda (a, b): is Python 2; write lambda a, b:"),
    (re.compile(r"^\s*def\s+\w+\s*\([^)]*\("), "tuples among the parameters are Python 2; unpack them in the body"),
    (re.compile(r"\bprint\s+[^(\s]"), "print x is Python 2; write print(x)"),
    (re.compile(r"\braise\s+\w+\s*,"), 'raise E, "m" is Python 2; write raise E("m")'),
    (re.compile(r"\bexcept\b[^:]*,"), "except E, e is Python 2; write except E as e"),
)
"""What is still wrong, and what to change."""


def converted(text: str) -> str:
    """The text with what has one meaning in Python 3, the lines where they were."""
    lines = text.replace("\t", "        ").split("\n")
    return "\n".join(_line(line) for line in lines)


def _line(line: str) -> str:
    line = _BACKTICKS.sub(lambda m: f"repr({m[1]})", line)
    line = _LONG.sub(lambda m: m[1], line)
    found = _PRINT.match(line) or _PRINT_CALL.match(line)
    if found and not found["rest"].rstrip().endswith(("\\", "(", "[", "{", ",  \\")):
        said = _said(found["rest"])
        return line if said is None else f"{found['indent']}{said}"
    found = _RAISE.match(line)
    if found:
        line = f"{found['indent']}raise {found['kind']}({found['what']})"
    line = _EXCEPT.sub(lambda m: f"{m['start']} as {m['name']}:", line)
    return line.replace("<>", "!=")


def _said(rest: str) -> str | None:
    """What stands for print and what follows it: nothing but the calls in it. None where more follows than what is said."""
    told = rest.strip().removeprefix(">>").replace("<>", "!=")
    try:
        tree = ast.parse(f"({told}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = any(isinstance(n, ast.Call) for n in ast.walk(tree))
    return f"print({ast.unparse(tree)})" if calls else "pass"


def hint(line: str) -> str:
    """What to change in a line that is no Python 3."""
    found = next((said for pattern, said in LEFT if pattern.search(line)), "")
    return found or ("0777 is Python 2; write 0o777" if _OCTAL.search(line) else "")


NAMES = frozenset(("xrange", "raw_input", "unicode", "basestring", "reduce", "long", "unichr"))
"""What only Python 2 has without an import."""


def is_old(tree: ast.Module) -> bool:
    """Whether a file that Python 3 reads can only have been written for Python 2: it uses xrange and doesn't define it."""
    used: set[str] = set()
    own: set[str] = set()
    for n in ast.walk(tree):
        match n:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name):
                own.add(name)
            case ast.ImportFrom(module="past.builtins" | "six.moves", names=[ast.alias(name="*")]):
                own |= NAMES
            case ast.alias(name=name, asname=other):
                own.add(other or name)
            case ast.FunctionDef(name=name) | ast.arg(arg=name):
                own.add(name)
    return bool((used & NAMES) - own)
