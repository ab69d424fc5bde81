r"""Losses, each with its gradient, numerically safe however large the scores.

Every loss is a function ``loss(y_true, y_pred, *, ..., sample_weight=None, reduction="mean")`` that returns ``(value,
gradient)``, the gradient with respect to ``y_pred``, of its shape and dtype. ``y_true`` has the shape of ``y_pred``
unless the loss says otherwise: (n_samples,), or (n_samples, n_outputs), of which every element counts. Reductions,
with :math:`\ell_i` the loss of sample i and :math:`w_i \ge 0` its weight (1 without ``sample_weight``, an array of
shape (n_samples,)):

- ``"mean"``: :math:`\sum_i w_i \ell_i / \sum_i w_i`, scikit-learn's weighted mean;
- ``"sum"``: :math:`\sum_i w_i \ell_i`;
- ``"none"``: the values :math:`w_i \ell_i`, and for each sample the gradient of its own value.

A ``ValueError`` says what was expected and what came: shapes that do not fit, NaN or infinity, labels or probabilities
outside their range, negative weights or weights that sum to 0, an unknown reduction. No input is modified.
"""

import numpy as np

from companion.numerics import log_sigmoid, log_softmax, sigmoid, softplus

__all__ = [
    "absolute_error",
    "binary_cross_entropy_with_logits",
    "brier",
    "cross_entropy",
    "focal",
    "gaussian_nll",
    "hinge",
    "huber",
    "kl_divergence",
    "l1_penalty",
    "l2_penalty",
    "pinball",
    "squared_error",
    "squared_hinge",
    "zero_one",
]


def _finite(name, values):
    """An array of floats (float32 stays float32), or a ValueError that says what is wrong with it."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiub":
        raise ValueError(f"{name} has dtype {values.dtype}, expected numbers")
    values = values if values.dtype.kind == "f" else values.astype(float)
    if not np.isfinite(values).all():
        raise ValueError(f"{name} contains {'NaN' if np.isnan(values).any() else 'infinity'}")
    return values


def _pair(y_true, y_pred):
    """Two finite arrays of one non-empty shape; labels that are integers take the dtype of the predictions."""
    labels = np.asarray(y_true).dtype.kind in "iub"
    y_true, y_pred = _finite("y_true", y_true), _finite("y_pred", y_pred)
    y_true = y_true.astype(y_pred.dtype) if labels else y_true
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true has shape {y_true.shape}, y_pred has shape {y_pred.shape}; expected equal shapes")
    if y_pred.size == 0:
        raise ValueError("y_pred is empty, expected at least one sample")
    return y_true, y_pred


def _positive(name, value, low=0.0, high=np.inf):
    if not low < value < high:
        raise ValueError(f"{name}={value}, expected in ({low}, {high})")


def _reduce(values, grads, sample_weight, reduction, share=1.0):
    """Weigh the values and gradients of the samples and put them together.

    ``values`` has the samples first; ``grads`` may have further axes. In the mean each sample counts as ``share``
    (1, or the weight of its class) times its sample weight.
    """
    weight = np.ones(values.shape, dtype=values.dtype)
    if sample_weight is not None:
        sample_weight = _finite("sample_weight", sample_weight)
        if sample_weight.shape != values.shape[:1]:
            raise ValueError(f"sample_weight has shape {sample_weight.shape}, expected {values.shape[:1]}")
        if (sample_weight < 0).any():
            raise ValueError(f"sample_weight contains {sample_weight.min()}, expected >= 0")
        weight *= sample_weight.reshape(-1, *(1,) * (values.ndim - 1))
    if reduction == "mean":
        total = (weight * share).sum()
        if not total > 0:
            raise ValueError("the weights sum to 0, expected a positive sum")
        weight /= total
    elif reduction not in ("sum", "none"):
        raise ValueError(f"reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
    grad_weight = weight.reshape(weight.shape + (1,) * (grads.ndim - weight.ndim))
    if not weight.all():  # a weight of 0 leaves out even an infinite loss
        values, grads = np.where(weight > 0, values, 0.0), np.where(grad_weight > 0, grads, 0.0)
    values, grads = weight * values, grad_weight * grads
    return (values if reduction == "none" else values.sum()), grads


# ---- regression -----------------------------------------------------------------------------------------------------


def squared_error(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = (\hat y - y)^2`, without the factor 1/2. Gradient :math:`2(\hat y - y)`; minimized by the mean.

    Examples
    --------
    >>> squared_error([1.0, 2.0], [2.0, 4.0])
    (np.float64(2.5), array([1., 2.]))
    """
    y_true, y_pred = _pair(y_true, y_pred)
    residual = y_pred - y_true
    return _reduce(residual**2, 2 * residual, sample_weight, reduction)


def absolute_error(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = |\hat y - y|`. Gradient the sign, 0 at the kink; minimized by the median.

    Examples
    --------
    >>> absolute_error([1.0, 2.0], [2.0, 0.0])
    (np.float64(1.5), array([ 0.5, -0.5]))
    """
    y_true, y_pred = _pair(y_true, y_pred)
    residual = y_pred - y_true
    return _reduce(np.abs(residual), np.sign(residual), sample_weight, reduction)


def huber(y_true, y_pred, *, delta=1.0, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \tfrac12 r^2` for :math:`|r| \le \delta`, else :math:`\delta(|r| - \tfrac12\delta)`, with
    :math:`r = \hat y - y`.

    The scaling is that of ``torch.nn.functional.huber_loss``. The gradient is r, cut off at :math:`\pm\delta`.

    Examples
    --------
    >>> huber([0.0, 0.0], [0.5, 3.0], reduction="none")
    (array([0.125, 2.5  ]), array([0.5, 1. ]))
    """
    _positive("delta", delta)
    y_true, y_pred = _pair(y_true, y_pred)
    residual = y_pred - y_true
    clipped = np.clip(residual, -delta, delta)
    return _reduce(clipped * (residual - 0.5 * clipped), clipped, sample_weight, reduction)


def pinball(y_true, y_pred, *, alpha=0.5, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \max(\alpha (y - \hat y), (\alpha - 1)(y - \hat y))`; minimized by the :math:`\alpha`-quantile.

    The scaling is that of ``sklearn.metrics.mean_pinball_loss``: half the absolute error for :math:`\alpha = 1/2`. At
    the kink the gradient is 0.

    Examples
    --------
    >>> pinball([1.0, 1.0], [0.0, 2.0], alpha=0.9, reduction="none")
    (array([0.9, 0.1]), array([-0.9,  0.1]))
    """
    _positive("alpha", alpha, 0.0, 1.0)
    y_true, y_pred = _pair(y_true, y_pred)
    under = y_true - y_pred
    slope = np.where(under > 0, -alpha, np.where(under < 0, 1 - alpha, 0.0)).astype(y_pred.dtype)
    return _reduce(-slope * under, slope, sample_weight, reduction)


def gaussian_nll(y_true, mean, var, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \tfrac12 (\log v + (y - \mu)^2 / v)`: the negative log-density of a Gaussian without its constant.

    Parameters
    ----------
    y_true, mean, var : array_like of one shape
        ``var`` is the variance v, positive.

    Returns
    -------
    value : float
    grad : tuple of two ndarray
        With respect to ``mean`` and to ``var``.

    Examples
    --------
    >>> value, (by_mean, by_var) = gaussian_nll([1.0], [0.0], [1.0])
    >>> value, by_mean, by_var
    (np.float64(0.5), array([-1.]), array([0.]))
    """
    y_true, mean = _pair(y_true, mean)
    _, var = _pair(y_true, var)
    if not (var > 0).all():
        raise ValueError(f"var contains {var.min()}, expected > 0")
    residual = mean - y_true
    values = 0.5 * (np.log(var) + residual**2 / var)
    grads = np.stack([residual / var, 0.5 * (1 - residual**2 / var) / var], axis=-1)
    value, grad = _reduce(values, grads, sample_weight, reduction)
    return value, (grad[..., 0], grad[..., 1])


# ---- classification -------------------------------------------------------------------------------------------------


def _probabilities(name, p):
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"{name} must be in [0, 1], got values between {p.min()} and {p.max()}")


def _signs(y_true, y_pred):
    y_true, y_pred = _pair(y_true, y_pred)
    if not np.isin(y_true, (-1, 1)).all():
        raise ValueError(f"y_true must be -1 or 1, got {np.unique(y_true)[:5]}")
    return y_true, y_pred


def binary_cross_entropy_with_logits(y_true, y_pred, *, pos_weight=None, sample_weight=None, reduction="mean"):
    r""":math:`\ell = -\pi\, y \log\sigma(z) - (1 - y)\log(1 - \sigma(z))`, from the logit z.

    Gradient :math:`\sigma(z) - y` for :math:`\pi = 1`. Nothing overflows or vanishes for large z: a mistake of
    z = 10,000 costs 10,000.

    Parameters
    ----------
    y_true : array_like
        Labels 0 and 1, or probabilities between.
    y_pred : array_like of the same shape
        Logits z.
    pos_weight : float, optional
        The weight :math:`\pi` of the positive class, as in torch: it does not enter the divisor of the mean.

    Examples
    --------
    >>> value, grad = binary_cross_entropy_with_logits([1.0, 0.0], [0.0, 1e4])
    >>> value.round(4), grad
    (np.float64(5000.3466), array([-0.25,  0.5 ]))
    """
    y_true, z = _pair(y_true, y_pred)
    _probabilities("y_true", y_true)
    pos = 1.0 if pos_weight is None else pos_weight
    _positive("pos_weight", pos)
    p = sigmoid(z)
    values = pos * y_true * softplus(-z) + (1 - y_true) * softplus(z)
    grads = (1 - y_true) * p - pos * y_true * sigmoid(-z)
    return _reduce(values, grads, sample_weight, reduction)


def _class_targets(y_true, z):
    """Target distributions of shape (n, K), from class indices or from distributions."""
    y_true = np.asarray(y_true)
    n_samples, n_classes = z.shape
    if y_true.shape == (n_samples,) and y_true.dtype.kind in "iu":
        unknown = y_true[(y_true < 0) | (y_true >= n_classes)]
        if unknown.size:
            raise ValueError(f"y_true contains the class {unknown[0]}, expected 0 to {n_classes - 1}")
        return (y_true[:, None] == np.arange(n_classes)).astype(z.dtype)
    if y_true.shape != z.shape:
        raise ValueError(
            f"y_true has shape {y_true.shape} and dtype {y_true.dtype}, expected class indices of shape ({n_samples},) "
            f"or probabilities of shape {z.shape}"
        )
    y_true = _finite("y_true", y_true)
    _probabilities("y_true", y_true)
    if not np.allclose(y_true.sum(axis=1), 1.0):
        raise ValueError("the rows of y_true must sum to 1")
    return y_true


def cross_entropy(y_true, y_pred, *, label_smoothing=0.0, class_weight=None, sample_weight=None, reduction="mean"):
    r""":math:`\ell = -\sum_k c_k q_k \log p_k` with :math:`p = \operatorname{softmax}(z)`, from the logits z.

    Without class weights the gradient is :math:`p - q`. The target q is the one-hot label, smoothed to
    :math:`(1 - \epsilon) q + \epsilon / K`.

    Parameters
    ----------
    y_true : array_like of shape (n_samples,) or (n_samples, K)
        Class indices, or probabilities.
    y_pred : array_like of shape (n_samples, K)
        Logits z.
    label_smoothing : float in [0, 1]
        :math:`\epsilon`.
    class_weight : array_like of shape (K,), optional
        The weights :math:`c_k`. As in torch, the mean over class indices divides by the sum of the weights of the true
        classes, that over probabilities by the number of samples. With ``sample_weight`` too, the two weights of a
        sample multiply, in the sum and in the divisor.

    Examples
    --------
    >>> value, grad = cross_entropy([0], [[0.0, 0.0]])
    >>> value.round(4), grad
    (np.float64(0.6931), array([[-0.5,  0.5]]))
    """
    z = _finite("y_pred", y_pred)
    if z.ndim != 2 or z.size == 0:
        raise ValueError(f"y_pred has shape {z.shape}, expected (n_samples, n_classes)")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing={label_smoothing}, expected in [0, 1]")
    q, n_classes = _class_targets(y_true, z), z.shape[1]
    weights = _finite("class_weight", np.ones(n_classes) if class_weight is None else class_weight).astype(z.dtype)
    if weights.shape != (n_classes,) or (weights < 0).any():
        raise ValueError(f"class_weight must be {n_classes} non-negative numbers, got shape {weights.shape}")
    share = q @ weights if np.ndim(y_true) == 1 else 1.0  # what a sample counts for in the mean
    cq = weights * ((1 - label_smoothing) * q + label_smoothing / n_classes)  # (n_samples, K)
    log_p = log_softmax(z)
    values = -(cq * log_p).sum(axis=1)
    grads = cq.sum(axis=1, keepdims=True) * np.exp(log_p) - cq
    return _reduce(values, grads, sample_weight, reduction, share)


def hinge(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \max(0, 1 - y f)` for labels :math:`y = \pm 1` and scores f. Subgradient 0 at the kink.

    Examples
    --------
    >>> hinge([1, 1, -1], [2.0, 0.5, 0.0], reduction="none")
    (array([0. , 0.5, 1. ]), array([ 0., -1.,  1.]))
    """
    y_true, score = _signs(y_true, y_pred)
    slack = 1 - y_true * score
    return _reduce(np.maximum(slack, 0), np.where(slack > 0, -y_true, 0), sample_weight, reduction)


def squared_hinge(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \max(0, 1 - y f)^2` for labels :math:`y = \pm 1` and scores f: the hinge without its kink.

    Examples
    --------
    >>> squared_hinge([1, -1], [0.5, 0.0], reduction="none")
    (array([0.25, 1.  ]), array([-1.,  2.]))
    """
    y_true, score = _signs(y_true, y_pred)
    slack = np.maximum(1 - y_true * score, 0)
    return _reduce(slack**2, -2 * y_true * slack, sample_weight, reduction)


def focal(y_true, y_pred, *, gamma=2.0, alpha=None, sample_weight=None, reduction="mean"):
    r""":math:`\ell = -a\,(1 - p_t)^\gamma \log p_t` with :math:`p_t` the probability of the true label, from the logit
    z.

    Parameters
    ----------
    y_true : array_like
        Labels 0 and 1.
    y_pred : array_like of the same shape
        Logits z.
    gamma : float, non-negative
        How strongly easy samples are turned down; 0 is the binary cross-entropy.
    alpha : float in (0, 1), optional
        The weight a of the positive class; the negative one has ``1 - alpha``. Both 1 without.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollar (2017), Focal loss for dense object detection.

    Examples
    --------
    >>> value, _ = focal([1.0], [0.0], gamma=2.0)
    >>> value.round(4)  # a quarter of log 2
    np.float64(0.1733)
    """
    y_true, z = _pair(y_true, y_pred)
    if not np.isin(y_true, (0, 1)).all():
        raise ValueError(f"y_true must be 0 or 1, got {np.unique(y_true)[:5]}")
    if not 0 <= gamma < np.inf:
        raise ValueError(f"gamma={gamma}, expected >= 0")
    if alpha is not None:
        _positive("alpha", alpha, 0.0, 1.0)
    sign = 2 * y_true - 1
    log_p, q = log_sigmoid(sign * z), sigmoid(-sign * z)  # q = 1 - p_t
    a = 1.0 if alpha is None else np.where(y_true == 1, alpha, 1 - alpha).astype(z.dtype)
    values = -a * q**gamma * log_p
    grads = a * sign * q**gamma * (gamma * (1 - q) * log_p - q)  # d q / d z = -sign q (1 - q)
    return _reduce(values, grads, sample_weight, reduction)


def brier(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = (p - y)^2` for labels 0 and 1 and predicted probabilities p.

    Examples
    --------
    >>> brier([1, 0], [0.5, 0.0])
    (np.float64(0.125), array([-0.5,  0. ]))
    """
    y_true, p = _pair(y_true, y_pred)
    _probabilities("y_true", y_true)
    _probabilities("y_pred", p)
    return squared_error(y_true, p, sample_weight=sample_weight, reduction=reduction)


def kl_divergence(p, q, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = \sum_k p_k \log(p_k / q_k)`, with :math:`0 \log 0 = 0`, of distributions along the last axis.

    Parameters
    ----------
    p : array_like of shape (..., K)
        The true distributions.
    q : array_like of shape (..., K)
        The predicted ones.

    Returns
    -------
    value : float
        Infinite where some :math:`q_k = 0 < p_k`.
    grad : ndarray of shape (..., K)
        :math:`-p_k / q_k`, with respect to q, each element taken as free.

    Examples
    --------
    >>> value, _ = kl_divergence([0.9, 0.1], [0.5, 0.5])
    >>> value.round(4)
    np.float64(0.3681)
    """
    p, q = _pair(p, q)
    for name, values in (("p", p), ("q", q)):
        _probabilities(name, values)
        if not np.allclose(values.sum(axis=-1), 1.0):
            raise ValueError(f"{name} must sum to 1 along the last axis")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0).sum(axis=-1)
        grads = np.where(p > 0, -p / q, 0.0)
    return _reduce(values, grads, sample_weight, reduction)


def zero_one(y_true, y_pred, *, sample_weight=None, reduction="mean"):
    r""":math:`\ell = 1` where the sign of the score is not the label :math:`y = \pm 1`, else 0; a score of 0 is a
    mistake.

    It has no useful gradient, and none is returned.

    Examples
    --------
    >>> zero_one([1, -1, 1], [0.3, 0.2, 0.0], reduction="none")
    array([0., 1., 1.])
    """
    y_true, score = _signs(y_true, y_pred)
    mistakes = (y_true * score <= 0).astype(float)
    return _reduce(mistakes, mistakes, sample_weight, reduction)[0]


# ---- penalties ------------------------------------------------------------------------------------------------------


def _penalty_weight(alpha):
    if not 0 <= alpha < np.inf:
        raise ValueError(f"alpha={alpha}, expected >= 0")


def l1_penalty(w, alpha):
    r""":math:`\alpha \|w\|_1` with its subgradient :math:`\alpha \operatorname{sign}(w)`, 0 at 0.

    Examples
    --------
    >>> l1_penalty(np.array([2.0, -1.0]), 0.5)
    (np.float64(1.5), array([ 0.5, -0.5]))
    """
    _penalty_weight(alpha)
    w = _finite("w", w)
    return alpha * np.abs(w).sum(), alpha * np.sign(w)


def l2_penalty(w, alpha):
    r""":math:`\alpha \|w\|_2^2`, without the factor 1/2, with its gradient :math:`2 \alpha w`.

    Examples
    --------
    >>> l2_penalty(np.array([2.0, -1.0]), 0.5)
    (np.float64(2.5), array([ 2., -1.]))
    """
    _penalty_weight(alpha)
    w = _finite("w", w)
    return alpha * (w**2).sum(), 2 * alpha * w
