"""Features made from features: standardization and polynomials (``sklearn.preprocessing``)."""

import math
from itertools import chain, combinations, combinations_with_replacement
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_array, check_is_fitted

from companion.annotations import Array, ArrayLike
from companion.linalg import center_columns, scale_to_one
from companion.validation import FLOATS, Boolean, Checked, Instance, Integer, Option, as_table, check_features, require

__all__ = ["PolynomialFeatures", "StandardScaler", "monomials"]

KEPT = (*FLOATS, np.float16)  # dtypes that come out as they went in


class StandardScaler(Checked, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Shift and scale each feature to mean 0 and variance 1: :math:`z = (x - \mu) / \sigma`.

    Means and deviations are computed in float64; what is transformed keeps its dtype, float16 too. Features of any
    size are scaled, where scikit-learn's squares overflow; but texts and dates are refused.

    Parameters
    ----------
    with_mean, with_std : bool
        Whether to shift, and whether to scale.

    Attributes
    ----------
    mean_, var_, scale_ : ndarray of shape (n_features,)
        ``var_`` divides by n; ``scale_`` is its root, 1 for a constant feature. None where not used.
    n_samples_seen_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X is a data frame.

    Examples
    --------
    >>> StandardScaler().fit_transform([[0.0, 5.0], [2.0, 5.0]])
    array([[-1.,  0.],
           [ 1.,  0.]])
    """

    _parameter_rules = {"with_mean": (Boolean(),), "with_std": (Boolean(),)}

    def __init__(self, *, with_mean: bool = True, with_std: bool = True):
        self.with_mean = with_mean
        self.with_std = with_std

    @np.errstate(under="ignore")
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn means and standard deviations.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.
        y : None
            Not used; a pipeline passes it.

        Returns
        -------
        self
            The estimator, fitted.

        Raises
        ------
        ValueError
            For data that are no finite numbers, and where a mean, or a deviation from it, overflows.
        """
        self._check_parameters()
        columns = check_features(self, X)
        self.n_samples_seen_ = len(columns)
        deviations, mean = center_columns(columns.astype(float, copy=False))
        deviations, exponents = scale_to_one(deviations)  # now no square can overflow
        mean_square = np.square(deviations).mean(axis=0)
        scale = np.ldexp(np.sqrt(mean_square), exponents)
        with np.errstate(over="ignore"):  # a variance may be infinite where the scale is not
            var = np.ldexp(mean_square, 2 * exponents)
        constant = scale <= len(columns) * np.finfo(float).eps * np.abs(mean)  # within the rounding errors of its sums
        self.mean_ = mean if self.with_mean or self.with_std else None
        self.var_ = var if self.with_std else None
        self.scale_ = np.where(constant, 1.0, scale) if self.with_std else None
        return self

    @np.errstate(under="ignore")
    def transform(self, X: ArrayLike) -> Array:
        """X, shifted and scaled.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            A new array.
        """
        check_is_fitted(self)
        given = check_features(self, X, reset=False, floats=KEPT)
        Z = given.astype(float)
        if self.with_mean:
            Z -= self.mean_
        if self.with_std:
            Z /= self.scale_
        return Z.astype(given.dtype, copy=False)

    @np.errstate(under="ignore")
    def inverse_transform(self, X: ArrayLike) -> Array:
        """From standardized features back to the original ones.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Standardized features; no names are asked for, as they are most often what ``transform`` gave.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            A new array.

        Raises
        ------
        ValueError
            For data that are no finite numbers, and for another number of features.
        """
        check_is_fitted(self)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # it sums, to find infinities fast
            given = as_table(check_array(X), KEPT)
        if given.shape[1] != self.n_features_in_:
            raise ValueError(f"X has {given.shape[1]} features, expected {self.n_features_in_}")
        back = given.astype(float)
        if self.with_std:
            back *= self.scale_
        if self.with_mean:
            back += self.mean_
        return back.astype(given.dtype, copy=False)


def monomials(
    n_features: int, degree: int | tuple[int, int], interaction_only: bool = False, include_bias: bool = True
) -> list[tuple[int, ...]]:
    """The monomials up to a degree, each the tuple of the features that it multiplies, by degree and then in order.

    Parameters
    ----------
    n_features : int
        How many features there are to multiply.
    degree : int or (int, int)
        The highest degree, or the lowest and the highest.
    interaction_only : bool
        Whether no feature may be multiplied by itself.
    include_bias : bool
        Whether the empty product, which is 1, comes first.

    Returns
    -------
    list of tuple of int
        The indices of the factors of each.

    Examples
    --------
    >>> monomials(2, 2)
    [(), (0,), (1,), (0, 0), (0, 1), (1, 1)]
    """
    choose = combinations if interaction_only else combinations_with_replacement
    return list(chain.from_iterable(choose(range(n_features), d) for d in _degrees(degree, include_bias)))


def _degrees(degree: int | tuple[int, int], include_bias: bool) -> list[int]:
    """The degrees of the monomials: from the lowest, or 1, to the highest, behind 0 for the constant."""
    low, high = (1, int(degree)) if isinstance(degree, (int, np.integer)) else map(int, degree)
    return [0] * include_bias + list(range(max(low, 1), high + 1))


def _count_monomials(n_features: int, degree: int | tuple[int, int], interaction_only: bool, include_bias: bool) -> int:
    """How many :func:`monomials` there are; to list them all would take long for many features."""
    degrees = _degrees(degree, include_bias)
    if interaction_only:
        return sum(math.comb(n_features, d) for d in degrees)
    return sum(math.comb(n_features + d - 1, d) for d in degrees)  # choices of d, each as often as one likes


class PolynomialFeatures(Checked, TransformerMixin, BaseEstimator):
    r"""All products of features up to a degree: for two features and degree 2, :math:`1, a, b, a^2, ab, b^2`.

    There are :math:`\binom{p + d}{d}` of them for p features and degree d.

    Parameters
    ----------
    degree : int or (int, int)
        The highest degree, or the lowest (beside the constant) and the highest.
    interaction_only : bool
        Leave out powers, keep products of different features.
    include_bias : bool
        Whether the constant 1 is the first feature.
    order : {"C", "F"}
        Whether the rows or the columns of what comes out are contiguous in memory.

    Attributes
    ----------
    powers_ : ndarray of shape (n_output_features_, n_features_in_)
        The exponent of each input in each output.
    n_output_features_ : int
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where X is a data frame.

    Examples
    --------
    >>> PolynomialFeatures(degree=2).fit_transform([[2.0, 3.0]])
    array([[1., 2., 3., 4., 6., 9.]])
    """

    _parameter_rules = {
        "degree": (Integer(0), Instance(list, tuple, np.ndarray)),
        "interaction_only": (Boolean(),),
        "include_bias": (Boolean(),),
        "order": (Option("C", "F"),),
    }

    def __init__(
        self,
        degree: Any = 2,
        *,
        interaction_only: bool = False,
        include_bias: bool = True,
        order: Literal["C", "F"] = "C",
    ):
        self.degree = degree
        self.interaction_only = interaction_only
        self.include_bias = include_bias
        self.order = order

    def _check_degree(self) -> Any:
        if isinstance(self.degree, (int, np.integer)):
            return self.degree
        pair = tuple(self.degree)
        for value in pair:
            require("degree", value, Integer(0))
        if len(pair) != 2 or pair[0] > pair[1]:
            raise ValueError(f"degree={self.degree!r}, expected the lowest and the highest degree")
        return pair

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Count the features.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.
        y : None
            Not used; a pipeline passes it.

        Returns
        -------
        self
            The estimator, fitted.

        Raises
        ------
        ValueError
            For data that are no finite numbers, and where no feature would be left.
        """
        self._check_parameters()
        degree = self._check_degree()
        n_features = check_features(self, X).shape[1]
        chosen = n_features, degree, self.interaction_only, self.include_bias
        number = _count_monomials(*chosen)
        if not number:
            raise ValueError(f"degree={self.degree!r} and include_bias=False leave no feature at all")
        self._chosen, self.n_output_features_ = chosen, number
        return self

    @property
    def powers_(self) -> Array:
        """The exponent of each input in each output."""
        check_is_fitted(self)
        return np.array(
            [np.bincount(term, minlength=self.n_features_in_) for term in monomials(*self._chosen)], dtype=int
        )

    @np.errstate(under="ignore")
    def transform(self, X: ArrayLike) -> Array:
        """The monomials of the rows of X; float32 and float16 stay what they are.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            The features, a row for each sample.

        Returns
        -------
        ndarray of shape (n_samples, n_output_features_)
            A new array.
        """
        check_is_fitted(self)
        columns = check_features(self, X, reset=False, floats=KEPT)
        out = np.empty((len(columns), self.n_output_features_), columns.dtype, self.order)
        place = {term: i for i, term in enumerate(monomials(*self._chosen))}
        for term, i in place.items():
            if term and term[:-1] in place:  # a shorter monomial, made before, times one feature
                out[:, i] = out[:, place[term[:-1]]] * columns[:, term[-1]]
            else:
                out[:, i] = columns[:, list(term)].prod(axis=1)
        return out

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Names such as ``x0^2 x1``; the constant is ``1``.

        Parameters
        ----------
        input_features : array_like of str, optional
            The names of the features; without, those of the data frame that was fitted, or ``x0``, ``x1``, ...

        Returns
        -------
        ndarray of str objects
            A name for each output.
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        factors = ([(names[i], n) for i, n in enumerate(row) if n] for row in self.powers_)
        return np.array([" ".join(f"{a}^{n}" if n > 1 else a for a, n in row) or "1" for row in factors], dtype=object)
