"""nn.Module: names and tables, states, modes and dtypes."""

import copy

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion import nn
from companion.autograd import Tensor

# ---- attributes ------------------------------------------------------------------------------------------------------


def test_a_name_stands_for_one_thing():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    model.head = nn.Linear(2, 1, rng=0)
    model.head = None
    assert len(list(model.parameters())) == 2 and model.head is None
    first = model[0]
    first.weight = nn.Parameter(np.ones((2, 2)))
    assert list(first.state_dict()) == ["weight", "bias"] and (first(np.eye(2)).data - first.bias.data == 1).all()
    first.bias = None
    assert list(first.state_dict()) == ["weight"]


def test_parameters_are_replaced_by_parameters_and_gone_when_deleted():
    layer = nn.Linear(2, 2, rng=0)
    with pytest.raises(TypeError, match="Parameter or None"):
        layer.weight = Tensor(np.ones((2, 2)))
    with pytest.raises(TypeError, match="Parameter or None"):
        layer.register_parameter("scale", np.ones(2))
    del layer.bias
    assert list(layer.state_dict()) == ["weight"] and not hasattr(layer, "bias")
    layer.register_buffer("later", None)
    assert list(layer.state_dict()) == ["weight"]
    layer.later = np.ones(3)
    assert list(layer.state_dict()) == ["weight", "later"]


def test_a_module_needs_its_constructor():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__"):
        Forgetful()


@pytest.mark.parametrize(
    "change",
    [
        lambda m, lib, array: m.register_buffer("a.b", array),
        lambda m, lib, array: m.register_buffer("", array),
        lambda m, lib, array: m.register_buffer("weight", array),
        lambda m, lib, array: m.register_buffer(3, array),
        lambda m, lib, array: m.register_buffer("a", 3),
        lambda m, lib, array: m.register_parameter("a.b", None),
        lambda m, lib, array: m.register_parameter("forward", None),
        lambda m, lib, array: m.register_parameter(3, None),
        lambda m, lib, array: m.register_parameter("a", array),
        lambda m, lib, array: m.register_module("a.b", lib.ReLU()),
        lambda m, lib, array: m.register_module("forward", lib.ReLU()),
        lambda m, lib, array: m.register_module("a", 3),
        lambda m, lib, array: m.add_module("", lib.ReLU()),
        lambda m, lib, array: setattr(m, "weight", lib.ReLU()),
        lambda m, lib, array: setattr(m, "forward", lib.Parameter(array)),
        lambda m, lib, array: setattr(m, "a.b", lib.Parameter(array)),
        lambda m, lib, array: setattr(m, "weight", array),
        lambda m, lib, array: m.nothing,
        lambda m, lib, array: delattr(m, "nothing"),
        lambda m, lib, array: m.get_submodule("nothing"),
        lambda m, lib, array: m.get_parameter("nothing"),
        lambda m, lib, array: m.get_parameter("nothing.weight"),
        lambda m, lib, array: m.get_buffer("weight"),
        lambda m, lib, array: m.train("no"),
        lambda m, lib, array: m.train(1),
        lambda m, lib, array: m.requires_grad_("no"),
        lambda m, lib, array: m.load_state_dict(3),
        lambda m, lib, array: m.apply(3),
        lambda m, lib, array: lib.Module()(array),
        lambda m, lib, array: lib.Module(3),
    ],
)
def test_bad_changes_raise_torchs_class_and_change_nothing(change):
    ours, theirs = nn.Linear(2, 2, rng=0), torch.nn.Linear(2, 2)
    with pytest.raises(Exception) as expected:
        change(theirs, torch.nn, torch.ones(1))
    before, weight = ours.state_dict(), ours.weight
    with pytest.raises(expected.type):
        change(ours, nn, np.ones(1))
    assert ours.weight is weight and list(ours.state_dict()) == list(before)


@pytest.mark.parametrize("name", ["forward", "a.b", ""])
def test_no_part_hides_a_method_or_has_a_dot(name):
    layer = nn.Linear(2, 2, rng=0)
    with pytest.raises(KeyError, match="cannot name a part"):  # torch takes modules, and never finds them again
        setattr(layer, name, nn.ReLU())
    assert list(layer.children()) == []


def test_buffers_keep_their_array_and_may_stay_out_of_the_state():
    module, counts = nn.Module(), np.zeros(2)
    module.register_buffer("counts", counts)
    module.register_buffer("cache", Tensor([1.0]), persistent=False)
    counts += 1
    assert list(module.state_dict()) == ["counts"] and (module.state_dict()["counts"] == 1).all()
    assert dict(module.named_buffers()).keys() == {"counts", "cache"} and type(module.cache) is np.ndarray
    with pytest.raises(TypeError, match="cannot assign str as buffer 'counts'"):
        module.counts = "many"
    module.counts = None
    assert list(module.state_dict()) == [] and module.counts is None
    module.register_buffer("cache", np.ones(1))  # now for the state
    assert list(module.state_dict()) == ["cache"]
    module.cache = nn.Parameter([1.0])
    assert list(module.buffers()) == [] and [name for name, _ in module.named_parameters()] == ["cache"]


def test_what_belongs_to_a_module_can_be_seen_and_copied():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2))
    assert {"weight", "bias"} <= set(dir(model[0])) and {"running_mean"} <= set(dir(model[1]))
    for twin in (copy.deepcopy(model), copy.copy(model)):
        assert all((twin.state_dict()[key] == value).all() for key, value in model.state_dict().items())
    twin = copy.deepcopy(model)
    twin[0].weight.data += 1
    assert not (twin[0].weight.data == model[0].weight.data).any()


def test_names_of_everything_are_torchs():
    def build(library):
        body = library.Sequential(library.Linear(2, 2), library.ReLU())
        model = library.Sequential(body, library.BatchNorm1d(2), body)
        model.tied = body[0]
        return model

    ours, theirs = build(nn), build(torch.nn)
    for names in (
        lambda m: [name for name, _ in m.named_modules()],
        lambda m: [name for name, _ in m.named_modules(prefix="p", remove_duplicate=False)],
        lambda m: [name for name, _ in m.named_children()],
        lambda m: [name for name, _ in m.named_parameters()],
        lambda m: [name for name, _ in m.named_parameters("p", recurse=False)],
        lambda m: [name for name, _ in m.named_parameters(remove_duplicate=False)],
        lambda m: [name for name, _ in m.named_buffers("p")],
        lambda m: [len(list(m.modules())), len(list(m.modules(remove_duplicate=False))), len(list(m.children()))],
        lambda m: [len(list(m.parameters())), len(list(m.parameters(recurse=False))), len(list(m.buffers()))],
        lambda m: [type(m.get_submodule("0.1")).__name__, m.get_submodule("") is m],
        lambda m: [tuple(m.get_parameter("0.0.weight").shape), tuple(m.get_buffer("1.running_mean").shape)],
        lambda m: list(m.state_dict()),
        repr,
    ):
        assert names(ours) == names(theirs)


# ---- layers in plain lists -------------------------------------------------------------------------------------------


class Plain(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers


HELD = [
    [nn.Linear(2, 2, rng=0)], (None, nn.Linear(2, 2, rng=0)), {"a": nn.Linear(2, 2, rng=0)}, [nn.Parameter([1.0])],
    [(nn.Linear(2, 2, rng=0), 3)],
]  # fmt: skip


@pytest.mark.parametrize("layers", HELD, ids=lambda held: type(held).__name__)
def test_layers_in_a_plain_list_or_dict_are_spoken_of(layers):
    model = nn.Sequential(Plain(layers))
    with pytest.warns(UserWarning, match=r"Plain.layers is a .*Put them into nn.ModuleList or nn.ModuleDict"):
        assert list(model.parameters()) == []


@pytest.mark.filterwarnings("error")
def test_lists_of_other_things_and_of_layers_that_are_known_are_not():
    first = nn.Linear(2, 2, rng=0)
    model = Plain([3, "a", [4], {"b": None}])
    model.first, model.order, model.sizes = first, [first], (2, 2)
    assert len(list(model.parameters())) == 2


# ---- states ----------------------------------------------------------------------------------------------------------


def test_state_that_does_not_fit_changes_nothing():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Linear(3, 1, rng=1))
    before = model.state_dict()
    wrong = {**before, "0.weight": np.zeros((5, 5)), "extra": np.zeros(1)}
    del wrong["2.bias"]
    with pytest.raises(RuntimeError, match=r"Missing key.*2\.bias.*Unexpected key.*extra.*size mismatch for 0\.weight"):
        model.load_state_dict(wrong)
    assert all((model.state_dict()[key] == before[key]).all() for key in before)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.array(["x"]), "bias holds values of dtype <U1, expected real numbers"),
        (np.array([1j]), "bias holds values of dtype complex128"),
        (np.array([None]), "bias holds values of dtype object"),
        (np.array(["2000-01-01"], "datetime64[D]"), "bias holds values of dtype datetime64"),
        ([[1.0], [1.0, 2.0]], "bias holds values of dtype object"),
        ("x", "bias holds values of dtype <U1"),
        (np.ones(2), r"size mismatch for bias: got \(2,\), expected \(1,\)"),
        (1.0, r"size mismatch for bias: got \(\), expected \(1,\)"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_value_of_another_kind_or_shape_changes_nothing(value, words, strict):
    model = nn.Linear(2, 1, rng=0)
    before = model.state_dict()
    with pytest.raises(RuntimeError, match=words):
        model.load_state_dict({"weight": before["weight"] + 1, "bias": value}, strict=strict)
    assert all(value.tobytes() == before[key].tobytes() for key, value in model.state_dict().items())


@pytest.mark.parametrize("count", [np.array(1.5), np.array(np.nan)])
def test_an_integer_buffer_takes_whole_numbers_only(count):
    model = nn.BatchNorm1d(2)
    state = {**model.state_dict(), "running_mean": np.ones(2), "num_batches_tracked": count}
    with pytest.raises(RuntimeError, match="num_batches_tracked holds fractions or nan"):
        model.load_state_dict(state)
    assert (model.running_mean == 0).all()
    model.load_state_dict({**state, "num_batches_tracked": np.array(3.0)})
    assert model.num_batches_tracked == 3 and model.num_batches_tracked.dtype == int


def test_a_buffer_that_cannot_be_written_is_found_before_any_change():
    model = nn.Linear(2, 1, rng=0)
    model.register_buffer("fixed", np.broadcast_to(1.0, 3))
    before = model.state_dict()
    with pytest.raises(RuntimeError, match="fixed is read-only"):
        model.load_state_dict({key: value + 1 for key, value in before.items()})
    assert all((value == before[key]).all() for key, value in model.state_dict().items())


def test_nan_and_integers_and_torchs_tensors_are_taken():
    model, theirs = nn.Linear(2, 1, rng=0), torch.nn.Linear(2, 1)
    assert repr(model.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    model.load_state_dict({"weight": np.array([[np.nan, np.inf]]), "bias": [3]})
    assert np.isnan(model.weight.data[0, 0]) and model.weight.data[0, 1] == np.inf and model.bias.data[0] == 3


def test_what_is_missing_and_unexpected_is_told_where_names_need_not_fit():
    ours, theirs = nn.Linear(2, 1, rng=0), torch.nn.Linear(2, 1)
    told = ours.load_state_dict({"bias": [5.0], "extra": [1.0]}, strict=False)
    expected = theirs.load_state_dict({"bias": torch.tensor([5.0]), "extra": torch.ones(1)}, strict=False)
    assert tuple(told) == tuple(expected) == (["weight"], ["extra"]) and ours.bias.data == 5
    assert told.missing_keys == ["weight"] and "unexpected_keys=['extra']" in repr(told)


def test_a_state_is_a_copy_and_may_be_of_the_module_itself():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 2, rng=1))
    state = model.state_dict()
    model[0].weight.data += 1
    assert not (state["0.weight"] == model[0].weight.data).any()
    first, second = model[0].weight.data, model[1].weight.data
    a, b = first.copy(), second.copy()
    model.load_state_dict({**state, "0.weight": second, "1.weight": first})
    assert (first == b).all() and (second == a).all()


def test_a_shared_module_is_visited_once_but_stored_under_all_its_names():
    layer = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    calls = []
    model.apply(calls.append)
    assert calls.count(layer) == 1 and len(list(model.modules())) == 3
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert_allclose(model(np.eye(2)).data, layer(np.maximum(layer(np.eye(2)).data, 0)).data)


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: layer.load_state_dict(layer.state_dict()),
        lambda layer: nn.init.zeros_(layer.weight),
        lambda layer: nn.init.kaiming_normal_(layer.weight, rng=0),
        lambda layer: nn.utils.vector_to_parameters(np.zeros(6), layer.parameters()),
    ],
)
def test_parameters_changed_between_forward_and_backward_are_noticed(change):
    layer = nn.Linear(2, 2, rng=0)
    x = Tensor(np.ones((1, 2)), requires_grad=True)
    out = layer(x).sum()
    change(layer)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.backward()
    layer(x).sum().backward()


# ---- modes and dtypes ------------------------------------------------------------------------------------------------


def test_apply_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2)))
    seen = []
    model.eval().apply(lambda module: seen.append((type(module).__name__, module.training)))
    assert seen[-1] == ("Sequential", False) and len(seen) == 5 and not any(training for _, training in seen)


def test_another_dtype_takes_the_gradients_along_and_must_be_floating():
    layer = nn.Linear(2, 2, rng=0)
    layer(np.eye(2)).sum().backward()
    assert layer.to(np.float32).weight.grad.dtype == np.float32
    with pytest.raises(TypeError, match="floating-point dtype"):
        layer.to(int)


def test_dtypes_by_name_turn_parameters_and_buffers():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.BatchNorm1d(2))
    for name, dtype in (("half", np.float16), ("float", np.float32), ("double", np.float64)):
        assert getattr(model, name)() is model
        kinds = {value.dtype for value in model.state_dict().values() if value.ndim}
        assert kinds == {np.dtype(dtype)} and model[1].num_batches_tracked.dtype == int


def test_gradients_are_dropped_or_set_to_zero():
    layer = nn.Linear(2, 1, rng=0)
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad is None
    layer(np.ones((1, 2))).sum().backward()
    layer.zero_grad(set_to_none=False)
    assert (layer.weight.grad.data == 0).all() and layer.weight.grad.shape == (1, 2)
    layer.zero_grad()
    assert layer.weight.grad is None
    with pytest.raises(TypeError, match="set_to_none='no'"):
        layer.zero_grad("no")


def test_frozen_parameters_get_no_gradient():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 1, rng=0))
    assert model[0].requires_grad_(False) is model[0]
    model(np.ones((1, 2))).sum().backward()
    assert model[0].weight.grad is None and model[1].weight.grad is not None


# ---- text ------------------------------------------------------------------------------------------------------------


def test_modules_say_their_settings():
    assert repr(nn.Dropout(0.3)) == "Dropout(p=0.3)"
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert repr(nn.MaxPool2d(2, padding=1)) == "MaxPool2d(kernel_size=2, stride=2, padding=1)"
    everything = "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=3, ceil_mode=True)"
    assert repr(nn.MaxPool2d(2, dilation=3, ceil_mode=True)) == everything
    conv = nn.Conv2d(2, 4, 3, padding=1, groups=2, bias=False)
    assert repr(nn.Conv2d(np.int64(2), np.int64(4), np.int64(3))) == str(torch.nn.Conv2d(2, 4, 3))
    assert repr(conv) == str(torch.nn.Conv2d(2, 4, 3, padding=1, groups=2, bias=False))


def test_a_module_of_ones_own_says_what_it_wants_to():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.ReLU()

        def extra_repr(self):
            return "scale=2"

    assert repr(Scaled()) == "Scaled(\n  scale=2\n  (layer): ReLU()\n)"
    assert repr(nn.Module()) == "Module()"
