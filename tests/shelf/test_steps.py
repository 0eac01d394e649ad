"""Every step of every derivation on the shelf is true: each line, in index form and in matrix form, by the oracle."""
from __future__ import annotations

import pytest
from shelf_points import LABELS

import symbackprop as sb
from symbackprop import layers
from symbackprop.verify.steps import check_steps


@pytest.mark.parametrize("label", LABELS)
def test_every_step_of_every_derivation_is_confirmed(label: str) -> None:
    for variable, derivation in sb.derive(layers.named(label)).items():
        for step, verdict in zip(derivation.steps, check_steps(derivation), strict=True):
            assert verdict.status == "agrees", f"{label} d{variable}, {step.right}: {verdict}"
