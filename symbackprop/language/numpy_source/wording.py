"""Text that code makes: "W" + str(1), "W%d" % 1, f"W{1}", "{}".format(1). Exact, for it may be the key of a dict."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from symbackprop.language.numpy_source.ndarray import Nd
from symbackprop.language.numpy_source.objects import Message

MAX_TEXT = 2_000  # characters
_PERCENT = re.compile(r"%(?:%|(?:\((?P<name>\w{1,40})\))?[dis])")
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>\w{0,40})(?::d)?\}")


def text_of(value: Any) -> str | Message:
    """str(value), where its words are known."""
    if isinstance(value, (str, bool)) or value is None:
        return str(value)
    if isinstance(value, Nd) and not value.axes and value.kind == "int" and not value.argmax and value.at(()).is_Integer:
        return str(int(value.at(())))
    return Message()


def added(left: Any, right: Any) -> str | Message:
    """left + right"""
    if isinstance(left, str) and isinstance(right, str) and len(left) + len(right) <= MAX_TEXT:
        return left + right
    return Message()


def joined(between: Any, parts: Sequence[Any]) -> str | Message:
    """between.join(parts)"""
    known = [p for p in (between, *parts) if isinstance(p, str)]
    if len(known) <= len(parts) or sum(map(len, known)) + len(between) * len(parts) > MAX_TEXT:
        return Message()
    return str(between.join(parts))


def percent(template: Any, value: Any) -> str | Message:
    """template % value"""
    if not isinstance(template, str):
        return Message()
    values = list(value) if isinstance(value, tuple) else [value]
    named = {k: v for k, v in getattr(value, "items", {}).items() if isinstance(k, str)} if hasattr(value, "items") else {}
    return _filled(_PERCENT, template, values, named, "%")


def formatted(template: Any, values: Sequence[Any], named: Mapping[str, Any]) -> str | Message:
    """template.format(*values, **named)"""
    return _filled(_BRACES, template, list(values), named, "{}") if isinstance(template, str) else Message()


def _filled(pattern: re.Pattern[str], template: str, values: list[Any], named: Mapping[str, Any], marks: str) -> str | Message:
    made, end, rest = [], 0, iter(values)
    for found in pattern.finditer(template):
        between = template[end : found.start()]
        if any(c in between for c in marks):
            return Message()
        made.append(between)
        end = found.end()
        if found[0] in ("%%", "{{", "}}"):
            made.append(found[0][0])
            continue
        name = found["name"]
        value = values[int(name)] if name and name.isdigit() and int(name) < len(values) else named.get(name) if name else next(rest, None)
        word = _word(found[0], value)
        if isinstance(word, Message):
            return word
        made.append(word)
    if pattern is _PERCENT and not named and next(rest, None) is not None:
        return Message()
    if any(c in template[end:] for c in marks) or sum(map(len, made)) + len(template) > MAX_TEXT:
        return Message()
    return "".join([*made, template[end:]])


def _word(place: str, value: Any) -> str | Message:
    whole = place[-1] == "d" or place.endswith("d}")  # and not %s, {}: True is 1 there
    if value is None or (whole and isinstance(value, str)):
        return Message()
    return text_of(int(value)) if whole and isinstance(value, bool) else text_of(value)


def joined_text(node: ast.JoinedStr, values: Sequence[Any]) -> str | Message:
    """f"...{value}...": the values are those of its fields in order."""
    made: list[str] = []
    rest = iter(values)
    for part in node.values:
        if isinstance(part, ast.Constant):
            made.append(str(part.value))
            continue
        plain = isinstance(part, ast.FormattedValue) and part.format_spec is None and part.conversion in (-1, 115)
        word = text_of(next(rest)) if plain else Message()
        if isinstance(word, Message):
            return word
        made.append(word)
    return "".join(made) if sum(map(len, made)) <= MAX_TEXT else Message()
