"""The class beneath all layers (``torch.nn.Module``)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from companion.annotations import Array, DTypeLike
from companion.autograd import Tensor
from companion.nn.checks import flag
from companion.nn.functional.arguments import TensorLike
from companion.nn.modules.members import Members
from companion.nn.modules.state import IncompatibleKeys, fill, stored_keys, values_to_load
from companion.validation import Boolean, require

__all__ = ["Module"]


class Module(Members):
    """A function with parameters, buffers and submodules, found by the names of its attributes.

    A :class:`Parameter` that becomes an attribute is one of the module's parameters, a Module one of its submodules; a
    buffer is an ndarray that belongs to the state and is not trained, made by :meth:`register_buffer`. Subclasses call
    ``super().__init__()`` first and define ``forward``.

    Attributes
    ----------
    training : bool
        Whether the module is in training, which dropout and batch normalization take note of.

    Examples
    --------
    >>> from companion import nn
    >>> model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1))
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> model(np.ones((5, 3))).shape
    (5, 2)
    """

    def forward(self, *input: Any, **keywords: Any) -> Any:
        """Compute the output; every subclass defines its own.

        Parameters
        ----------
        *input : Tensor or array_like
            What the module is called with.
        **keywords : object
            More of it, by name.

        Raises
        ------
        NotImplementedError
            If a subclass has none.
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *input: Any, **keywords: Any) -> Any:
        return self.forward(*input, **keywords)

    # ---- its state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """Copy all parameters and persistent buffers.

        Returns
        -------
        OrderedDict of ndarray
            Under torch's names and in torch's order, so that weights can be exchanged with a model of torch. They are
            copies, and stay as they are while training goes on (torch's change along).
        """
        return OrderedDict((key, np.array(target)) for key, target, _ in stored_keys(self))

    def load_state_dict(self, state_dict: Mapping[str, TensorLike], strict: bool = True) -> IncompatibleKeys:
        """Take over parameters and buffers. Everything is checked first: on an error, nothing has changed.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            From :meth:`state_dict`, or from a model of torch. Values may be ndarrays, tensors of this library, or
            anything that ``numpy.asarray`` accepts; nan and inf are taken as they are.
        strict : bool
            Whether the names have to be exactly the module's own.

        Returns
        -------
        IncompatibleKeys
            The names that are missing, and those that were not expected; none, where ``strict``.

        Raises
        ------
        RuntimeError
            If names do not fit, or shapes, or a value holds no numbers. Complex values are refused, too, and fractions
            for an integer buffer: torch drops what does not fit.
        TypeError
            If ``state_dict`` is no mapping.
        """
        flag("strict", strict)
        values, result = values_to_load(self, state_dict, strict)
        for key, target, parameter in stored_keys(self):
            if key in values:
                fill(target, values[key], parameter)
        return result

    # ---- its mode and its dtype --------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training, which dropout and batch normalization take note of.

        Parameters
        ----------
        mode : bool
            False switches to evaluation.

        Returns
        -------
        Module
            The module itself.

        Raises
        ------
        ValueError
            If ``mode`` is no bool, as in torch.
        """
        require("mode", mode, Boolean(), error=ValueError)
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation.

        Returns
        -------
        Module
            The module itself.
        """
        return self.train(False)

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call a function with every submodule, and with this module last.

        Parameters
        ----------
        fn : callable
            ``fn(module)``; what it returns does not matter.

        Returns
        -------
        Module
            The module itself.
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for the gradients of all parameters, or no longer.

        Parameters
        ----------
        requires_grad : bool
            False freezes them.

        Returns
        -------
        Module
            The module itself.
        """
        flag("requires_grad", requires_grad)
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            False leaves zeros in place of those that there are.
        """
        flag("set_to_none", set_to_none)
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = Tensor(np.zeros_like(parameter.grad.data))

    def to(self, dtype: DTypeLike) -> Self:
        """Turn parameters, their gradients and floating-point buffers into another dtype.

        Parameters
        ----------
        dtype : dtype
            One of floating-point numbers.

        Returns
        -------
        Module
            The module itself.

        Raises
        ------
        TypeError
            If it is none of floating-point numbers.
        """
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"to expects a floating-point dtype, got {np.dtype(dtype)}")
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
            if parameter.grad is not None:
                parameter.grad = Tensor(parameter.grad.data.astype(dtype))
        for module in self.modules():
            for name, value in module._buffers.items():
                if value is not None and value.dtype.kind == "f":
                    module._buffers[name] = value.astype(dtype)
        return self

    # ---- what it looks like ------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Write the settings, as they stand between the brackets of the module's text.

        Returns
        -------
        str
            Such as ``"p=0.5"``; empty where there are none.
        """
        return ""

    def __repr__(self) -> str:
        lines = [f"  ({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        settings = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({settings})"
        return "\n".join([f"{type(self).__name__}(", *([f"  {settings}"] if settings else []), *lines, ")"])

    # ---- dtypes by name; last, because within a class a method hides the type of the same name -----------------------

    def half(self) -> Self:
        """Turn the module into float16; see :meth:`to`.

        Returns
        -------
        Module
            The module itself.
        """
        return self.to(np.float16)

    def double(self) -> Self:
        """Turn the module into float64; see :meth:`to`.

        Returns
        -------
        Module
            The module itself.
        """
        return self.to(np.float64)

    def float(self) -> Self:
        """Turn the module into float32, which is what torch calls float; see :meth:`to`.

        Returns
        -------
        Module
            The module itself.
        """
        return self.to(np.float32)
