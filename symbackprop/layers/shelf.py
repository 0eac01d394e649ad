"""What a shelf is made of: an entry says a layer's text for every choice of its options.

A family's file holds one function a layer, from options to text; `layer(...)` puts it on the shelf:

    @layer("Ioffe & Szegedy 2015, algorithm 1")
    def batch_norm() -> Text: ...

Nothing is read here: a text becomes a Layer when somebody asks for it.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, partial

from symbackprop.layer import Layer

Value = int | bool | str | Fraction | None
SYMBOLIC = "symbolic"
_WHOLE, _NUMBER = re.compile(r"\d{1,6}"), re.compile(r"-?\d{1,9}(\.\d{1,40}|/[1-9]\d{0,8})?")


@dataclass(frozen=True)
class Text:
    """A layer's text: its signature, its equations, what is assumed beyond signs."""

    signature: str
    equations: str
    assume: str = ""


@dataclass(frozen=True)
class Option:
    """A choice that a layer leaves: its default, how a value is read, which values tests should try.

    `allowed` says in words what `read` takes. None is the value that stays a symbol.
    """

    default: Value
    read: Callable[[str], Value]
    allowed: str
    examples: tuple[Value, ...]


def whole(default: int | None, least: int = 0) -> Option:
    """A whole number from `least` on; a default of None stays a symbol."""
    read, allowed = partial(_read_whole, least), f"a whole number from {least} on"
    if default is None:
        return Option(None, partial(_or_symbol, read), f"{allowed}, or {SYMBOLIC}", (None, 2))
    return Option(default, read, allowed, (default, default + 1))


def number(default: Fraction | int) -> Option:
    """An exact number, 3/2 or 1.5, or None for a symbol that the layer takes as an input."""
    value = Fraction(default)
    return Option(value, partial(_or_symbol, _read_number), f"a number, or {SYMBOLIC}", (value, None))


def choice(*words: str) -> Option:
    """One of the words, the first by default."""
    return Option(words[0], partial(_read_choice, words), "one of " + ", ".join(words), words)


def flag(default: bool) -> Option:
    """True or False."""
    return Option(default, _read_flag, "true or false", (default, not default))


def _read_whole(least: int, text: str) -> int:
    if not _WHOLE.fullmatch(text) or int(text) < least:
        raise ValueError
    return int(text)


def _read_number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return Fraction(text)


def _read_choice(words: tuple[str, ...], text: str) -> str:
    if text not in words:
        raise ValueError
    return text


def _read_flag(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _or_symbol(read: Callable[[str], Value], text: str) -> Value:
    return None if text in (SYMBOLIC, "None") else read(text)


@dataclass(frozen=True)
class Entry:
    """A layer of the shelf for every choice of its options; `text` takes them as keywords."""

    name: str
    family: str
    summary: str
    text: Callable[..., Text]
    source: str = ""
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)

    def settle(self, chosen: Mapping[str, object]) -> dict[str, Value]:
        """Every option with its value, in the entry's order. Raises ValueError for a name or value it doesn't know."""
        for name in chosen:
            if name not in self.options:
                raise ValueError(f"{self.name} has no option {name!r}; {self._allowed()}")
        return {name: self._value(name, chosen[name]) if name in chosen else option.default
                for name, option in self.options.items()}

    def _value(self, name: str, value: object) -> Value:
        try:
            return self.options[name].read(str(value))
        except (ValueError, KeyError):
            allowed = self.options[name].allowed
            raise ValueError(f"{self.name}: {name} = {str(value)!r:.40}; it should be {allowed}") from None

    def _allowed(self) -> str:
        if not self.options:
            return "it has none"
        return "it has " + ", ".join(f"{name} ({option.allowed})" for name, option in self.options.items())

    def label(self, settled: Mapping[str, Value]) -> str:
        """The name that brings this layer back: conv2d:stride=2,padding=1, without the options at their defaults."""
        told = [f"{name}={_written(value)}" for name, value in settled.items() if value != self.options[name].default]
        return self.name + (":" + ",".join(told) if told else "")

    def make(self, **chosen: object) -> Layer:
        """A new Layer with these options. Raises ValueError for an option it doesn't have."""
        settled = self.settle(chosen)
        text = self.text(**settled)
        return Layer(self.label(settled), text.signature, text.equations, source=self.source, assume=text.assume,
                     variant=partial(get, self.name))

    def variants(self) -> Iterator[dict[str, Value]]:
        """Choices that together try every option: the defaults, each option changed alone, then all at once."""
        changed = {name: option.examples[1:] for name, option in self.options.items()}
        yield {}
        for name, values in changed.items():
            yield from ({name: value} for value in values)
        if len(changed) > 1:
            yield {name: values[-1] for name, values in changed.items()}


def _written(value: Value) -> str:
    return SYMBOLIC if value is None else str(value).lower() if isinstance(value, bool) else str(value)


SHELF: dict[str, Entry] = {}


def put(entry: Entry) -> None:
    """Puts an entry on the shelf. Raises ValueError where its name is taken."""
    if entry.name in SHELF:
        raise ValueError(f"the shelf has a {entry.name} already, in the family {SHELF[entry.name].family}")
    SHELF[entry.name] = entry


def layer(source: str = "", **options: Option) -> Callable[[Callable[..., Text]], Callable[..., Text]]:
    """Puts a function from options to text on the shelf, under its own name; its docstring is the summary."""

    def shelve(text: Callable[..., Text]) -> Callable[..., Text]:
        summary = (text.__doc__ or "").strip().splitlines()[0]
        put(Entry(text.__name__, text.__module__.rpartition(".")[2], summary, text, source, options))
        return text

    return shelve


def entry(name: str) -> Entry:
    """The entry of that name. Raises LookupError, with the nearest names, where there is none."""
    if name in SHELF:
        return SHELF[name]
    near = get_close_matches(name.lower(), SHELF, n=3, cutoff=0.6) or [n for n in SHELF if name.lower() in n][:3]
    hint = f"; did you mean {' or '.join(near)}?" if near else "; `symbackprop layers` lists them"
    raise LookupError(f"there is no layer {name!r:.60} on the shelf{hint}")


def get(name: str, **options: object) -> Layer:
    """The layer of that name with these options; the same object each time."""
    found = entry(name)
    return _made(name, tuple(found.settle(options).items()))


@cache
def _made(name: str, settled: tuple[tuple[str, Value], ...]) -> Layer:
    return SHELF[name].make(**dict(settled))


def named(text: str) -> Layer:
    """The layer that a command line names: `linear`, or with options `conv2d:stride=2,padding=1`."""
    name, _, told = text.strip().partition(":")
    pairs = [option.partition("=") for option in told.split(",")] if told.strip() else []
    for option, equals, _value in pairs:
        if not equals:
            raise ValueError(f"{option.strip()!r:.60} in {text!r:.80} is no option; "
                             "write name=value, as in conv2d:stride=2,padding=1")
    return get(name.strip(), **{option.strip(): value.strip() for option, _, value in pairs})


def names(family: str = "") -> tuple[str, ...]:
    """The names on the shelf in its order, of one family if told."""
    return tuple(name for name, found in SHELF.items() if family in ("", found.family))
