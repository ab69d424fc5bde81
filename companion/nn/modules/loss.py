"""Losses: how far outputs are from targets, as one number (``torch.nn.modules.loss``)."""

from companion.annotations import Array
from companion.autograd import Tensor, unwrap
from companion.nn import functional as F
from companion.nn.checks import amount, flag
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.module import Module
from companion.validation import Integer, Number, Option, as_float, require

__all__ = ["BCEWithLogitsLoss", "CrossEntropyLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss", "NLLLoss"]


def a_reduction(reduction: str, *more: str) -> str:
    """The word, if it is one of torch's."""
    return require("reduction", reduction, Option("mean", "sum", "none", *more))


def as_weight(weight: TensorLike | None) -> Array | None:
    """The array of weights, for a buffer; integers become floating-point numbers."""
    if weight is None:
        return None
    return as_float(unwrap(weight), "weight")


class MSELoss(Module):
    """Squared differences.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all elements. Keyword-only: torch has ``size_average`` before it.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch.

    Examples
    --------
    >>> MSELoss()([1.0, 2.0], [1.0, 4.0])
    tensor(2.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = a_reduction(reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of any shape
            The outputs.
        target : Tensor of the same shape
            The targets.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each element.
        """
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Module):
    """Absolute differences.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all elements. Keyword-only: torch has ``size_average`` before it.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch.

    Examples
    --------
    >>> L1Loss()([1.0, 2.0], [1.0, 4.0])
    tensor(1.)
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = a_reduction(reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of any shape
            The outputs.
        target : Tensor of the same shape
            The targets.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each element.
        """
        return F.l1_loss(input, target, reduction=self.reduction)


class HuberLoss(Module):
    r"""Half the squared difference up to :math:`\delta`, and beyond it linear with slope :math:`\delta`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all elements.
    delta : float
        Where the line begins; positive.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch; RuntimeError, if
        ``delta`` is not positive; TypeError, if it is no number.

    Examples
    --------
    >>> HuberLoss(reduction="none")([0.0, 0.0], [0.5, 3.0])
    tensor([0.125, 2.5  ])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        self.reduction = a_reduction(reduction)
        self.delta = amount("delta", delta, Number(0, float("inf"), "right"))

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of any shape
            The outputs.
        target : Tensor of the same shape
            The targets.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each element.
        """
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCEWithLogitsLoss(Module):
    """Minus the log-probability of targets between 0 and 1, from logits.

    Parameters
    ----------
    weight : array_like, optional
        Of the elements; broadcasts against them.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all elements. Keyword-only: torch has ``size_average`` before it.
    pos_weight : array_like, optional
        Of the targets of 1, for each class; broadcasts, too.

    Attributes
    ----------
    weight, pos_weight : ndarray or None
        Buffers, which ``state_dict`` has and ``to`` turns into another dtype.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch; TypeError, if
        weights are no real numbers.

    Examples
    --------
    >>> BCEWithLogitsLoss(pos_weight=[3.0])([[0.0], [0.0]], [[1.0], [0.0]])
    tensor(1.3863)
    """

    def __init__(
        self,
        weight: TensorLike | None = None,
        *,
        reduction: str = "mean",
        pos_weight: TensorLike | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", as_weight(weight))
        self.register_buffer("pos_weight", as_weight(pos_weight))
        self.reduction = a_reduction(reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of any shape
            The logits.
        target : Tensor of the same shape
            From 0 to 1.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each element.
        """
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class CrossEntropyLoss(Module):
    """Minus the log-probability of the right class, by the softmax of logits.

    Parameters
    ----------
    weight : array_like of shape (K,), optional
        Of the classes.
    ignore_index : int
        A class that costs nothing and does not count. Keyword-only: torch has ``size_average`` before it.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all samples; with weights, the mean divides by the sum of those that were used.
    label_smoothing : float
        The share of the target that is spread evenly over all classes, from 0 to 1.

    Attributes
    ----------
    weight : ndarray or None
        A buffer, which ``state_dict`` has and ``to`` turns into another dtype.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch; RuntimeError, if
        ``label_smoothing`` is not between 0 and 1; TypeError, if something is of another kind.

    Examples
    --------
    >>> CrossEntropyLoss()([[0.0, 0.0], [2.0, 0.0]], [1, 0])
    tensor(0.41)
    """

    def __init__(
        self,
        weight: TensorLike | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weight", as_weight(weight))
        self.ignore_index = amount("ignore_index", ignore_index, Integer())
        self.reduction = a_reduction(reduction)
        self.label_smoothing = amount("label_smoothing", label_smoothing, Number(0, 1, "both"))

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of shape (N, K), or (N, K, d1, ...)
            The logits.
        target : Tensor of int of shape (N,), or (N, d1, ...)
            The right classes, or probabilities of the logits' shape.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each sample.
        """
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Module):
    """Minus the log-probability of the right class, from log-probabilities.

    Parameters
    ----------
    weight : array_like of shape (K,), optional
        Of the classes.
    ignore_index : int
        A class that costs nothing and does not count. Keyword-only: torch has ``size_average`` before it.
    reduction : {"mean", "sum", "none"}
        What is made of the costs of all samples; with weights, the mean divides by the sum of those that were used.

    Attributes
    ----------
    weight : ndarray or None
        A buffer, which ``state_dict`` has and ``to`` turns into another dtype.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch; TypeError, if
        something is of another kind.

    Examples
    --------
    >>> NLLLoss()([[-0.5, -1.0], [-2.0, -0.1]], [0, 1])
    tensor(0.3)
    """

    def __init__(self, weight: TensorLike | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__()
        self.register_buffer("weight", as_weight(weight))
        self.ignore_index = amount("ignore_index", ignore_index, Integer())
        self.reduction = a_reduction(reduction)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of shape (N, K), or (N, K, d1, ...)
            The log-probabilities.
        target : Tensor of int of shape (N,), or (N, d1, ...)
            The right classes.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each sample.
        """
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class KLDivLoss(Module):
    """The divergence of log-probabilities from target probabilities, target (log target - input).

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        What is made of the costs of all elements; "batchmean" divides their sum by the number of samples, as the
        definition has it. Keyword-only: torch has ``size_average`` before it.
    log_target : bool
        Whether the targets are logarithms, too.

    Raises
    ------
    ValueError
        If ``reduction`` is another word, at once and not at the first use as in torch; TypeError, if
        ``log_target`` is no bool.

    Examples
    --------
    >>> KLDivLoss(reduction="batchmean")([[-0.5, -1.0]], [[0.5, 0.5]])
    tensor(0.0569)
    """

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__()
        self.reduction = a_reduction(reduction, "batchmean")
        self.log_target = flag("log_target", log_target)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        """Compare outputs with targets.

        Parameters
        ----------
        input : Tensor of any shape
            Log-probabilities.
        target : Tensor of the same shape
            Probabilities, or their logarithms.

        Returns
        -------
        Tensor
            A single number, or with "none" one for each element.
        """
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
