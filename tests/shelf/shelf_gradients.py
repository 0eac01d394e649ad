"""The 28 gradients by which derivation tools were compared: (name, layer of the shelf, variable)."""
from __future__ import annotations

TWENTY_EIGHT = [
    *[(f"affine {v}", "linear", v) for v in ("W", "b", "x")],
    ("relu", "relu", "x"),
    ("sigmoid", "sigmoid", "x"),
    ("mean squared error", "mse_loss", "x"),
    ("softmax cross-entropy", "cross_entropy", "z"),
    ("MLP first weight", "mlp", "W1"),
    *[(f"batch norm {v}", "batch_norm", v) for v in ("x", "gamma", "beta")],
    *[(f"layer norm {v}", "layer_norm", v) for v in ("x", "gamma", "beta")],
    *[(f"attention {v}", "scaled_dot_product_attention", v) for v in ("Q", "K", "V")],
    ("conv1d kernel", "conv1d", "W"),
    ("RNN recurrent weight", "rnn", "U"),
    *[(f"LSTM cell {v}", "lstm_cell", v) for v in ("Wf", "Wg", "Uf")],
    ("L2 regulariser", "l2_regularizer", "W"),
    ("quadratic form", "quadratic_form", "x"),
    ("trace", "trace_product", "A"),
    ("log det", "logdet", "A"),
    ("inverse", "inverse", "A"),
    ("embedding", "embedding", "E"),
]
