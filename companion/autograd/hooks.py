"""Functions that see a gradient on its way."""

from collections.abc import Callable

__all__ = ["RemovableHandle"]


class Hooks(list):
    """The functions that see a gradient, in the order of their registration; and whether the tensor then keeps it.

    Examples
    --------
    >>> Hooks().retains_grad
    False
    """

    retains_grad = False


class RemovableHandle:
    """What :meth:`Tensor.register_hook` returns.

    Parameters
    ----------
    hooks : list of callable
        Where it is registered.
    hook : callable
        One of them.

    Examples
    --------
    >>> hooks = Hooks([print])
    >>> RemovableHandle(hooks, print).remove()
    >>> len(hooks)
    0
    """

    def __init__(self, hooks: list, hook: Callable):
        self._hooks, self._hook = hooks, hook
        self._registered = True

    def remove(self) -> None:
        """Call the hook no longer; nothing happens the second time."""
        if self._registered:
            self._hooks.remove(self._hook)
        self._registered = False
