"""What the check of a question can use. ``tools/exercises.py`` copies this file into the tests that a notebook carries,
so that the notebook needs no other file."""

import ast
import functools
import inspect
import textwrap
import traceback

import numpy as np


def is_blank(value):
    """Whether an answer is still the placeholder: ``...`` itself, or a function or class with a statement ``...``."""
    if inspect.isclass(value):
        return any(is_blank(member) for member in vars(value).values() if inspect.isfunction(member))
    if value is ... or not inspect.isfunction(value):
        return value is ...
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(value)))
    except (OSError, SyntaxError):
        return False
    statements = (ast.Expr, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign)
    values = [node.value for node in ast.walk(tree) if isinstance(node, statements)]
    return any(isinstance(node, ast.Constant) and node.value is ... for node in values)


def learners_line(function, error):
    """The last line of the learner's own code that an exception passed through, or an empty string."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == function.__code__.co_filename]
    return frames[-1].line.strip() if frames and frames[-1].line else ""


def guarded(function, name):
    """The learner's function; where it returns nothing or stops, the check says so in plain words."""

    @functools.wraps(function)
    def called(*args, **kwargs):
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            line = learners_line(function, error)
            place = f", in the line `{line}`" if line else ""
            raise AssertionError(f"`{name}` stopped with {type(error).__name__}: {error}{place}.") from error
        assert result is not None, f"`{name}` returned None. Does it end with `return`?"
        return result

    return called


def answer(value, name):
    """A learner's answer, refused in a beginner's words where it is missing or still blank."""
    assert value is not None, f"`{name}` does not exist yet: run the cell that defines it, then check again."
    assert not is_blank(value), (
        f"`{name}` still holds `...`: replace the dots with your code, run the cell, then check again."
    )
    return guarded(value, name) if inspect.isfunction(value) else value


def number(value, what):
    """The float that an answer is, whether it came as a Python number, a 0-d array or an array of one."""
    try:
        found = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{what} should be a number, yours is {value!r}.") from None
    assert found.size == 1, f"{what} should be a single number, yours has shape {found.shape}."
    assert np.isfinite(found).all(), f"{what} should be a finite number, yours is {found.item()}."
    return found.item()


def same_shape(got, want, what):
    """Refuse an array whose shape is not that of ``want``, an array or a shape."""
    shape = want if isinstance(want, tuple) else np.shape(want)
    try:
        found = np.shape(got)
    except ValueError:
        raise AssertionError(f"{what} should be an array of shape {shape}; yours has rows of unequal length.") from None
    assert found == shape, f"{what} should have shape {shape}, yours has shape {found}."


def close(got, want, rtol=1e-7, atol=1e-9):
    """Whether two numbers or arrays have one shape and equal, finite values up to the tolerance."""
    try:
        found, wanted = np.asarray(got, dtype=float), np.asarray(want, dtype=float)
    except (TypeError, ValueError):
        return False
    return found.shape == wanted.shape and bool(np.isfinite(found).all() and np.allclose(found, wanted, rtol, atol))


def raises(exception, function, *args, **kwargs):
    """Whether a call ends in that exception."""
    try:
        function(*args, **kwargs)
    except exception:
        return True
    except AssertionError as error:
        return isinstance(error.__cause__, exception)
    except Exception:
        return False
    return False
