"""Features made from features: standardization and polynomials (``sklearn.preprocessing``)."""

from itertools import chain, combinations, combinations_with_replacement
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

__all__ = ["PolynomialFeatures", "StandardScaler", "monomials"]

FLOATS = (np.float64, np.float32)


class StandardScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Shift and scale each feature to mean 0 and variance 1: :math:`z = (x - \mu) / \sigma`.

    Parameters
    ----------
    with_mean, with_std : bool
        Whether to shift, and whether to scale.

    Attributes
    ----------
    mean_, var_, scale_ : ndarray of shape (n_features,)
        ``var_`` divides by n; ``scale_`` is its root, 1 for a constant feature. None where not used.
    n_samples_seen_ : int

    Examples
    --------
    >>> StandardScaler().fit_transform([[0.0, 5.0], [2.0, 5.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    """

    def __init__(self, *, with_mean=True, with_std=True):
        self.with_mean, self.with_std = with_mean, with_std

    def fit(self, X, y=None):
        """Learn means and standard deviations from X of shape (n_samples, n_features)."""
        X = validate_data(self, X, dtype=FLOATS)
        self.n_samples_seen_ = len(X)
        mean = X.mean(axis=0, dtype=float)
        var = np.square(X - mean).mean(axis=0)
        n_eps = len(X) * np.finfo(float).eps  # a variance within the rounding errors of its sums is 0
        constant = var <= n_eps * var + np.square(n_eps * mean)
        self.mean_ = mean if self.with_mean or self.with_std else None
        self.var_ = var if self.with_std else None
        self.scale_ = np.where(constant, 1.0, np.sqrt(var)) if self.with_std else None
        return self

    def transform(self, X):
        """X, shifted and scaled."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False, copy=True)
        if self.with_mean:
            X -= self.mean_.astype(X.dtype)
        if self.with_std:
            X /= self.scale_.astype(X.dtype)
        return X

    def inverse_transform(self, X):
        """From standardized features back to the original ones."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False, copy=True)
        if self.with_std:
            X *= self.scale_.astype(X.dtype)
        if self.with_mean:
            X += self.mean_.astype(X.dtype)
        return X


def monomials(n_features, degree, interaction_only=False, include_bias=True):
    """The monomials up to a degree, each the tuple of the features that it multiplies, by degree and then in order.

    Examples
    --------
    >>> monomials(2, 2)
    [(), (0,), (1,), (0, 0), (0, 1), (1, 1)]
    """
    choose = combinations if interaction_only else combinations_with_replacement
    return list(chain.from_iterable(choose(range(n_features), d) for d in range(0 if include_bias else 1, degree + 1)))


class PolynomialFeatures(TransformerMixin, BaseEstimator):
    r"""All products of features up to a degree: for two features and degree 2, :math:`1, a, b, a^2, ab, b^2`.

    There are :math:`\binom{p + d}{d}` of them for p features and degree d.

    Parameters
    ----------
    degree : int
    interaction_only : bool
        Leave out powers, keep products of different features.
    include_bias : bool
        Whether the constant 1 is the first feature.

    Attributes
    ----------
    powers_ : ndarray of shape (n_output_features_, n_features_in_)
        The exponent of each input in each output.
    n_output_features_ : int

    Examples
    --------
    >>> PolynomialFeatures(degree=2).fit_transform([[2.0, 3.0]])
    array([[1., 2., 3., 4., 6., 9.]])
    """

    def __init__(self, degree=2, *, interaction_only=False, include_bias=True):
        self.degree, self.interaction_only, self.include_bias = degree, interaction_only, include_bias

    def fit(self, X, y=None):
        """Count the features of X."""
        X = validate_data(self, X, dtype=FLOATS)
        if not isinstance(self.degree, Integral) or self.degree < 0:
            raise ValueError(f"degree={self.degree!r}, expected a non-negative integer")
        if self.degree == 0 and not self.include_bias:
            raise ValueError("degree=0 and include_bias=False leave no feature at all")
        self._terms = monomials(X.shape[1], self.degree, self.interaction_only, self.include_bias)
        self.n_output_features_ = len(self._terms)
        return self

    @property
    def powers_(self):
        check_is_fitted(self)
        return np.array([np.bincount(term, minlength=self.n_features_in_) for term in self._terms], dtype=int)

    def transform(self, X):
        """The monomials of the rows of X, of shape (n_samples, n_output_features_)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False)
        out = np.ones((len(X), self.n_output_features_), dtype=X.dtype)
        place = {term: i for i, term in enumerate(self._terms)}
        for term, i in place.items():  # a monomial is a shorter one, made before, times one feature
            if term:
                shorter = out[:, place[term[:-1]]] if term[:-1] in place else 1.0
                out[:, i] = shorter * X[:, term[-1]]
        return out

    def get_feature_names_out(self, input_features=None):
        """Names such as ``x0^2 x1``; the constant is ``1``."""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        powers = ([(names[i], n) for i, n in enumerate(row) if n] for row in self.powers_)
        return np.array([" ".join(f"{a}^{n}" if n > 1 else a for a, n in row) or "1" for row in powers], dtype=object)
