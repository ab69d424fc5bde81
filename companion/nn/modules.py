"""Layers that hold their parameters (``torch.nn``): thin shells around :mod:`companion.nn.functional`."""

import inspect
import math
from collections import OrderedDict

import numpy as np

from companion.autograd import Tensor, as_tensor, increment_version, normalize_dim, unwrap
from companion.nn import functional as F
from companion.nn import init


class Parameter(Tensor):
    """A tensor that a module trains."""

    __slots__ = ()

    def __init__(self, data, requires_grad=True):
        super().__init__(np.array(data.data if isinstance(data, Tensor) else data), requires_grad=requires_grad)


def _check_parameter(name, value):
    if not (value is None or isinstance(value, Parameter)):
        raise TypeError(f"cannot assign {type(value).__name__} as parameter {name!r} (Parameter or None expected)")


class Module:
    """A function with parameters, buffers and submodules, found by the names of its attributes.

    Parameters are :class:`Parameter` attributes, buffers are ndarrays registered by :meth:`register_buffer`. The keys
    of :meth:`state_dict` are torch's, such as ``"0.weight"``, so that weights can be exchanged with a torch model.

    Examples
    --------
    >>> model = Sequential(Linear(3, 4, rng=0), ReLU(), Linear(4, 2, rng=1))
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> model(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(self):
        self.training = True
        self._parameters, self._buffers, self._modules = OrderedDict(), OrderedDict(), OrderedDict()

    def __setattr__(self, name, value):
        parameter, module = isinstance(value, Parameter), isinstance(value, Module)
        if (parameter or module) and "_modules" not in self.__dict__:
            raise AttributeError(f"cannot assign {name!r} before Module.__init__() call")
        if name in self.__dict__.get("_parameters", ()) and not module:
            _check_parameter(name, value)
        known_buffer = name in self.__dict__.get("_buffers", ())
        belongs = {
            "_parameters": parameter,
            "_modules": module,
            "_buffers": known_buffer and not (value is None or parameter or module),
        }
        for store, here in belongs.items():  # a name stands for one thing
            if here:
                self.__dict__[store][name] = value
            else:
                self.__dict__.get(store, {}).pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        for store in (self._parameters, self._buffers, self._modules):
            store.pop(name, None)
        object.__delattr__(self, name)

    def register_buffer(self, name, value):
        """An array that belongs to the state but is not trained."""
        self._buffers[name] = value
        object.__setattr__(self, name, value)

    def register_parameter(self, name, value):
        """A parameter, or None for one that is absent."""
        _check_parameter(name, value)
        setattr(self, name, value)

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} has no forward method")

    def __call__(self, *inputs, **keywords):
        return self.forward(*inputs, **keywords)

    def children(self):
        """The modules directly below, a shared one once."""
        return iter({id(module): module for module in self._modules.values()}.values())

    def named_modules(self, prefix="", remove_duplicate=True):
        """This module and all below it, with their names; a shared one once, unless all its names are wanted."""
        seen, waiting = set(), [(prefix, self)]
        while waiting:
            prefix, module = waiting.pop()
            if remove_duplicate and id(module) in seen:
                continue
            seen.add(id(module))
            yield prefix, module
            below = [(f"{prefix}.{name}" if prefix else name, child) for name, child in module._modules.items()]
            waiting.extend(reversed(below))

    def modules(self):
        return (module for _, module in self.named_modules())

    def named_parameters(self):
        seen = set()
        for prefix, module in self.named_modules():
            for name, value in module._parameters.items():
                if id(value) not in seen:  # a shared parameter counts once
                    seen.add(id(value))
                    yield (f"{prefix}.{name}" if prefix else name), value

    def parameters(self):
        return (value for _, value in self.named_parameters())

    def _state(self):
        for prefix, module in self.named_modules(remove_duplicate=False):
            for store in (module._parameters, module._buffers):
                for name in (n for n, value in store.items() if value is not None):
                    yield (f"{prefix}.{name}" if prefix else name), store, name

    def state_dict(self):
        """Copies of all parameters and buffers by name."""
        return OrderedDict(
            (key, np.array(store[name].data if isinstance(store[name], Tensor) else store[name]))
            for key, store, name in self._state()
        )

    def load_state_dict(self, state_dict):
        """Take over parameters and buffers; the names and shapes must fit, otherwise nothing is changed.

        Values may be ndarrays, tensors of this library, or anything that ``numpy.asarray`` accepts.
        """
        own = {key: (store, name) for key, store, name in self._state()}
        values = {
            key: np.asarray(value.data if isinstance(value, Tensor) else value) for key, value in state_dict.items()
        }
        problems = [f"Missing key(s) in state_dict: {sorted(set(own) - set(values))}"] if set(own) - set(values) else []
        problems += (
            [f"Unexpected key(s) in state_dict: {sorted(set(values) - set(own))}"] if set(values) - set(own) else []
        )
        for key in set(own) & set(values):
            expected = np.shape(own[key][0][own[key][1]].data)
            if values[key].shape != expected:
                problems.append(f"size mismatch for {key}: got {values[key].shape}, expected {expected}")
        if problems:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}: " + "; ".join(problems))
        targets = {key: unwrap(store[name]) for key, (store, name) in own.items()}
        for key, target in targets.items():  # what cannot be converted fails here, before any change
            values[key] = values[key].astype(target.dtype)
        for key, target in targets.items():
            target[...] = values[key]
        increment_version(self.parameters())

    def train(self, mode=True):
        """Switch to training, which dropout and batch normalization take note of."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self):
        return self.train(False)

    def apply(self, function):
        """Call a function with every submodule, and with this module last."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def requires_grad_(self, requires_grad=True):
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self):
        for parameter in self.parameters():
            parameter.grad = None

    def to(self, dtype):
        """Parameters, their gradients and floating-point buffers in another floating-point dtype."""
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"to expects a floating-point dtype, got {np.dtype(dtype)}")
        for parameter in self.parameters():
            parameter.data = parameter.data.astype(dtype)
            if parameter.grad is not None:
                parameter.grad = Tensor(parameter.grad.data.astype(dtype))
        for module in self.modules():
            for name, value in module._buffers.items():
                if value is not None and value.dtype.kind == "f":
                    module.register_buffer(name, value.astype(dtype))
        return self

    def extra_repr(self):
        """The settings: arguments of the constructor that the module keeps under their own names."""
        names = inspect.signature(type(self).__init__).parameters
        plain = (int, float, str, tuple, list, type(None))
        return ", ".join(f"{n}={self.__dict__[n]}" for n in names if isinstance(self.__dict__.get(n, self), plain))

    def __repr__(self):
        lines = [f"  ({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        body = "\n" + "\n".join(lines) + "\n" if lines else self.extra_repr()
        return f"{type(self).__name__}({body})"


class Sequential(Module):
    """Modules one after the other."""

    def __init__(self, *modules):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            modules = modules[0].items()
        else:
            modules = ((str(i), module) for i, module in enumerate(modules))
        for name, module in modules:
            if not isinstance(module, Module):
                raise TypeError(f"{module!r} is not a Module")
            setattr(self, name, module)

    def forward(self, x):
        for module in self._modules.values():
            x = module(x)
        return x

    def __getitem__(self, index):
        modules = list(self._modules.values())
        return Sequential(*modules[index]) if isinstance(index, slice) else modules[index]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())


def _bias(wanted, shape, fan_in, rng, dtype):
    bound = 1 / np.sqrt(fan_in)
    return Parameter(rng.uniform(-bound, bound, shape).astype(dtype)) if wanted else None


class Linear(Module):
    """:func:`~companion.nn.functional.linear`; torch's initial weights, uniform within 1 / sqrt(in_features)."""

    def __init__(self, in_features, out_features, bias=True, *, rng=None, dtype=float):
        super().__init__()
        rng = np.random.default_rng(rng)
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(np.empty((out_features, in_features), dtype))
        init.kaiming_uniform_(self.weight, a=np.sqrt(5), rng=rng)
        self.bias = _bias(bias, out_features, in_features, rng, dtype)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self):
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class _Conv(Module):
    """What the convolutions share: their arguments and torch's initial weights."""

    dims = 2

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=1,
        bias=True,
        *,
        rng=None,
        dtype=float,
    ):
        super().__init__()
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"in_channels={in_channels} and out_channels={out_channels} must be divisible by groups={groups}"
            )
        rng = np.random.default_rng(rng)
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = F._tuple(kernel_size, self.dims)
        self.stride, self.dilation = F._tuple(stride, self.dims), F._tuple(dilation, self.dims)
        self.padding = padding if isinstance(padding, str) else F._tuple(padding, self.dims)
        shape = (*self._weight_channels(), *self.kernel_size)
        self.weight = Parameter(np.empty(shape, dtype))
        init.kaiming_uniform_(self.weight, a=np.sqrt(5), rng=rng)
        self.bias = _bias(bias, out_channels, int(np.prod(shape[1:])), rng, dtype)

    def _weight_channels(self):
        return self.out_channels, self.in_channels // self.groups

    def extra_repr(self):
        unusual = {"padding": self.padding, "dilation": self.dilation, "groups": self.groups}
        usual = {"padding": (0,) * self.dims, "dilation": (1,) * self.dims, "groups": 1}
        more = "".join(f", {name}={value}" for name, value in unusual.items() if value != usual[name])
        more += "" if self.bias is not None else ", bias=False"
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}{more}"


class Conv2d(_Conv):
    """Cross-correlation of images with learned filters (``torch.nn.Conv2d``, padded with zeros).

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or pair
    padding : int, pair, "valid" or "same"
    groups : int
        The channels are split into so many groups that do not see each other.
    bias : bool
    rng : Generator or int, optional
        Draws the initial weights, torch's: uniform within 1 / sqrt(in_channels / groups * KH * KW).
    dtype : dtype

    Notes
    -----
    From (N, in_channels, H, W) to (N, out_channels, OH, OW), by :func:`~companion.nn.functional.conv2d`. Raises
    ValueError where ``groups`` does not divide the channels, RuntimeError where an input does not fit.

    Examples
    --------
    >>> conv = Conv2d(3, 8, kernel_size=3, stride=2, padding=1, rng=0)
    >>> conv.weight.shape, conv(np.zeros((2, 3, 28, 28))).shape
    ((8, 3, 3, 3), (2, 8, 14, 14))
    """

    def forward(self, x):
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """:func:`~companion.nn.functional.conv1d`."""

    dims = 1

    def forward(self, x):
        return F.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ConvTranspose2d(_Conv):
    """:func:`~companion.nn.functional.conv_transpose2d`."""

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        groups=1,
        bias=True,
        dilation=1,
        *,
        rng=None,
        dtype=float,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng=rng, dtype=dtype
        )
        self.output_padding = F._tuple(output_padding, 2)

    def _weight_channels(self):
        return self.in_channels, self.out_channels // self.groups

    def forward(self, x):
        return F.conv_transpose2d(
            x, self.weight, self.bias, self.stride, self.padding, self.output_padding, self.groups, self.dilation
        )


class MaxPool2d(Module):
    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x):
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding)


class AvgPool2d(Module):
    def __init__(self, kernel_size, stride=None, padding=0, count_include_pad=True):
        super().__init__()
        self.kernel_size, self.stride, self.padding, self.count_include_pad = (
            kernel_size,
            stride,
            padding,
            count_include_pad,
        )

    def forward(self, x):
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding, count_include_pad=self.count_include_pad)


class AdaptiveAvgPool2d(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, x):
        return F.adaptive_avg_pool2d(x, self.output_size)


class AdaptiveMaxPool2d(Module):
    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, x):
        return F.adaptive_max_pool2d(x, self.output_size)


class _BatchNorm(Module):
    dims = ()

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, *, dtype=float):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_features, dtype)) if affine else None
        self.running_mean = self.running_var = None
        if track_running_stats:
            self.register_buffer("running_mean", np.zeros(num_features, dtype))
            self.register_buffer("running_var", np.ones(num_features, dtype))
            self.register_buffer("num_batches_tracked", np.array(0))

    def forward(self, x):
        x = as_tensor(x)
        if x.ndim not in self.dims or x.shape[1] != self.num_features:
            dims = " or ".join(map(str, self.dims))
            raise ValueError(f"expected an input of {dims} dimensions with {self.num_features} channels, got {x.shape}")
        if self.training and self.running_mean is not None:
            self.num_batches_tracked += 1
        momentum = self.momentum
        if momentum is None:  # torch: a plain average over all batches
            momentum = 1 / float(self.num_batches_tracked) if self.training and self.running_mean is not None else 0.0
        training = self.training or self.running_mean is None
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, training, momentum, self.eps
        )


class BatchNorm1d(_BatchNorm):
    """:func:`~companion.nn.functional.batch_norm` for inputs of shape (N, C) or (N, C, L)."""

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """:func:`~companion.nn.functional.batch_norm` for inputs of shape (N, C, H, W)."""

    dims = (4,)


class LayerNorm(Module):
    """:func:`~companion.nn.functional.layer_norm`."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, *, dtype=float):
        super().__init__()
        self.normalized_shape, self.eps = F._tuple(normalized_shape, 1), eps
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None
        self.bias = Parameter(np.zeros(self.normalized_shape, dtype)) if elementwise_affine and bias else None

    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """:func:`~companion.nn.functional.rms_norm`."""

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, *, dtype=float):
        super().__init__()
        self.normalized_shape, self.eps = F._tuple(normalized_shape, 1), eps
        self.weight = Parameter(np.ones(self.normalized_shape, dtype)) if elementwise_affine else None

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class GroupNorm(Module):
    """:func:`~companion.nn.functional.group_norm`."""

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, *, dtype=float):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels={num_channels} must be divisible by num_groups={num_groups}")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = Parameter(np.ones(num_channels, dtype)) if affine else None
        self.bias = Parameter(np.zeros(num_channels, dtype)) if affine else None

    def forward(self, x):
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class Dropout(Module):
    """:func:`~companion.nn.functional.dropout`, drawn from its own generator."""

    def __init__(self, p=0.5, *, rng=None):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.rng = p, np.random.default_rng(rng)

    def forward(self, x):
        return F.dropout(x, self.p, self.training, rng=self.rng)


class Embedding(Module):
    """:func:`~companion.nn.functional.embedding`; standard normal rows."""

    def __init__(self, num_embeddings, embedding_dim, *, rng=None, dtype=float):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        weight = np.random.default_rng(rng).standard_normal((num_embeddings, embedding_dim))
        self.weight = Parameter(weight.astype(dtype))

    def forward(self, index):
        return F.embedding(index, self.weight)


class Identity(Module):
    """The input as it is: a place for a layer that is not wanted."""

    def forward(self, x):
        return as_tensor(x)


class Flatten(Module):
    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x):
        x = as_tensor(x)
        start, end = normalize_dim(self.start_dim, x.ndim), normalize_dim(self.end_dim, x.ndim)
        if start > end:
            raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
        return x.reshape(*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])


def _activation(name, function, **defaults):
    """A module without parameters around a function, with the function's own arguments."""

    def __init__(self, *values, **keywords):
        Module.__init__(self)
        arguments = {**defaults, **dict(zip(defaults, values)), **keywords}
        if len(values) > len(defaults) or set(arguments) != set(defaults):
            raise TypeError(f"{name} takes the arguments {list(defaults)}, got {values} and {keywords}")
        self.__dict__.update(arguments)

    def forward(self, x):
        return function(as_tensor(x), **{key: getattr(self, key) for key in defaults})

    def extra_repr(self):
        return ", ".join(f"{key}={getattr(self, key)}" for key in defaults)

    methods = {"__init__": __init__, "forward": forward, "extra_repr": extra_repr}
    doc = f"``{function.__name__}`` as a module."
    return type(name, (Module,), {**methods, "__doc__": doc, "__module__": __name__})


ReLU = _activation("ReLU", F.relu)
LeakyReLU = _activation("LeakyReLU", F.leaky_relu, negative_slope=0.01)
ELU = _activation("ELU", F.elu, alpha=1.0)
GELU = _activation("GELU", F.gelu, approximate="none")
SiLU = _activation("SiLU", F.silu)
Sigmoid = _activation("Sigmoid", F.sigmoid)
Tanh = _activation("Tanh", F.tanh)
Softmax = _activation("Softmax", F.softmax, dim=-1)
LogSoftmax = _activation("LogSoftmax", F.log_softmax, dim=-1)
Softplus = _activation("Softplus", F.softplus, beta=1.0, threshold=20.0)


def _loss(name, function, **defaults):
    """A loss module around a function of input and target."""
    base = _activation(name, function, **defaults)

    def forward(self, x, target):
        return function(x, target, **{key: getattr(self, key) for key in defaults})

    base.forward = forward
    return base


MSELoss = _loss("MSELoss", F.mse_loss, reduction="mean")
L1Loss = _loss("L1Loss", F.l1_loss, reduction="mean")
HuberLoss = _loss("HuberLoss", F.huber_loss, reduction="mean", delta=1.0)
BCEWithLogitsLoss = _loss(
    "BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, weight=None, reduction="mean", pos_weight=None
)
CrossEntropyLoss = _loss(
    "CrossEntropyLoss", F.cross_entropy, weight=None, reduction="mean", label_smoothing=0.0, ignore_index=-100
)
NLLLoss = _loss("NLLLoss", F.nll_loss, weight=None, reduction="mean", ignore_index=-100)
KLDivLoss = _loss("KLDivLoss", F.kl_div, reduction="mean", log_target=False)
