"""Linear models under scikit-learn's names (``sklearn.linear_model``)."""

from companion.linear_model.coordinate_descent import (
    active_set,
    coordinate_pass,
    enet_block_descent,
    enet_coordinate_descent,
    enet_duality_gap,
    face_minimum,
    soft_threshold,
)
from companion.linear_model.elastic_net import ElasticNet, Lasso, enet_path, lasso_path
from companion.linear_model.least_squares import (
    LinearRegression,
    Ridge,
    lstsq_normal,
    lstsq_qr,
    lstsq_svd,
    ridge_normal,
    ridge_svd,
    triangular,
)
from companion.linear_model.logistic import (
    LogisticRegression,
    irls,
    logistic_hessian,
    logistic_value_grad,
    odds_ratio,
)
from companion.linear_model.perceptron import Perceptron, perceptron_fit, perceptron_step
from companion.linear_model.softmax import softmax_hessian, softmax_value_grad
from companion.linear_model.working_set import WorkingSet, enet_working_set

__all__ = [
    "ElasticNet",
    "Lasso",
    "LinearRegression",
    "LogisticRegression",
    "Perceptron",
    "Ridge",
    "WorkingSet",
    "active_set",
    "coordinate_pass",
    "enet_block_descent",
    "enet_coordinate_descent",
    "enet_duality_gap",
    "enet_path",
    "enet_working_set",
    "face_minimum",
    "irls",
    "lasso_path",
    "logistic_hessian",
    "logistic_value_grad",
    "lstsq_normal",
    "lstsq_qr",
    "lstsq_svd",
    "odds_ratio",
    "perceptron_fit",
    "perceptron_step",
    "ridge_normal",
    "ridge_svd",
    "soft_threshold",
    "softmax_hessian",
    "softmax_value_grad",
    "triangular",
]
