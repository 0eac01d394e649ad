"""Layer: a name, a signature, equations in order, a source. A network is layers composed: again a Layer."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from symbackprop.language.equations import Assumption, Equation
from symbackprop.language.substitution import substitute
from symbackprop.language.tensors import Dim, Tensor


@dataclass(frozen=True, eq=False)
class Layer:
    """Equations that turn inputs into outputs, for every size.

        Layer("linear", "x[N,D], W[D,H], b[H] -> z[N,H]", "z = x @ W + b")

    `signature` declares inputs and outputs, `equations` defines the intermediates and the outputs, one a
    line or separated by semicolons, in index style or array style; `assume` adds assumptions beyond signs.
    `variant` makes a layer of the shelf with other options: conv2d(stride=2).
    Raises NotationError, with line and column, for text that does not say a layer.
    """

    name: str
    signature: InitVar[str]
    text: InitVar[str]
    source: str = ""
    assume: InitVar[str] = ""
    variant: Callable[..., Layer] | None = field(default=None, repr=False)
    inputs: tuple[Tensor, ...] = field(init=False)
    outputs: tuple[Tensor, ...] = field(init=False)
    equations: tuple[Equation, ...] = field(init=False, repr=False)
    assumptions: tuple[Assumption, ...] = field(init=False, repr=False)

    def __post_init__(self, signature: str, text: str, assume: str) -> None:
        from symbackprop.language.notation import read_layer
        read = read_layer(signature, text, assume)
        self._fill(read.inputs, read.outputs, read.equations, read.assumptions)

    def _fill(self, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], equations: tuple[Equation, ...],
              assumptions: tuple[Assumption, ...]) -> None:
        outputs, equations = _with_initial_states(outputs, equations)
        for name, value in [("inputs", inputs), ("outputs", outputs), ("equations", equations), ("assumptions", assumptions)]:
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, name: str, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...], equations: tuple[Equation, ...],
           assumptions: tuple[Assumption, ...] = (), source: str = "") -> Layer:
        """A layer from equations that are already read."""
        made = object.__new__(cls)
        object.__setattr__(made, "name", name)
        object.__setattr__(made, "source", source)
        made._fill(tuple(inputs), tuple(outputs), tuple(equations), tuple(assumptions))
        return made

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """Every variable by name: the inputs, then the intermediates and outputs in order of definition."""
        return {t.name: t for t in (*self.inputs, *(e.tensor for e in self.equations))}

    @cached_property
    def intermediates(self) -> tuple[Tensor, ...]:
        """What is defined on the way and is no output."""
        names = {t.name for t in (*self.inputs, *self.outputs)}
        return tuple(t for name, t in self.tensors.items() if name not in names)

    @cached_property
    def is_cost(self) -> bool:
        """Whether its one output is a scalar, whose own gradient is 1."""
        return len(self.outputs) == 1 and not self.outputs[0].sizes

    @cached_property
    def sizes(self) -> tuple[Dim, ...]:
        """The symbolic sizes, in order of appearance."""
        every = [s for t in self.tensors.values() for size in (*t.sizes, t.below) if size is not None
                 for s in sorted(size.free_symbols, key=str)]
        return tuple(dict.fromkeys(s for s in every if isinstance(s, Dim)))

    def equation(self, name: str) -> Equation:
        """The equation that defines the variable."""
        for equation in self.equations:
            if equation.tensor.name == name and not equation.is_boundary:
                return equation
        raise KeyError(f"{self.name} has no equation for {name!r}; it defines {', '.join(e.tensor.name for e in self.equations)}")

    def __call__(self, **options: object) -> Layer:
        """The layer with these options and the others at their defaults, for a layer of the shelf."""
        if self.variant is None:
            raise TypeError(f"{self.name} is no layer of the shelf and has no options")
        return self.variant(**options)

    def evaluate(self, **arrays: Any) -> Any:
        """The outputs as NumPy arrays at the values of the inputs: one array, or a dict of several."""
        return import_module("symbackprop.language.evaluate").outputs(self, arrays)

    def _repr_latex_(self) -> str:
        return str(import_module("symbackprop.render.latex").layer(self))

    def _repr_html_(self) -> str:
        return str(import_module("symbackprop.render.html").layer(self))

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        # IPython and Hypothesis would look for the dataclass's arguments, which are read and not kept.
        printer.text(str(self))

    def __str__(self) -> str:
        return str(import_module("symbackprop.render.text").layer(self))


def _with_initial_states(outputs: tuple[Tensor, ...],
                         equations: tuple[Equation, ...]) -> tuple[tuple[Tensor, ...], tuple[Equation, ...]]:
    # A state with an equation for h[−1] doesn't read 0 there: its tensor says so wherever it stands.
    states: dict[Any, Any] = {e.tensor: e.tensor.starting() for e in equations if e.is_boundary}
    if not states:
        return outputs, equations
    marked = tuple(Equation(substitute(e.left, states), substitute(e.right, states), e.text)
                   for e in equations)
    return tuple(states.get(t, t) for t in outputs), marked
