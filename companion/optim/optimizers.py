"""The optimizers (``torch.optim``): the steps of :mod:`companion.optim.steps`, their settings and what those may be.

The rules are stricter than torch's: every number is finite and no bool, and what is said yes or no to is a bool.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from companion.optim.optimizer import Optimizer
from companion.optim.steps import adagrad_step, adam_step, adamw_step, rmsprop_step, sgd_step
from companion.validation import Boolean, Instance, InvalidParameterError, Number, require

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]


class SGD(Optimizer):
    """:func:`~companion.optim.sgd_step` for every parameter (``torch.optim.SGD``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        As for :class:`Optimizer`.
    lr : float
        The learning rate.
    momentum : float
        The share of the last move that goes on.
    dampening : float
        What share of a new gradient the momentum leaves out.
    weight_decay : float
        Added to the gradient as :math:`\\lambda p`.
    nesterov : bool
        Look ahead along the momentum, which then has to be positive and without dampening.
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([p], lr=0.25)
    >>> (2 * p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data
    array([0.])
    """

    _step = staticmethod(sgd_step)
    _optional = {"momentum_buffer"}
    _rules = {
        "lr": (Number(0),),
        "momentum": (Number(0),),
        "dampening": (Number(),),
        "weight_decay": (Number(0),),
        "nesterov": (Boolean(),),
        "maximize": (Boolean(),),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "nesterov": nesterov, "maximize": maximize})

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        if settings["nesterov"] and (settings["momentum"] <= 0 or settings["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")


class Adagrad(Optimizer):
    """:func:`~companion.optim.adagrad_step` for every parameter (``torch.optim.Adagrad``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        As for :class:`Optimizer`.
    lr : float
        The learning rate.
    lr_decay : float
        After t steps the rate is divided by 1 + t ``lr_decay``.
    weight_decay : float
        Added to the gradient as :math:`\\lambda p`.
    initial_accumulator_value : float
        What the sums of squares begin with.
    eps : float
        Added to the divisor.
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adagrad([p], lr=0.25)
    >>> (2 * p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.75])
    """

    _step = staticmethod(adagrad_step)
    _rules = {
        "lr": (Number(0),),
        "lr_decay": (Number(0),),
        "weight_decay": (Number(0),),
        "initial_accumulator_value": (Number(0),),
        "eps": (Number(0),),
        "maximize": (Boolean(),),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        start = {"initial_accumulator_value": initial_accumulator_value}
        super().__init__(params, {**defaults, **start, "maximize": maximize})

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """As :meth:`Optimizer.add_param_group`; the sums are there before the first step, as in torch.

        Parameters
        ----------
        param_group : dict
            ``"params"`` and settings.
        """
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for p in group["params"]:
            self.state[p] = {"step": 0, "sum": np.full_like(p.data, group["initial_accumulator_value"])}

    def _names(self, settings: Mapping[str, Any]) -> set[str]:
        return {"step", "sum"}


class RMSprop(Optimizer):
    """:func:`~companion.optim.rmsprop_step` for every parameter (``torch.optim.RMSprop``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        As for :class:`Optimizer`.
    lr : float
        The learning rate.
    alpha : float
        The share of the running mean of squares that is kept.
    eps : float
        Added to the divisor.
    weight_decay : float
        Added to the gradient as :math:`\\lambda p`.
    momentum : float
        The share of the last move that goes on.
    centered : bool
        Divide by a running standard deviation instead.
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = RMSprop([p], lr=0.25, alpha=0.75)
    >>> (2 * p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.5])
    """

    _step = staticmethod(rmsprop_step)
    _optional = {"grad_avg", "momentum_buffer"}
    _rules = {
        "lr": (Number(0),),
        "alpha": (Number(0),),
        "eps": (Number(0),),
        "weight_decay": (Number(0),),
        "momentum": (Number(0),),
        "centered": (Boolean(),),
        "maximize": (Boolean(),),
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        super().__init__(params, {**defaults, "centered": centered, "maximize": maximize})

    def _names(self, settings: Mapping[str, Any]) -> set[str]:
        return {"step", "square_avg"} | ({"grad_avg"} if settings["centered"] else set())


class Adam(Optimizer):
    """:func:`~companion.optim.adam_step` for every parameter (``torch.optim.Adam``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        As for :class:`Optimizer`.
    lr : float
        The learning rate.
    betas : (float, float)
        The shares of the running means of g and of its square that are kept. torch takes three, too, and fails at the
        first step.
    eps : float
        Added to the divisor.
    weight_decay : float
        Added to the gradient as :math:`\\lambda p`; see :class:`AdamW` for the decay that users usually want.
    amsgrad : bool
        Divide by the largest mean square so far.
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = Adam([p], lr=0.25)
    >>> (2 * p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.75])
    """

    _step = staticmethod(adam_step)
    _optional = {"max_exp_avg_sq"}
    _rules = {
        "lr": (Number(0),),
        "betas": (Instance(tuple, list),),
        "eps": (Number(0),),
        "weight_decay": (Number(0),),
        "amsgrad": (Boolean(),),
        "maximize": (Boolean(),),
    }
    _marks = {"decoupled_weight_decay": False}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(params, {**defaults, "amsgrad": amsgrad, "maximize": maximize})

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        super()._check_settings(settings)
        if len(settings["betas"]) != 2:
            raise InvalidParameterError(f"betas={settings['betas']!r}, expected two numbers")
        for i, beta in enumerate(settings["betas"]):
            require(f"betas[{i}]", beta, Number(0, 1))

    def _unscheduled(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        betas = settings["betas"]
        if isinstance(betas, tuple) and len(betas) == 2:
            betas = (min(require("betas[0]", betas[0], Number()), 0.0), betas[1])
        return {**super()._unscheduled(settings), "betas": betas}

    def _names(self, settings: Mapping[str, Any]) -> set[str]:
        return {"step", "exp_avg", "exp_avg_sq"} | ({"max_exp_avg_sq"} if settings["amsgrad"] else set())


class AdamW(Adam):
    r""":func:`~companion.optim.adamw_step` for every parameter (``torch.optim.AdamW``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        As for :class:`Optimizer`.
    lr : float
        The learning rate.
    betas : (float, float)
        As for :class:`Adam`.
    eps : float
        Added to the divisor.
    weight_decay : float
        Each step first shrinks the weights by the factor :math:`1 - \eta\lambda`.
    amsgrad : bool
        Divide by the largest mean square so far.
    maximize : bool
        Climb instead of descending.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> p = Tensor([1.0], requires_grad=True)
    >>> optimizer = AdamW([p], lr=0.25, weight_decay=0.5)
    >>> (2 * p * p).sum().backward()
    >>> optimizer.step()
    >>> p.data.round(6)
    array([0.625])
    """

    _step = staticmethod(adamw_step)
    _marks = {"decoupled_weight_decay": True}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
