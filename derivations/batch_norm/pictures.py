"""The picture of the text on batch normalisation: a cost before and after its features are normalised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbackprop.claims.experiments import scales
from symbackprop.documents.evidence import answered
from symbackprop.documents.figures import canvas
from symbackprop.documents.surfaces import valley

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def contours() -> Canvas:
    """Lines of equal cost with features on scales 1 and 1000, and with both normalised; each axis has its own scale."""
    found = answered(scales)
    figure, axes = canvas(6.2, 2.9, 2)
    for ax, name in zip(axes, ("raw", "normalised"), strict=True):
        target = found.paths["targets"][name]
        box = tuple((-0.5 * t, 2.0 * t) for t in target)
        valley(ax, found.paths["hessians"][name], target, found.paths[name], (box[0], box[1]))
    return figure
