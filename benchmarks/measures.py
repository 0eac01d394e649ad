"""What is measured, and the limit that each figure should keep.

Derivations are made from cold: a fresh Layer for each, in a process that has imported everything and then emptied
every cache, SymPy's among them.
Scale is measured in a process of its own, for memory counts what one process ever held.
"""
from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

GRADIENT_LIMIT, DEEP_LIMIT, MEMORY_LIMIT, GROWTH_LIMIT, HELP_LIMIT = 0.050, 1.5, 500.0, 12.0, 0.3
"""Seconds a gradient, seconds and MB for 1,000 layers, times 100 layers, seconds until help is shown."""


def forget() -> None:
    """Empties the caches of every module of the project, and SymPy's."""
    from sympy.core.cache import clear_cache
    clear_cache()
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "symbackprop":
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def fresh(name: str) -> Any:
    """A layer of the shelf that was never derived, with nothing remembered of any other."""
    from symbackprop import layers
    layer = layers.entry(name).make()
    forget()
    return layer


def derived(layer: Any, variable: str) -> int:
    """One gradient with every gradient that it rests on, down to their last lines; how many lines there are."""
    import symbackprop as sb
    from symbackprop.language.substitution import tensors
    gradients, waiting, done, lines = sb.derive(layer), [variable], {variable}, 0
    while waiting:
        derivation = gradients[waiting.pop()]
        lines += len(derivation.steps)
        named = {t.adjoint_of for t in tensors(derivation.result)} - {""} - done
        waiting += named
        done |= named
    return lines


def seconds(work: Callable[[], Any], rounds: int = 5) -> float:
    """The least time of a few rounds."""
    return min(_once(work) for _ in range(rounds))


def gradient_seconds(name: str, variable: str, rounds: int = 5) -> float:
    """From a layer already read to its gradient, each round with a fresh layer."""
    return min(_timed(lambda: fresh(name), lambda layer: derived(layer, variable)) for _ in range(rounds))


def _timed(prepare: Callable[[], Any], work: Callable[[Any], Any]) -> float:
    prepared = prepare()
    start = time.perf_counter()
    work(prepared)
    return time.perf_counter() - start


def _once(work: Callable[[], Any]) -> float:
    return _timed(lambda: None, lambda _: work())


DEEP = """
import json, resource, sys, time
import symbackprop as sb
part = sb.Layer("dense", "x[N,D], W[D,H], b[H] -> a[N,H]", "z = x @ W + b; a = relu(z)")
last = sb.layers.half_squared_error
sb.derive(sb.Layer("warm", "x[N] -> y[N]", "y = relu(x)"))["x"].result
depth = int(sys.argv[1])
start = time.perf_counter()
network = sb.compose("deep", *[part]*depth, last)
gradients = sb.derive(network)
composed = time.perf_counter() - start
results = [gradients[name].result for name in ("W1", f"W{depth}")]
first = time.perf_counter() - start
results += [gradients[name].result for name in gradients]
everything = time.perf_counter() - start
megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024
print(json.dumps({"composed": composed, "first": first, "everything": everything, "megabytes": megabytes,
                  "gradients": len(results) - 2}))
"""


def deep(depth: int) -> dict[str, float]:
    """A network of so many linear and ReLU layers: seconds to derive it, to see one gradient, to see every one; MB."""
    done = subprocess.run([sys.executable, "-c", DEEP, str(depth)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def help_seconds() -> float:
    """From the shell to the end of `symbackprop --help`, Python's own start included."""
    command = [sys.executable, "-m", "symbackprop.cli", "--help"]
    return seconds(lambda: subprocess.run(command, capture_output=True, check=True))
