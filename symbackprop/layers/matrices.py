"""Functions of a matrix: penalties, forms, traces, determinants, inverses."""
from __future__ import annotations

from symbackprop.layers.shelf import Text, flag, layer


@layer("Krogh & Hertz 1992")
def l2_regularizer() -> Text:
    """C = ½ λ Σ W²."""
    return Text("W[D,H], lam >= 0 -> C", "C = lam*sum[d,h](W[d,h]**2)/2")


@layer("Petersen & Pedersen 2012, equation 81", symmetric=flag(False))
def quadratic_form(symmetric: bool) -> Text:
    """C = xᵀ A x."""
    return Text("A[D,D], x[D] -> C", "C = sum[i,j](x[i]*A[i,j]*x[j])", "A == A.T" if symmetric else "")


@layer("Petersen & Pedersen 2012, equation 99")
def trace() -> Text:
    """C = tr A."""
    return Text("A[D,D] -> C", "C = sum[i](A[i,i])")


@layer("Petersen & Pedersen 2012, equation 100")
def trace_product() -> Text:
    """C = tr(A B)."""
    return Text("A[D,H], B[H,D] -> C", "C = sum[i,j](A[i,j]*B[j,i])")


@layer("Petersen & Pedersen 2012, equation 57")
def logdet() -> Text:
    """C = log |det A|."""
    return Text("A[D,D] -> C", "C = logdet(A)", "invertible(A)")


@layer("Petersen & Pedersen 2012, equation 60")
def inverse() -> Text:
    """B = A⁻¹."""
    return Text("A[D,D] -> B[D,D]", "B = inv(A)", "invertible(A)")


@layer()
def frobenius_norm() -> Text:
    """C = √(Σ A²)."""
    return Text("A[D,H] -> C", "C = sqrt(sum[d,h](A[d,h]**2))")
