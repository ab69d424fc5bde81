"""Whether operations are recorded: in each thread by itself, as in torch."""

import functools
import inspect
import threading
from collections.abc import Callable, Generator
from typing import Any

__all__ = ["is_grad_enabled", "mode", "no_grad"]


class Mode(threading.local):
    """Whether this thread records, and what it did before each :func:`no_grad` that it is in.

    Examples
    --------
    >>> Mode().recording
    True
    """

    recording = True

    def __init__(self) -> None:
        self.before: list[bool] = []


mode = Mode()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread.

    Returns
    -------
    bool
        False within :func:`no_grad`.

    Examples
    --------
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return mode.recording


class _Decorator:
    """Makes ``@no_grad`` of ``@no_grad()``: called with a function, the class returns that function, decorated."""

    def __new__(cls, orig_func: Callable | None = None) -> Any:
        context = object.__new__(cls)
        return context if orig_func is None else context(orig_func)

    def __call__(self, function: Callable) -> Callable:
        """The function, every call of which is such a context."""
        if inspect.isgeneratorfunction(function):
            return functools.wraps(function)(functools.partial(_step_by_step, function))

        @functools.wraps(function)
        def unrecorded(*args: Any, **kwargs: Any) -> Any:
            with no_grad():
                return function(*args, **kwargs)

        return unrecorded


class no_grad(_Decorator):
    """Record nothing within this context, in this thread: for evaluation, and for changing parameters.

    It also decorates functions, with or without brackets, and generator functions, each of whose steps is then one
    such context.

    Examples
    --------
    >>> from companion.autograd import Tensor
    >>> w = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     (w * 2).requires_grad
    False
    >>> @no_grad
    ... def double(x):
    ...     return x * 2
    >>> double(w).requires_grad
    False
    """

    def __init__(self) -> None:
        """Nothing is needed; the class may be used again."""

    def __enter__(self) -> None:
        mode.before.append(mode.recording)
        mode.recording = False

    def __exit__(self, *_: object) -> None:
        mode.recording = mode.before.pop()


def _step_by_step(function: Callable, *args: Any, **kwargs: Any) -> Generator:
    """A generator that records nothing while it runs, and leaves alone what its caller does in between."""
    generator = function(*args, **kwargs)
    step = functools.partial(next, generator)
    while True:
        try:
            with no_grad():
                value = step()
        except StopIteration as end:
            return end.value
        try:
            step = functools.partial(generator.send, (yield value))
        except GeneratorExit:
            with no_grad():
                generator.close()
            raise
        except BaseException as error:
            step = functools.partial(generator.throw, error)
