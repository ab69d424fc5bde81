"""Parameters have the names, the order and the defaults of their counterparts in scikit-learn, SciPy and torch.

What can be given by position here stands at the counterpart's position; everything else is keyword-only. A name without
a counterpart is listed with what it is; a parameter that the counterpart lacks, or presets otherwise, with the reason.
"""

import importlib
import inspect
import re

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import sklearn.datasets
import sklearn.linear_model
import sklearn.metrics
import sklearn.multiclass
import sklearn.preprocessing
import torch
import torch.nn.functional
import torch.optim.lr_scheduler
import torch.optim.swa_utils
import torch.utils.data

# where each module's counterparts are looked for
REFERENCES = {
    "linear_model": sklearn.linear_model,
    "multiclass": sklearn.multiclass,
    "preprocessing": sklearn.preprocessing,
    "metrics": sklearn.metrics,
    "datasets": sklearn.datasets,
    "optimize": scipy.optimize,
    "linalg": scipy.linalg,
    "autograd": torch,
    "nn": torch.nn,
    "nn.functional": torch.nn.functional,
    "nn.init": torch.nn.init,
    "nn.utils": torch.nn.utils,
    "optim": torch.optim,
    "optim.lr_scheduler": torch.optim.lr_scheduler,
    "optim.swa_utils": torch.optim.swa_utils,
    "training": torch.utils.data,
}

# names that hide what they are called elsewhere
RENAMED = {
    "autograd.absolute": torch.abs,
    "autograd.power": torch.pow,
    "autograd.total": torch.sum,
    "autograd.increment_version": torch.autograd.graph.increment_version,
    "autograd.is_grad_enabled": torch.is_grad_enabled,
    "autograd.softplus": torch.nn.functional.softplus,
    "autograd.relu": torch.nn.functional.relu,
    "autograd.softmax": torch.nn.functional.softmax,
    "autograd.log_softmax": torch.nn.functional.log_softmax,
}

# functions whose own signature says nothing: (*args, **kwargs), or no text that can be read
STATED = {
    "torch.nn.functional.max_pool2d": torch.nn.functional._max_pool2d,
    "torch.nn.functional.adaptive_max_pool2d": torch.nn.functional._adaptive_max_pool2d,
    "torch.absolute": "input, *, out=None",
    "torch.square": "input, *, out=None",
    "torch.logsumexp": "input, dim, keepdim=False, *, out=None",
    "torch.var": "input, dim=None, *, correction=1, keepdim=False, out=None",
    "torch.amax": "input, dim=(), keepdim=False, *, out=None",  # its docstring says None, its schema ()
    "torch.amin": "input, dim=(), keepdim=False, *, out=None",
    "torch.Tensor.amax": "dim=(), keepdim=False",
    "torch.Tensor.amin": "dim=(), keepdim=False",
    "torch.einsum": "equation, *operands",
    "torch.Tensor": "data",
    "torch.Tensor.detach": "",
    "torch.Tensor.relu": "",
    "torch.Tensor.log_softmax": "dim",
    "torch.Tensor.matmul": "other",  # its docstring says tensor2, which it refuses
    "torch.tensor": "data, *, dtype=None, device=None, requires_grad=False, pin_memory=False",
    "scipy.optimize.OptimizeResult": "*args, **kwargs",
}

ALONE = {
    "linear_model": {
        "the steps beneath the estimators": """
            WorkingSet active_set coordinate_pass enet_block_descent enet_coordinate_descent enet_duality_gap
            enet_working_set face_minimum soft_threshold
            lstsq_normal lstsq_qr lstsq_svd ridge_normal ridge_svd triangular irls logistic_hessian logistic_value_grad
            softmax_hessian softmax_value_grad odds_ratio perceptron_fit perceptron_step""",
    },
    "multiclass": {"the vote beneath the estimator": "one_vs_one_scores"},
    "preprocessing": {"what PolynomialFeatures multiplies": "monomials"},
    "metrics": {"statistics of the chapters": "mcnemar_test wilson_interval"},
    "datasets": {
        "data whose truth is known": """
            make_heteroscedastic make_line make_logistic make_separable make_sine make_sparse_regression""",
    },
    "optimize": {
        "the steps beneath minimize": """
            Trace armijo_line_search gradient_step lbfgs_direction newton_direction wolfe_line_search""",
    },
    "linalg": {
        "the steps beneath the linear models": """
            center_columns cholesky_solve forward_substitution moderate_units scale_to_one""",
    },
    "autograd": {
        "how operations are made and recorded": """
            as_tensor graph inner normalize_dim record toposort unbroadcast unwrap""",
        "what torch has as methods only": "expand getitem",
    },
    "nn": {"modules": "functional init utils"},
    "nn.functional": {
        "the arithmetic of sizes": "conv_output_size",
        "the steps beneath conv2d and dropout": "im2col_conv2d inverted_dropout",
    },
    "nn.init": {"the arithmetic of sizes": "fans"},
    "optim": {
        "the steps beneath the optimizers": "adagrad_step adam_step adamw_step rmsprop_step sgd_step",
        "modules": "lr_scheduler swa_utils",
    },
    "optim.lr_scheduler": {"the curves beneath the schedules": "cosine linear step_factor"},
    "training": {
        "the loop": "EarlyStopping History accuracy evaluate fit predict train_epoch train_step",
        "generators that a checkpoint holds": "generator_state set_generator_state",
    },
}

# keyword-only parameters that the counterparts lack, by the module
EXTRA = {
    "nn": {
        "rng": "a generator of this layer; torch has one for all",
        "dtype": "float64 by default, as in NumPy; in torch float32",
    },
    "nn.functional": {"rng": "a generator of this call; torch has one for all"},
    "nn.init": {"rng": "the generator, which torch calls generator and wants to be its own"},
    "training": {
        "rng": "the generator that shuffles, which torch calls generator and wants to be its own",
        "transform": "what is done to each batch; torch has it in the data set",
    },
}

# single parameters, with the reason
PATHS = {
    "alphas": "scikit-learn 1.9 warns that n_alphas will be merged into it",
    "tol": "scikit-learn hands its **params on",
    "max_iter": "scikit-learn hands its **params on",
}
TENSOR = {
    "requires_grad": "the call that torch recommends is torch.tensor, which takes it",
    "dtype": "the call that torch recommends is torch.tensor, which takes it",
}
EXCEPTIONS = {
    "linear_model.LinearRegression": {"solver": "the decompositions that chapter 04 compares"},
    "linear_model.enet_path": PATHS,
    "linear_model.lasso_path": PATHS,
    "optimize.minimize": {
        "method": "SciPy's None chooses by what else is given",
        "tol": "SciPy's None leaves it to the method",
        "max_iter": "an entry of SciPy's options",
        "lr": "an entry of SciPy's options, for a method that SciPy does not have",
        "m": "an entry of SciPy's options, called maxcor",
    },
    "autograd.zeros": {"dtype": "float64 by default, as in NumPy; in torch float32"},
    "autograd.ones": {"dtype": "float64 by default, as in NumPy; in torch float32"},
    "autograd.Tensor": TENSOR,
    "autograd.Tensor.backward": {"retain_graph": "torch's None means create_graph, which is False and absent here"},
    "autograd.power": {"other": "every operation on two tensors calls the second one so; Tensor.pow has torch's name"},
    "autograd.permute": {"dims": "the function is the method, which takes numbers or a tuple"},
    "autograd.reshape": {"shape": "the function is the method, which takes numbers or a tuple"},
    "nn.Sequential.extend": {"modules": "ModuleList's name for it; both have one method"},
    "nn.Module.forward": {"keywords": "refused in words, like everything else"},
    "training.DataLoader": {"shuffle": "torch's None means False"},
}

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


# ---- what a counterpart takes ----------------------------------------------------------------------------------------


def from_text(text):
    """A signature from its words, as they stand in a docstring: ``dim=None, *, dtype=None``."""
    text = re.sub(r"(\*\w+), \*,", r"\1,", text)  # "*size, *, out=None", which Python does not read
    text = re.sub(r"\b(Tensor|int|LongTensor|float) (\w+)", r"\2", text)
    space = {"torch": torch, "contiguous_format": None, "preserve_format": None}
    exec(f"def function({text}): ...", space)
    return inspect.signature(space["function"])


def from_docstring(function, name):
    """Every signature that the docstring of a function in C gives in a line of its own."""
    found = []
    for words in re.findall(
        rf"^(?:\.\. \w+:: )?(?:torch\.)?{re.escape(name)}\((.*)\) *->", function.__doc__ or "", re.MULTILINE
    ):
        try:
            found.append(from_text(words))
        except (SyntaxError, NameError):
            continue
    return found


def signatures(function, name, path):
    """All signatures of a counterpart, one for each overload."""
    stated = STATED.get(path)
    if isinstance(stated, str):
        return [from_text(stated)]
    try:
        return [inspect.signature(stated or function)]
    except (ValueError, TypeError):
        return from_docstring(function, name)


# ---- the comparison --------------------------------------------------------------------------------------------------


def parameters(signature):
    return [p for p in signature.parameters.values() if p.name not in ("self", "cls")]


def own_signature(function):
    """The signature of ours; classes that are dictionaries take what dictionaries take."""
    plain = inspect.isclass(function) and issubclass(function, dict) and "__init__" not in vars(function)
    return from_text("*args, **kwargs") if plain else inspect.signature(function)


def without_self(function):
    """The signature of a method, whatever its first parameter is called: operations are methods of tensors, too."""
    signature = inspect.signature(function)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def same(ours, theirs):
    """Whether two defaults are one: equal numbers and words, functions of one name."""
    if callable(ours) and callable(theirs):
        return getattr(ours, "__name__", 0) == getattr(theirs, "__name__", 1)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    return ours is theirs or bool(np.all(ours == theirs))


def default_problem(ours, theirs):
    empty = inspect.Parameter.empty
    if empty in (ours.default, theirs.default) or same(ours.default, theirs.default):
        return None
    return f"{ours.name} is {ours.default!r} by default, there {theirs.default!r}"


def problems(ours, theirs, extra=frozenset()):
    """What of our signature means something else in theirs; ``extra`` names what may, and why stands in a table."""
    known = {p.name: p for p in parameters(theirs) if p.kind not in VARIABLE}
    by_position = [p.name for p in parameters(theirs) if p.kind in POSITIONAL]
    words = []
    for place, p in enumerate(parameters(ours)):
        if p.kind in VARIABLE:
            if p.name not in extra and p.kind not in [q.kind for q in parameters(theirs)]:
                words.append(f"*{p.name}: there is none")
            continue
        if p.name in extra:
            continue
        if p.kind in POSITIONAL and by_position[place : place + 1] != [p.name]:
            there = by_position[place] if place < len(by_position) else "nothing"
            words.append(f"at place {place} stands {p.name}, there {there}")
        elif p.name not in known:
            words.append(f"{p.name} is unknown there")
        else:
            words.append(default_problem(p, known[p.name]))
    return [word for word in words if word]


def compare(ours, theirs, name, path, extra):
    """The problems beside the overload that comes closest."""
    found = signatures(theirs, name, path)
    assert found, f"no signature of {path} can be read: state it"
    return min((problems(ours, signature, extra) for signature in found), key=len)


# ---- every public name -----------------------------------------------------------------------------------------------


def public(module):
    """The names of a module, or of a package with what it hands on."""
    loaded = importlib.import_module(f"companion.{module}")
    if module == "nn":
        return loaded, [
            n for n in vars(importlib.import_module("companion.nn.modules")) if isinstance(getattr(loaded, n, 0), type)
        ]
    return loaded, getattr(loaded, "__all__", None) or [
        n
        for n in vars(loaded)
        if not n.startswith("_") and getattr(vars(loaded)[n], "__module__", "").startswith(loaded.__name__)
    ]


def cases():
    for module in REFERENCES:
        try:
            loaded, names = public(module)
        except ImportError:
            continue
        alone = {name for group in ALONE.get(module, {}).values() for name in group.split()}
        for name in names:
            if name not in alone and callable(getattr(loaded, name)):
                yield pytest.param(module, name, id=f"{module}.{name}")


def counterpart(module, name):
    return RENAMED.get(f"{module}.{name}", getattr(REFERENCES[module], name, None))


def path_of(module, name):
    return f"{REFERENCES[module].__name__}.{name}"


def extras(module, name, method=""):
    key = f"{module}.{name}" + (f".{method}" if method else "")
    return set(EXTRA.get(module, {})) | set(EXCEPTIONS.get(key, {}))


@pytest.mark.parametrize(("module", "name"), list(cases()))
def test_parameters_are_those_of_the_counterpart(module, name):
    ours, theirs = getattr(public(module)[0], name), counterpart(module, name)
    assert theirs is not None, f"{module}.{name} has no counterpart: list it among what stands alone"
    title = getattr(theirs, "__name__", name)
    words = compare(own_signature(ours), theirs, title, path_of(module, name), extras(module, name))
    if words:
        pytest.fail(f"{module}.{name}: {'; '.join(words)}", pytrace=False)


def own_methods(cls, public_classes):
    """The public methods that a class defines itself or has from a base that is not public."""
    bases = [base for base in cls.__mro__ if base is cls or base not in public_classes]
    for method, _ in inspect.getmembers(cls, callable):
        where = next((base for base in cls.__mro__ if method in vars(base)), None)
        if where in bases and where.__module__.startswith("companion.") and not method.startswith("_"):
            yield method, inspect.getattr_static(cls, method)


def methods():
    """The methods that a class of the companion has and that its counterpart has too."""
    found = [(*case.values, getattr(public(case.values[0])[0], case.values[1])) for case in cases()]
    classes = [cls for _, _, cls in found if inspect.isclass(cls)]
    for module, name, cls in found:
        theirs = counterpart(module, name)
        if cls not in classes or theirs is None:
            continue
        for method, function in own_methods(cls, classes):
            if inspect.isfunction(function) and hasattr(theirs, method):
                yield pytest.param(module, name, method, id=f"{module}.{name}.{method}")


@pytest.mark.parametrize(("module", "name", "method"), list(methods()))
def test_methods_take_what_those_of_the_counterpart_take(module, name, method):
    ours, theirs = (getattr(cls, method) for cls in (getattr(public(module)[0], name), counterpart(module, name)))
    path = f"{path_of(module, name)}.{method}"
    words = compare(without_self(ours), theirs, method, path, extras(module, name, method))
    if words:
        pytest.fail(f"{module}.{name}.{method}: {'; '.join(words)}", pytrace=False)


def test_what_stands_alone_has_no_counterpart_and_exists():
    for module, groups in ALONE.items():
        loaded, _ = public(module)
        for name in " ".join(groups.values()).split():
            assert hasattr(loaded, name), f"{module}.{name} is gone"


def test_every_exception_is_still_needed():
    for key, reasons in EXCEPTIONS.items():
        module = max((m for m in REFERENCES if key.startswith(f"{m}.")), key=len)
        name, _, method = key[len(module) + 1 :].partition(".")
        ours, theirs, path = getattr(public(module)[0], name), counterpart(module, name), path_of(module, name)
        signature = own_signature(ours)
        if method:
            signature, theirs, path = without_self(getattr(ours, method)), getattr(theirs, method), f"{path}.{method}"
        for parameter in reasons:
            extra = extras(module, name, method) - {parameter}
            assert compare(signature, theirs, method or getattr(theirs, "__name__", name), path, extra), (
                f"{key}: {parameter}"
            )


# ---- the comparison itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ("x", "input", "at place 0 stands x, there input"),
        ("input, dim", "input, *, dim", "at place 1 stands dim, there nothing"),
        ("input, ceil_mode=False", "input, padding=0, ceil_mode=False", "at place 1 stands ceil_mode, there padding"),
        ("input, *, rng=None", "input", "rng is unknown there"),
        ("alpha=1.0", "alpha=0.5", "alpha is 1.0 by default, there 0.5"),
        ("flag=1", "flag=True", "flag is 1 by default, there True"),
        ("*shape", "shape", r"\*shape: there is none"),
    ],
)
def test_a_difference_is_put_into_words(ours, theirs, words):
    found = problems(from_text(ours), from_text(theirs))
    assert len(found) == 1 and re.search(words, found[0])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("input, *, ceil_mode=False", "input, padding=0, ceil_mode=False"),
        ("input, padding=0", "input, padding=0, ceil_mode=False"),
        ("*shape", "*size"),
        ("alpha=1", "alpha=1.0"),
        ("input", "input, *, out=None"),
    ],
)
def test_less_is_not_different(ours, theirs):
    assert problems(from_text(ours), from_text(theirs)) == []
