"""The options of a call: names that the layer doesn't know, the values they are tried at, and the layer that goes with each.

    conv_forward(x, W, b, {"stride": stride, "pad": pad})       stride is the layer's stride, pad its padding
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from symbackprop.language.errors import did_you_mean
from symbackprop.layer import Layer
from symbackprop.layers import shelf
from symbackprop.verify.source_calls import Value, combinations, usable

KERNELS = (2, 3)
_CALLED = {
    "stride": "stride strides s S",
    "padding": "pad padding p P",
    "kernel_size": "kernel_size kernel k pool_size pool size pool_height pool_width HH WW ph pw window",
}
MEANT = {name: option for option, names in _CALLED.items() for name in names.split()}
"""What people call the options of convolutions and pooling."""


def options_of(layer: Layer, names: Sequence[str], values: Mapping[str, tuple[Value, ...]]) -> list[tuple[Layer, dict[str, Value]]]:
    """The layer for each choice of values for the call's open names. Raises ValueError for a name without values."""
    for name in values:
        if name not in names:
            has = f"its names are {', '.join(names)}" if names else "every name in it is the layer's or the file's"
            own = f"{name} is a variable of {layer.name}, which takes many values anyway"
            what = own if name in usable(layer) else f"the call has no {name}"
            raise ValueError(f"{what}; {has}")
    tried = {name: values.get(name) or _defaults(layer, name) for name in names}
    return [(_variant(layer, chosen), chosen) for chosen in combinations(tried) if not _clashes(layer, chosen)]


def _defaults(layer: Layer, name: str) -> tuple[Value, ...]:
    option = _option(layer, name)
    if option is None:
        has = ", ".join(usable(layer))
        near = did_you_mean(name, usable(layer))
        hint = f"; {near}" if near else f"; or tell its values: --vary '{name}=1,2'"
        raise ValueError(f"nothing tells what {name} in the call is; {layer.name} has {has}{hint}")
    settled = _settled(layer)[option]
    if settled is not None and settled != _entry(layer).options[option].default:
        return (_plain(settled),)
    found = [v for v in _entry(layer).options[option].examples if v is not None]
    return KERNELS if option == "kernel_size" else tuple(map(_plain, (found * 2 if len(found) > 1 else [1, *found])[:2]))


def without_bias(layer: Layer, used: Container[str]) -> Layer:
    """The layer without its bias, where it has that choice and nobody mentions b or db."""
    if layer.variant is None or "b" in used or "db" in used or "bias" not in _entry(layer).options:
        return layer
    return layer.variant(**{**{k: v for k, v in _settled(layer).items() if v is not None}, "bias": False})


def disagreement(layer: Layer, told: Mapping[str, Value]) -> str:
    """What to say where the call's literals and the layer's options disagree: stride 2 in the call of a layer of stride 1."""
    own = {name: option for name in told if (option := _option(layer, name)) is not None}
    settled = _settled(layer) if own else {}
    wrong = {option: told[name] for name, option in own.items() if str(settled[option]) != str(told[name])}
    if not wrong:
        return ""
    has = ", ".join(f"{option} {'a symbol' if settled[option] is None else settled[option]}" for option in wrong)
    base = layer.name.partition(":")[0]
    chosen = {**{k: v for k, v in settled.items() if v is not None and v != _entry(layer).options[k].default}, **wrong}
    return f"the layer has {has}; the call fits {base}:{','.join(f'{k}={v}' for k, v in chosen.items())}"


def _plain(value: object) -> Value:
    return value if isinstance(value, (int, str, bool)) else float(str(value))


def _entry(layer: Layer) -> shelf.Entry:
    return shelf.entry(layer.name.partition(":")[0])


def _settled(layer: Layer) -> Mapping[str, shelf.Value]:
    told = layer.name.partition(":")[2]
    return _entry(layer).settle(dict(pair.split("=", 1) for pair in told.split(",")) if told else {})


def _option(layer: Layer, name: str) -> str | None:
    """The layer's option that a name of the call means."""
    if layer.variant is None:
        return None
    known = _entry(layer).options
    meant = name if name in known else MEANT.get(name, "")
    return meant if meant in known else None


def _told(layer: Layer, chosen: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    yield from ((option, value) for name, value in chosen.items() if (option := _option(layer, name)) is not None)


def _clashes(layer: Layer, chosen: Mapping[str, Value]) -> bool:
    """Whether two names give one option two values: a pool that is not square."""
    told = list(_told(layer, chosen))
    return len(dict(told)) < len(set(told))


def _variant(layer: Layer, chosen: Mapping[str, Value]) -> Layer:
    told = dict(_told(layer, chosen))
    if not told or layer.variant is None:
        return layer
    try:
        return layer.variant(**{**{k: v for k, v in _settled(layer).items() if v is not None}, **told})
    except ValueError as error:
        raise ValueError(str(error)) from None
