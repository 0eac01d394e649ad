"""Attention: M queries look at N keys and take a mean of their values."""
from __future__ import annotations

from symbackprop.layers.shelf import Text, choice, layer

MASKS = {
    "none": ("", "exp(S[m,n])", "exp(S[m,j])", ""),
    "given": (", mask[M,N] in {0, 1}", "mask[m,n]*exp(S[m,n])", "mask[m,j]*exp(S[m,j])", "sum[n](mask[m,n]) > 0"),
}
"""What a mask declares, the weight of a pair before it is normalised, with n and with j, and its assumption."""


@layer("Vaswani et al. 2017, equation 1", mask=choice("none", "given", "causal"))
def scaled_dot_product_attention(mask: str) -> Text:
    """O = softmax(Q Kᵀ / √D) V; a mask of 0 hides a key from a query, "causal" hides the later ones."""
    if mask == "causal":
        return _causal()
    declared, weight, other, assume = MASKS[mask]
    return Text(f"Q[M,D], K[N,D], V[N,E]{declared} -> O[M,E]", f"""
        S[m,n] = sum[d](Q[m,d]*K[n,d])/sqrt(D)
        P[m,n] = {weight}/sum[j]({other})
        O[m,e] = sum[n](P[m,n]*V[n,e])
    """, assume)


def _causal() -> Text:
    return Text("Q[T,D], K[T,D], V[T,E] -> O[T,E]", """
        S[t,u] = sum[d](Q[t,d]*K[u,d])/sqrt(D)
        P[t,u] = (u <= t)*exp(S[t,u])/sum[j]((j <= t)*exp(S[t,j]))
        O[t,e] = sum[u](P[t,u]*V[u,e])
    """)


@layer("Vaswani et al. 2017, section 3.2.2")
def multi_head_attention() -> Text:
    """Y = Σ over H heads of softmax(Q Kᵀ / √E) V Wo, with Q, K, V = x Wq, x Wk, x Wv a head."""
    return Text("x[T,D], Wq[H,D,E], Wk[H,D,E], Wv[H,D,E], Wo[H,E,D] -> Y[T,D]", """
        Q[h,t,e] = sum[d](x[t,d]*Wq[h,d,e])
        K[h,t,e] = sum[d](x[t,d]*Wk[h,d,e])
        V[h,t,e] = sum[d](x[t,d]*Wv[h,d,e])
        S[h,t,u] = sum[e](Q[h,t,e]*K[h,u,e])/sqrt(E)
        P[h,t,u] = exp(S[h,t,u])/sum[j](exp(S[h,t,j]))
        O[h,t,e] = sum[u](P[h,t,u]*V[h,u,e])
        Y[t,d] = sum[h,e](O[h,t,e]*Wo[h,e,d])
    """)
