"""Small networks that textbooks derive by hand."""
from __future__ import annotations

from symbackprop.layers.losses import SOFTMAX, TARGETS
from symbackprop.layers.shelf import Text, choice, layer

ACTIVATION = choice("relu", "unspecified")


def _activation(name: str) -> str:
    return "f" if name == "unspecified" else name


@layer("Rumelhart, Hinton & Williams 1986", target=choice(*TARGETS))
def mlp(target: str) -> Text:
    """Two layers: linear, ReLU, linear, softmax, cross-entropy."""
    declared, cost, assume = TARGETS[target]
    return Text(f"x[N,D], W1[D,H], b1[H], W2[H,K], b2[K], {declared} -> C", f"""
        z1[n,h] = sum[d](x[n,d]*W1[d,h]) + b1[h]
        a1[n,h] = relu(z1[n,h])
        z2[n,k] = sum[h](a1[n,h]*W2[h,k]) + b2[k]
        {SOFTMAX.format(z="z2").strip()}
        {cost}
    """, assume)


@layer("Rumelhart, Hinton & Williams 1986", activation=ACTIVATION)
def neuron(activation: str) -> Text:
    """C = ½ (y − r)², r = ReLU(W x): one neuron with one input and a target, or r = f(W x) with f left open."""
    return Text("W, x, y -> C", f"""
        z = W*x
        r = {_activation(activation)}(z)
        C = (y - r)**2/2
    """)


@layer("Nair & Hinton 2010", activation=ACTIVATION)
def relu_layer(activation: str) -> Text:
    """r1[j] = ReLU(Σ over i of W[i,j] r0[i]): from the outputs of one layer to those of the next."""
    return Text("W[D,H], r0[D] -> r1[H]", f"""
        z[j] = sum[i](W[i,j]*r0[i])
        r1[j] = {_activation(activation)}(z[j])
    """)
