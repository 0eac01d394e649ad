"""The form that answers are written in: plain notation, LaTeX, or source; told by a file's ending, or by its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMS = ("notation", "latex", "numpy", "torch")
SOURCE = ("numpy", "torch")
ENDINGS = {".tex": "latex", ".latex": "latex", ".py": "numpy"}
_COMMAND = re.compile(r"\\[A-Za-z]{2,}")


def form_of(answers: Any, form: str | None = None) -> str:
    """The form of these answers. Raises ValueError for a form that there isn't."""
    if form is not None:
        if form not in FORMS:
            raise ValueError(f"form = {form!r}; it should be one of {', '.join(FORMS)}")
        return form
    one_line = isinstance(answers, str) and "\n" not in answers
    return ENDINGS.get(Path(answers).suffix.lower(), "notation") if one_line or isinstance(answers, Path) else "notation"


def hint(text: str) -> str:
    """What to say of a text that can't be read in plain notation and looks like LaTeX; "" for any other."""
    return "this looks like LaTeX: say form='latex'" if _COMMAND.search(text) else ""


def script(answers: Any) -> str | Path:
    """Answers as one source: a mapping from variables to expressions or lines becomes lines that assign dW = ..."""
    if isinstance(answers, (str, Path)):
        return answers
    if not isinstance(answers, Mapping):
        raise TypeError(f"{type(answers).__name__} is no source; give a file, a text, or a dict of expressions by variable")
    return "\n".join(_assigned(str(name), said) for name, said in answers.items()) + "\n"


def _assigned(name: str, said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError(f"{type(said).__name__} is no source; give a text for {name}")
    try:
        ast.parse(said.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return said
    return f"{name if name.startswith('d') else 'd' + name} = {said.strip()}"
