r"""Update parameters from their gradients (``torch.optim``): step functions on arrays, and optimizers that apply them.

A step function is the mathematics for one array: ``p, state = adam_step(p, g, state, lr)``. It changes nothing that it
was given; the state is a dict of torch's names, empty before the first step. The optimizers beneath hold a state for
every parameter and write the new values into it.
"""

import math

import numpy as np

from companion.autograd import increment_version

# ---- steps -----------------------------------------------------------------------------------------------------------


def sgd_step(p, g, state, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    r"""Gradient descent: :math:`p \leftarrow p - \eta d` with :math:`d = g + \lambda p`.

    With momentum :math:`v \leftarrow \mu v + (1 - \tau) d` takes the place of d, or :math:`d + \mu v` in Nesterov's
    form. The first v is d itself, undampened, as in torch.

    Parameters
    ----------
    p, g : ndarray of one shape
        The parameter and the gradient of the objective with respect to it.
    state : dict
        What the step before returned; empty at first.
    lr, momentum, dampening, weight_decay : float
        :math:`\eta, \mu, \tau, \lambda`.

    Returns
    -------
    p : ndarray
    state : dict

    Examples
    --------
    >>> sgd_step(np.array([1.0]), np.array([4.0]), {}, lr=0.25)[0]
    array([0.])
    """
    if weight_decay:
        g = g + weight_decay * p
    if momentum:
        v = momentum * state["momentum_buffer"] + (1 - dampening) * g if state else np.array(g)
        state = {"momentum_buffer": v}
        g = g + momentum * v if nesterov else v
    return p - lr * g, state


def adagrad_step(p, g, state, lr, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    r"""A rate of its own for each element: :math:`p \leftarrow p - \eta_t\, g / (\sqrt s + \epsilon)`.

    s is the sum of all :math:`g^2` so far, and :math:`\eta_t = \eta / (1 + (t - 1)\,` ``lr_decay`` :math:`)`.
    ``weight_decay`` adds :math:`\lambda p` to the gradient. Arguments and result as for :func:`sgd_step`.
    """
    if weight_decay:
        g = g + weight_decay * p
    t = state.get("step", 0) + 1
    total = state.get("sum", initial_accumulator_value) + g * g
    rate = lr / (1 + (t - 1) * lr_decay)
    return p - rate * g / (np.sqrt(total) + eps), {"step": t, "sum": total}


def rmsprop_step(p, g, state, lr, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False):
    r"""Divide by a running root mean square: :math:`p \leftarrow p - \eta\, g / (\sqrt v + \epsilon)`.

    :math:`v \leftarrow \alpha v + (1 - \alpha) g^2`; centered, :math:`v - \bar g^2` takes its place, with the running
    mean :math:`\bar g`. With momentum the quotient is gathered in a buffer, and p moves along that. Arguments and
    result as for :func:`sgd_step`.
    """
    if weight_decay:
        g = g + weight_decay * p
    after = {"square_avg": alpha * state.get("square_avg", 0.0) + (1 - alpha) * (g * g)}
    v = after["square_avg"]
    if centered:
        mean = after["grad_avg"] = alpha * state.get("grad_avg", 0.0) + (1 - alpha) * g
        v = v - mean * mean
    d = g / (np.sqrt(v) + eps)
    if momentum:
        d = after["momentum_buffer"] = momentum * state.get("momentum_buffer", 0.0) + d
    return p - lr * d, after


def adam_step(p, g, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    r"""Momentum over a running root mean square: :math:`p \leftarrow p - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)`.

    :math:`m \leftarrow \beta_1 m + (1 - \beta_1) g` and :math:`v \leftarrow \beta_2 v + (1 - \beta_2) g^2` begin at 0;
    :math:`\hat m = m / (1 - \beta_1^t)` and :math:`\hat v = v / (1 - \beta_2^t)` make up for it. With ``amsgrad`` the
    largest v so far takes the place of v. ``weight_decay`` adds :math:`\lambda p` to the gradient. Arguments and result
    as for :func:`sgd_step`.

    Examples
    --------
    >>> adam_step(np.array([1.0]), np.array([500.0]), {}, lr=0.1)[0].round(6)  # the first step has the length lr
    array([0.9])
    """
    if weight_decay:
        g = g + weight_decay * p
    beta1, beta2 = betas
    t, m, v = (
        (state["step"], state["exp_avg"], state["exp_avg_sq"]) if state else (0, np.zeros_like(p), np.zeros_like(p))
    )
    t = t + 1
    m = m + (1 - beta1) * (g - m)
    v = beta2 * v + (1 - beta2) * (g * g)
    after = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = after["max_exp_avg_sq"] = np.maximum(state["max_exp_avg_sq"], v) if state else v
    scale = np.sqrt(v) / math.sqrt(1 - beta2**t) + eps
    return p - (lr / (1 - beta1**t)) * m / scale, after


def adamw_step(p, g, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    r""":func:`adam_step` on weights that decayed first, :math:`p \leftarrow (1 - \eta\lambda) p`.

    The decay does not pass through the division by :math:`\sqrt{\hat v}`, so that it shrinks all weights alike.
    """
    return adam_step(p * float(1 - lr * weight_decay), g, state, lr, betas, eps, 0.0, amsgrad)


# ---- optimizers ------------------------------------------------------------------------------------------------------


def _check(least=0.0, **values):
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"Invalid {name}: {value}, expected >= {least:g}")


class Optimizer:
    """What all optimizers share: groups of parameters with their settings, and a state for each parameter.

    Parameters
    ----------
    params : iterable of Parameter, or of dict
        With dicts, each has its ``"params"`` and settings that differ from the defaults, such as ``"lr"``.
    step : callable
        A step function of this module.
    defaults : dict
        Its settings.
    maximize : bool
        Climb instead of descending.

    Attributes
    ----------
    param_groups : list of dict
        May be changed between steps, which is what the schedules do.
    state : dict
        From a parameter to its state.
    """

    def __init__(self, params, step, defaults, maximize=False):
        if hasattr(params, "grad"):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors, got one Tensor")
        params = list(params)
        if not params:
            raise ValueError("optimizer got an empty parameter list")
        self._update, self.defaults = step, {**defaults, "maximize": maximize}
        self.param_groups, self.state = [], {}
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(group)

    def add_param_group(self, group):
        """Train more parameters, with settings of their own where the dict has them."""
        params = [group["params"]] if hasattr(group["params"], "grad") else list(group["params"])
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if any(id(p) in known for p in params) or len({id(p) for p in params}) < len(params):
            raise ValueError("some parameters appear in more than one parameter group")
        if any(not p.is_leaf for p in params):
            raise ValueError("can't optimize a non-leaf Tensor")
        unknown = set(group) - set(self.defaults) - {"params"}
        if unknown:
            raise ValueError(f"unknown settings {sorted(unknown)}, expected some of {sorted(self.defaults)}")
        settings = {**self.defaults, **group, "params": params}
        self._check(**{name: settings[name] for name in self.defaults})
        self.param_groups.append(settings)

    def _check(self, **settings):
        raise NotImplementedError

    def zero_grad(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def step(self):
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults if name != "maximize"}
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if parameter.grad.shape != parameter.shape:
                    raise RuntimeError(f"a gradient of shape {parameter.grad.shape} for shape {parameter.shape}")
                grad = -parameter.grad.data if group["maximize"] else parameter.grad.data
                state = self.state.get(parameter, {})
                parameter.data[...], self.state[parameter] = self._update(parameter.data, grad, state, **settings)
                increment_version(parameter)

    def state_dict(self):
        """Copies of the states and settings, with parameters by their number, as torch's."""
        number = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        return {
            "state": {number[id(p)]: {key: np.array(value) for key, value in s.items()} for p, s in self.state.items()},
            "param_groups": [{**g, "params": [number[id(p)] for p in g["params"]]} for g in self.param_groups],
        }

    def load_state_dict(self, state_dict):
        """Take over what :meth:`state_dict` gave; nothing changes unless the groups have as many parameters."""
        groups, saved = self.param_groups, state_dict["param_groups"]
        if [len(g["params"]) for g in groups] != [len(g["params"]) for g in saved]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        missing = set(self.defaults).difference(*saved) if saved else set()
        if missing:
            raise ValueError(f"the state is another optimizer's: it has no {sorted(missing)}")
        params = {i: p for g, s in zip(groups, saved) for p, i in zip(g["params"], s["params"])}
        for i, state in state_dict["state"].items():
            for key, value in state.items():
                if key != "step" and np.shape(value) != params[i].shape:
                    raise ValueError(f"{key} of parameter {i} has shape {np.shape(value)}, expected {params[i].shape}")
        for group, entry in zip(groups, saved):
            group.update({name: value for name, value in entry.items() if name != "params"})
        self.state = {
            params[i]: {k: int(v) if k == "step" else np.array(v, params[i].dtype) for k, v in state.items()}
            for i, state in state_dict["state"].items()
        }


class SGD(Optimizer):
    """:func:`sgd_step` for every parameter (``torch.optim.SGD``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
    lr, momentum, dampening, weight_decay : float
    nesterov, maximize : bool
    """

    def __init__(
        self, params, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, *, maximize=False
    ):
        defaults = dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov)
        super().__init__(params, sgd_step, defaults, maximize)

    def _check(self, lr, momentum, dampening, weight_decay, nesterov, maximize):
        _check(**{"learning rate": lr, "momentum value": momentum, "weight_decay value": weight_decay})
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")


class Adagrad(Optimizer):
    """:func:`adagrad_step` for every parameter (``torch.optim.Adagrad``)."""

    def __init__(
        self,
        params,
        lr=0.01,
        lr_decay=0.0,
        weight_decay=0.0,
        initial_accumulator_value=0.0,
        eps=1e-10,
        *,
        maximize=False,
    ):
        defaults = dict(lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        defaults["initial_accumulator_value"] = initial_accumulator_value
        super().__init__(params, adagrad_step, defaults, maximize)

    def _check(self, lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize):
        _check(**{"learning rate": lr, "lr_decay value": lr_decay, "weight_decay value": weight_decay})
        _check(**{"initial_accumulator_value value": initial_accumulator_value, "epsilon value": eps})


class RMSprop(Optimizer):
    """:func:`rmsprop_step` for every parameter (``torch.optim.RMSprop``)."""

    def __init__(
        self, params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False, *, maximize=False
    ):
        defaults = dict(lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered)
        super().__init__(params, rmsprop_step, defaults, maximize)

    def _check(self, lr, alpha, eps, weight_decay, momentum, centered, maximize):
        _check(**{"learning rate": lr, "epsilon value": eps, "momentum value": momentum})
        _check(**{"weight_decay value": weight_decay, "alpha value": alpha})


class Adam(Optimizer):
    """:func:`adam_step` for every parameter (``torch.optim.Adam``).

    Parameters
    ----------
    params : iterable of Parameter, or of dict
    lr : float
    betas : (float, float)
        Of the running means of g and of its square.
    eps : float
    weight_decay : float
        Added to the gradient as :math:`\\lambda p`; see :class:`AdamW` for the decay that users usually want.
    amsgrad, maximize : bool
    """

    _function = staticmethod(adam_step)

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, *, maximize=False
    ):
        defaults = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad)
        super().__init__(params, self._function, defaults, maximize)

    def _check(self, lr, betas, eps, weight_decay, amsgrad, maximize):
        _check(**{"learning rate": lr, "epsilon value": eps, "weight_decay value": weight_decay})
        for i, beta in enumerate(betas):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


class AdamW(Adam):
    r""":func:`adamw_step` for every parameter (``torch.optim.AdamW``).

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        As for :class:`Adam`.
    weight_decay : float
        Each step first shrinks the weights by the factor :math:`1 - \eta\lambda`.
    """

    _function = staticmethod(adamw_step)

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False, *, maximize=False
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
