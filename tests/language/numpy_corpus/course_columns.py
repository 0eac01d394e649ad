"""Networks whose examples are columns, with dicts of parameters, caches and gradients. CASES as in `dense`."""
# ruff: noqa
import copy
import math

import numpy as np

CASES = [
    ("columns_linear", "columns", "A, W, b, dout", "out, dA, dW, db", ""),
    ("columns_averaged", "columns", "A, W, b, dout", "dA, dW, db", "dW db"),
    ("columns_flat_bias", "columns", "A, W, b, dout", "db", "db"),
    ("columns_sum_axis", "columns", "A, W, b, dout", "db", "db"),
    ("columns_activation", "columns relu", "A, W, b, dout", "out, dA, dW, db", ""),
    ("columns_caches_swapped", "columns relu", "A, W, b, dout", "dW", "dW"),
    ("planar_assignment", "planar", "X, Y, W1, b1, W2, b2", "cost, dW1, db1, dW2, db2", ""),
    ("planar_globals", "planar", "X, Y, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("planar_functions", "planar", "X, Y, W1, b1, W2, b2", "cost, dW1, db1, dW2, db2", ""),
    ("planar_no_tanh", "planar", "X, Y, W1, b1, W2, b2", "dW1, dW2", "dW1"),
    ("planar_sum", "planar", "X, Y, W1, b1, W2, b2", "dW2, db2", "dW2 db2"),
    ("planar_wrong_activation", "planar", "X, Y, W1, b1, W2, b2", "dW1", "dW1"),
    ("logistic_assignment", "logistic", "X, Y, w, b", "cost, dw, db", ""),
    ("logistic_loops", "logistic", "X, Y, w, b", "dw, db", ""),
    ("logistic_no_mean", "logistic", "X, Y, w, b", "dw, db", "dw db"),
    ("deep_assignment", "deep columns", "X, Y, W1, b1, W2, b2", "cost, dW1, db1, dW2, db2", ""),
    ("deep_lists", "deep columns", "X, Y, W1, b1, W2, b2", "dW1, db1, dW2, db2", ""),
    ("deep_switched", "deep columns", "X, Y, W1, b1, W2, b2", "dW1, dW2", "dW1"),
    ("regularised_assignment", "regularised columns", "X, Y, lambd, W1, b1, W2, b2", "cost, dW1, dW2", ""),
    ("regularised_forgotten", "regularised columns", "X, Y, lambd, W1, b1, W2, b2", "dW1", "dW1"),
]


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    cache = Z
    return A, cache


def relu(Z):
    A = np.maximum(0, Z)
    assert (A.shape == Z.shape)
    cache = Z
    return A, cache


def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)  # just converting dz to a correct object.
    # When z <= 0, you should set dz to 0 as well.
    dZ[Z <= 0] = 0
    assert (dZ.shape == Z.shape)
    return dZ


def sigmoid_backward(dA, cache):
    Z = cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    assert (dZ.shape == Z.shape)
    return dZ


def linear_forward(A, W, b):
    Z = W.dot(A) + b
    assert (Z.shape == (W.shape[0], A.shape[1]))
    cache = (A, W, b)
    return Z, cache


def linear_backward_sum(dZ, cache):
    A_prev, W, b = cache
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    assert (dA_prev.shape == A_prev.shape)
    assert (dW.shape == W.shape)
    assert (db.shape == b.shape)
    return dA_prev, dW, db


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1. / m * np.dot(dZ, A_prev.T)
    db = 1. / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def linear_activation_forward(A_prev, W, b, activation):
    if activation == "sigmoid":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = relu(Z)
    assert (A.shape == (W.shape[0], A_prev.shape[1]))
    cache = (linear_cache, activation_cache)
    return A, cache


def linear_activation_backward(dA, cache, activation, average=True):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    back = linear_backward if average else linear_backward_sum
    dA_prev, dW, db = back(dZ, linear_cache)
    return dA_prev, dW, db


def columns_linear(A, W, b, dout):
    Z, cache = linear_forward(A, W, b)
    dA, dW, db = linear_backward_sum(dout, cache)
    return Z, dA, dW, db


def columns_averaged(A, W, b, dout):
    Z, cache = linear_forward(A, W, b)
    return linear_backward(dout, cache)


def columns_flat_bias(A, W, b, dout):
    return np.sum(dout, axis=1)


def columns_sum_axis(A, W, b, dout):
    return np.sum(dout, axis=0, keepdims=True)


def columns_activation(A, W, b, dout):
    out, cache = linear_activation_forward(A, W, b, activation="relu")
    dA, dW, db = linear_activation_backward(dout, cache, activation="relu", average=False)
    return out, dA, dW, db


def columns_caches_swapped(A, W, b, dout):
    out, (linear_cache, activation_cache) = linear_activation_forward(A, W, b, "relu")
    dZ = dout * (dout > 0)
    return linear_backward_sum(dZ, linear_cache)[1]


def forward_propagation(X, parameters):
    # Retrieve each parameter from the dictionary "parameters"
    W1 = parameters["W1"]
    b1 = parameters["b1"]
    W2 = parameters["W2"]
    b2 = parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    Z2 = np.dot(W2, A1) + b2
    A2 = sigmoid(Z2)[0]
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    cost = -np.sum(logprobs) / m
    cost = np.squeeze(cost)
    return cost


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    W1 = parameters["W1"]
    W2 = parameters["W2"]
    A1 = cache["A1"]
    A2 = cache["A2"]
    dZ2 = A2 - Y
    dW2 = (1 / m) * np.dot(dZ2, A1.T)
    db2 = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = (1 / m) * np.dot(dZ1, X.T)
    db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)
    grads = {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
    return grads


def planar_assignment(X, Y, W1, b1, W2, b2):
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    A2, cache = forward_propagation(X, parameters)
    cost = compute_cost(A2, Y)
    grads = backward_propagation(parameters, cache, X, Y)
    return cost, grads["dW1"], grads["db1"], grads["dW2"], grads["db2"]


EPSILON = 0.0
HIDDEN = 'tanh'


def planar_globals(X, Y, W1, b1, W2, b2):
    n_x, m = X.shape
    Z1 = W1 @ X + b1
    A1 = np.tanh(Z1) if HIDDEN == 'tanh' else np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)) + EPSILON)
    delta = [None, None]
    delta[1] = (A2 - Y) / m
    delta[0] = W2.T @ delta[1] * (1 - A1 * A1)
    nabla_w = [d @ a.T for d, a in zip(delta, [X, A1])]
    nabla_b = [d.sum(axis=1, keepdims=True) for d in delta]
    return nabla_w[0], nabla_b[0], nabla_w[-1], nabla_b[-1]


def planar_functions(X, Y, W1, b1, W2, b2):
    parameters = dict(W1=W1, b1=b1, W2=W2, b2=b2)
    A2, cache = forward_propagation(X, copy.deepcopy(parameters))
    m = float(Y.shape[1])
    dA2 = -(np.divide(Y, A2) - np.divide(1 - Y, 1 - A2))
    dZ2 = dA2 * A2 * (1 - A2)
    grads = {}
    grads['dW2'] = np.dot(dZ2, cache['A1'].T) / m
    grads['db2'] = np.sum(dZ2, axis=1, keepdims=True) / m
    dA1 = np.dot(parameters['W2'].T, dZ2)
    dZ1 = dA1 * (1 - np.tanh(cache['Z1']) ** 2)
    grads['dW1'] = np.dot(dZ1, X.T) / m
    grads['db1'] = np.mean(dZ1, axis=1, keepdims=True)
    return compute_cost(A2, Y), grads['dW1'], grads['db1'], grads['dW2'], grads['db2']


def planar_no_tanh(X, Y, W1, b1, W2, b2):
    A2, cache = forward_propagation(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    m = X.shape[1]
    dZ2 = A2 - Y
    dZ1 = W2.T.dot(dZ2)
    return dZ1.dot(X.T) / m, dZ2.dot(cache["A1"].T) / m


def planar_sum(X, Y, W1, b1, W2, b2):
    A2, cache = forward_propagation(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    dZ2 = A2 - Y
    return np.dot(dZ2, cache["A1"].T), np.sum(dZ2, axis=1, keepdims=True)


def planar_wrong_activation(X, Y, W1, b1, W2, b2):
    A2, cache = forward_propagation(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    m = X.shape[1]
    dZ1 = np.dot(W2.T, A2 - Y) * cache["A1"] * (1 - cache["A1"])
    return np.dot(dZ1, X.T) / m


def propagate(w, b, X, Y):
    m = X.shape[1]
    # FORWARD PROPAGATION (FROM X TO COST)
    A = sigmoid(np.dot(w.T, X) + b)[0]
    cost = -1 / m * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    # BACKWARD PROPAGATION (TO FIND GRAD)
    dw = 1 / m * np.dot(X, (A - Y).T)
    db = 1 / m * np.sum(A - Y)
    assert (dw.shape == w.shape)
    assert (db.dtype == float)
    cost = np.squeeze(cost)
    grads = {"dw": dw, "db": db}
    return grads, cost


def logistic_assignment(X, Y, w, b):
    grads, cost = propagate(w, b, X, Y)
    return cost, grads["dw"], grads["db"]


def logistic_loops(X, Y, w, b):
    n, m = X.shape
    dw = np.zeros((n, 1))
    db = 0
    for i in range(m):
        z = 0
        for j in range(n):
            z += w[j, 0] * X[j, i]
        a = 1 / (1 + np.exp(-(z + b)))
        dz = a - Y[0, i]
        for j in range(n):
            dw[j, 0] += X[j, i] * dz
        db += dz
    dw /= m
    db /= m
    return dw, db


def logistic_no_mean(X, Y, w, b):
    A = sigmoid(w.T @ X + b)[0]
    return X @ (A - Y).T, np.sum(A - Y)


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(A_prev, parameters['W' + str(l)], parameters['b' + str(l)], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters['W' + str(L)], parameters['b' + str(L)], "sigmoid")
    caches.append(cache)
    assert (AL.shape == (1, X.shape[1]))
    return AL, caches


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    current_cache = caches[L - 1]
    grads["dA" + str(L - 1)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, current_cache, "sigmoid")
    for l in reversed(range(L - 1)):
        current_cache = caches[l]
        dA_prev_temp, dW_temp, db_temp = linear_activation_backward(grads["dA" + str(l + 1)], current_cache, "relu")
        grads["dA" + str(l)] = dA_prev_temp
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads


def deep_assignment(X, Y, W1, b1, W2, b2):
    parameters = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}
    AL, caches = L_model_forward(X, parameters)
    cost = compute_cost(AL, Y)
    grads = L_model_backward(AL, Y, caches)
    return cost, grads["dW1"], grads["db1"], grads["dW2"], grads["db2"]


def deep_lists(X, Y, W1, b1, W2, b2):
    weights, biases = [W1, W2], [b1, b2]
    activations, zs = [X], []
    for k, (w, b) in enumerate(zip(weights, biases)):
        z = np.dot(w, activations[-1]) + b
        zs.append(z)
        activations.append(np.maximum(z, 0) if k < len(weights) - 1 else sigmoid(z)[0])
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    delta = (activations[-1] - Y) / X.shape[1]
    nabla_b[-1] = delta.sum(1, keepdims=True)
    nabla_w[-1] = np.dot(delta, activations[-2].transpose())
    for l in range(2, len(weights) + 1):
        z = zs[-l]
        delta = np.dot(weights[-l + 1].transpose(), delta) * (z > 0)
        nabla_b[-l] = delta.sum(1, keepdims=True)
        nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
    return nabla_w[0], nabla_b[0], nabla_w[1], nabla_b[1]


def deep_switched(X, Y, W1, b1, W2, b2):
    AL, caches = L_model_forward(X, {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2})
    dZ2 = AL - Y
    dA1, dW2, db2 = linear_backward(dZ2, caches[1][0])
    dZ1 = sigmoid_backward(dA1, caches[0][1])
    _, dW1, _ = linear_backward(dZ1, caches[0][0])
    return dW1, dW2


def regularised_assignment(X, Y, lambd, W1, b1, W2, b2):
    parameters = {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}
    m = X.shape[1]
    AL, caches = L_model_forward(X, parameters)
    L2_cost = 1. / m * lambd / 2 * (np.sum(np.square(W1)) + np.sum(np.square(W2)))
    cost = compute_cost(AL, Y) + L2_cost
    ((X, W1, b1), Z1), ((A1, W2, b2), Z2) = caches
    dZ2 = AL - Y
    dW2 = 1. / m * np.dot(dZ2, A1.T) + (lambd * W2) / m
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.multiply(dA1, np.int64(A1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T) + (lambd * W1) / m
    return cost, dW1, dW2


def regularised_forgotten(X, Y, lambd, W1, b1, W2, b2):
    AL, caches = L_model_forward(X, {'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2})
    return L_model_backward(AL, Y, caches)["dW1"]
