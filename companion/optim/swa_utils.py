"""Averages of the weights along the way (``torch.optim.swa_utils``)."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from companion.annotations import Array
from companion.autograd import increment_version
from companion.nn import Module
from companion.validation import Boolean, Instance, Number, require

__all__ = ["AveragedModel", "get_ema_avg_fn", "get_swa_avg_fn"]


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Array, Array, int], Array]:
    r"""The exponential moving average :math:`\bar p \leftarrow d \bar p + (1 - d) p`.

    Parameters
    ----------
    decay : float
        d, in [0, 1].

    Returns
    -------
    callable
        ``average(averaged, current, n_averaged)``.

    Raises
    ------
    InvalidParameterError
        A ValueError and TypeError, if ``decay`` is something else.

    Examples
    --------
    >>> round(get_ema_avg_fn(0.75)(8.0, 4.0, 1), 6)
    7.0
    """
    require("decay", decay, Number(0, 1, "both"))

    def average(averaged: Array, current: Array, n_averaged: int) -> Array:
        return decay * averaged + (1 - decay) * current

    return average


def get_swa_avg_fn() -> Callable[[Array, Array, int], Array]:
    r"""The plain mean of all weights seen, :math:`\bar p \leftarrow \bar p + (p - \bar p) / (n + 1)`.

    Returns
    -------
    callable
        ``average(averaged, current, n_averaged)``.

    Examples
    --------
    >>> get_swa_avg_fn()(8.0, 4.0, 3)
    7.0
    """

    def average(averaged: Array, current: Array, n_averaged: int) -> Array:
        return averaged + (current - averaged) / (n_averaged + 1)

    return average


class AveragedModel(Module):
    """A copy of a model whose weights are an average of those that the model had at each :meth:`update_parameters`.

    Parameters
    ----------
    model : Module
        Copied; the first update takes its weights as they are. Weights that it shares stay shared.
    avg_fn : callable, optional
        ``avg_fn(averaged, current, n_averaged)``; the plain mean without.
    use_buffers : bool
        Average floating-point buffers, such as running statistics, too. Otherwise they are the model's latest. (torch
        averages integers, too, and cuts the mean of a count.)

    Attributes
    ----------
    module : Module
        The copy.
    n_averaged : ndarray of shape ()
        How many updates there were; a buffer.

    Examples
    --------
    >>> from companion.nn import Linear
    >>> model = Linear(1, 1, rng=0)
    >>> average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.9))
    >>> average.update_parameters(model)
    >>> int(average.n_averaged)
    1
    """

    n_averaged: Array

    def __init__(
        self,
        model: Module,
        *,
        avg_fn: Callable[[Array, Array, int], Array] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        require("model", model, Instance(Module), error=TypeError)
        self.register_buffer("n_averaged", np.array(0))
        self.module = copy.deepcopy(model)
        self.avg_fn = get_swa_avg_fn() if avg_fn is None else avg_fn
        self.use_buffers = require("use_buffers", use_buffers, Boolean())

    def forward(self, *inputs: Any, **keywords: Any) -> Any:
        """The output of the averaged model.

        Parameters
        ----------
        *inputs, **keywords : object
            As the model's.

        Returns
        -------
        Tensor
            Or whatever the model gives.
        """
        return self.module(*inputs, **keywords)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present weights into the average.

        Parameters
        ----------
        model : Module
            Built as the one that was copied.
        """
        for parameter, latest in zip(self.module.parameters(), model.parameters(), strict=True):
            self._take(parameter.data, latest.data, average=True)
            increment_version(parameter)
        for averaged, current in zip(self.module.buffers(), model.buffers(), strict=True):
            self._take(averaged, current, average=self.use_buffers and current.dtype.kind == "f")
        self.n_averaged[...] += 1

    def _take(self, averaged: Array, current: Array, average: bool) -> None:
        n = int(self.n_averaged)
        averaged[...] = self.avg_fn(averaged, current, n) if average and n else current
