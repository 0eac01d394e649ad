"""Source and the call, read for every choice of options: what there is to judge."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from symbackprop.algebra.familiar import named
from symbackprop.checking import with_assumptions
from symbackprop.code_options import disagreement, options_of, without_bias
from symbackprop.language.errors import NotationError
from symbackprop.language.numpy_source import Program, Read, Unreadable, read_source
from symbackprop.language.numpy_source.text import parse
from symbackprop.layer import Layer
from symbackprop.verify import source_calls, source_functions, source_vjps
from symbackprop.verify.source_calls import Value
from symbackprop.verify.source_constants import constant, fixed, left_out
from symbackprop.verify.source_data import without_data
from symbackprop.verify.source_places import filled_at, place_of

LARGEST = 1_000_000
"""Bytes of a source file."""


@dataclass(frozen=True)
class Code:
    """A source text and the name that its places are told by."""

    text: str
    name: str = ""

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax. Raises Unreadable."""
        return parse(self.text)[0]

    def at(self, line: int, in_call: bool = False) -> str:
        """student.py:12"""
        if in_call:
            return f"the call, line {line}"
        return f"{self.name}:{line}" if self.name else f"line {line}"


def code_of(source: str | Path | Code) -> Code:
    """The text of a file, or the text itself. Raises ValueError or OSError for a file that can't be read."""
    if isinstance(source, Code):
        return source
    if isinstance(source, str) and ("\n" in source or not source.endswith(".py")):
        return Code(source)
    path = Path(source)
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"{source_calls.printable(path.name)} has more than {LARGEST:,} bytes")
    try:
        return Code(data.decode("utf-8"), source_calls.printable(path.name))
    except UnicodeDecodeError:
        raise ValueError(f"{source_calls.printable(path.name)} is no text in UTF-8") from None


@dataclass(frozen=True, eq=False)
class Reading:
    """The source read for one choice of options: the layer that goes with it, what was read, or why it wasn't.

    `notes` say what was taken from the code; `inline` that the lines of the call are the source's own, `doubt`
    what may be why nothing is right; `script` is a script without the lines that make data.
    """

    layer: Layer
    call: str
    chosen: Mapping[str, Value]
    program: Program | None = None
    error: Unreadable | None = None
    notes: tuple[str, ...] = ()
    inline: bool = False
    doubt: str = ""
    script: str = ""


def readings(layer: Layer, code: Code, call: str, vary: str | Mapping[str, Sequence[Any]], assume: str) -> list[Reading]:
    """The source read at every choice. Raises ValueError for a call that can't be meant."""
    values = source_calls.read_values(vary)
    if not call.strip():
        if values:
            raise ValueError("there is no call whose names could be varied")
        stated = with_assumptions(layer, assume)
        own = [lines for lines in (source_vjps.calls(code.tree, layer), source_functions.calls(code.tree, layer)) if lines]
        return [_script(stated, code), *(replace(_reading(stated, code, lines, {}), inline=True) for lines in own)]
    names = source_calls.open_names(call, code.tree, layer, code.name or "the source")
    _check_results(call, layer)
    made = options_of(without_bias(layer, _words(code.tree) | _words(parse(call, "the call")[0])), names, values)
    doubt = "" if names else disagreement(layer, source_calls.literals(parse(call, "the call")[0]))
    read = [_reading(with_assumptions(variant, assume), code, source_calls.filled(call, chosen), chosen) for variant, chosen in made]
    return [replace(r, doubt=doubt) for r in read]


def _words(tree: ast.Module) -> set[str]:
    """The names and texts in a source."""
    nodes = list(ast.walk(tree))
    names = {n.id for n in nodes if isinstance(n, ast.Name)} | {n.arg for n in nodes if isinstance(n, ast.arg)}
    return names | {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _script(layer: Layer, code: Code) -> Reading:
    text, dropped = without_data(code.text, code.tree, layer)
    made = _reading(layer, Code(text, code.name), "", {})
    said = (f"{', '.join(dropped)} stand for all values and not for the data of the script",) if dropped else ()
    return replace(made, script=text, notes=(*made.notes, *said))


def _check_results(call: str, layer: Layer) -> None:
    assigned = source_calls.names_of(parse(call, "the call")[0]).assigned
    wrong = source_calls.misnamed(assigned, layer)
    has = f"{layer.name} has {', '.join(layer.tensors)}"
    if wrong is not None:
        raise NotationError(f"{wrong[0]} is no gradient of the layer; {has}", call, hint=f"write {wrong[1]}")


def _reading(layer: Layer, code: Code, call: str, chosen: Mapping[str, Value]) -> Reading:
    taken = _taken(layer, code, call) if call else ()
    own = _fixed(layer, tuple((name, value) for name, value, _ in taken))
    made = Reading(own, call, chosen, notes=tuple(note for _, _, note in taken))
    try:
        return replace(made, program=_read(code.text, call, own))
    except Unreadable as error:
        return replace(made, program=_beginning(own, code, call), error=error)


def _read(source: str, call: str, layer: Layer) -> Program:
    """What was read, with what was written out in pieces, as a sigmoid that never overflows is, by its name."""
    program = read_source(source, call, layer)
    return replace(program, helpers=named(program.helpers))


def _beginning(layer: Layer, code: Code, call: str) -> Program | None:
    """As many lines of the call as can be read: the forward pass where only the backward pass can't."""
    lines = parse(call, "the call")[0].body if call.strip() else []
    for count in range(len(lines) - 1, 0, -1):
        try:
            return _read(code.text, ast.unparse(ast.Module(lines[:count], [])), layer)
        except Unreadable:
            continue
    return None


def place(code: Code, reading: Reading, name: str, read: Read | None = None) -> str:
    """Where a result stands: student.py:12; "" where nothing tells."""
    called = parse(reading.call, "the call")[0] if reading.call and not reading.inline else None
    if read is not None and (called is None or not read.in_call):
        filled = None if called is None else filled_at(name, called, code.tree)
        return code.at(max(read.line, filled or 0))
    line = None if called is None else place_of(name, called, code.tree)
    if line is not None:
        return code.at(line)
    return code.at(read.line, in_call=True) if read is not None else ""


def _taken(layer: Layer, code: Code, call: str) -> tuple[tuple[str, Any, str], ...]:
    """The scalars that the call leaves out, with the numbers that the code has for them and what to say of that."""
    tree = parse(call, "the call")[0]
    found = []
    for t in left_out(tree, layer):
        known = constant(t.name, tree, code.tree)
        if known is not None:
            number, in_call = known
            said = f"{t.name} = {float(number.value):g} ({code.at(number.line, in_call)}); name {t.name} in the call to have it vary"
            found.append((t.name, number.value, said))
    return tuple(found)


@lru_cache(maxsize=64)
def _fixed(layer: Layer, values: tuple[tuple[str, Any], ...]) -> Layer:
    return fixed(layer, {layer.tensors[name]: value for name, value in values})


def results_of(reading: Reading) -> list[str]:
    """Everything that the call or the script assigns, whether it was read or not."""
    program = reading.program
    read = [*program.results, *(n for n in program.unread if n not in program.results)] if program is not None else []
    if reading.error is None:
        return read
    assigned = source_calls.names_of(parse(reading.call, "the call")[0]).assigned if reading.call else ()
    return [*read, *(n for n in assigned if n not in read)]
