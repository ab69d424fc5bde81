"""Sequential, ModuleList and ModuleDict beside torch's."""

from collections import OrderedDict

import numpy as np
import pytest
import torch

from companion import nn


def chain(library):
    return library.Sequential(OrderedDict(a=library.ReLU(), b=library.Tanh(), c=library.ELU()))


def row(library):
    return library.ModuleList([library.ReLU(), library.Linear(2, 3), library.ELU()])


def keyed(library):
    return library.ModuleDict({"a": library.Linear(2, 2), "b": library.ReLU()})


def more(m, lib):
    """Another container of the same kind."""
    return type(m)(lib.SiLU()) if isinstance(m, lib.Sequential) else type(m)([lib.SiLU()])


@pytest.mark.parametrize("build", [chain, row], ids=["Sequential", "ModuleList"])
@pytest.mark.parametrize(
    "change",
    [
        lambda m, lib: m[1:],
        lambda m, lib: m[::2],
        lambda m, lib: m[:0],
        lambda m, lib: m[-1],
        lambda m, lib: m[np.int64(0)],
        lambda m, lib: m.append(lib.GELU()),
        lambda m, lib: m.extend([lib.GELU(), lib.SiLU()]),
        lambda m, lib: m.pop(0),
        lambda m, lib: m.pop(-1),
        lambda m, lib: m.__setitem__(-1, lib.SiLU()),
        lambda m, lib: m.__delitem__(1),
        lambda m, lib: m.__delitem__(slice(0, 2)),
        lambda m, lib: m + more(m, lib),
        lambda m, lib: m.__iadd__(more(m, lib)),
    ],
)
def test_lists_change_as_torchs(build, change):
    ours, theirs = build(nn), build(torch.nn)
    told, expected = change(ours, nn), change(theirs, torch.nn)
    if isinstance(expected, torch.nn.Sequential):
        assert repr(told) == repr(expected)
    elif isinstance(expected, torch.nn.ModuleList):
        assert [repr(m) for m in told] == [repr(m) for m in expected]
    assert [name for name, _ in ours.named_children()] == [name for name, _ in theirs.named_children()]
    assert [repr(m) for m in ours] == [repr(m) for m in theirs] and list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("build", [chain, row], ids=["Sequential", "ModuleList"])
@pytest.mark.parametrize(
    "change",
    [
        lambda m, lib: m[3],
        lambda m, lib: m[-4],
        lambda m, lib: m["a"],
        lambda m, lib: m[1.5],
        lambda m, lib: m.append(3),
        lambda m, lib: m.extend(3),
        lambda m, lib: m.extend([3]),
        lambda m, lib: m.__setitem__(0, 3),
        lambda m, lib: m.__setitem__(4, lib.ReLU()),
        lambda m, lib: m.__delitem__(3),
        lambda m, lib: m.pop(3),
        lambda m, lib: m + 3,
    ],
)
def test_bad_changes_of_lists_raise_torchs_class_and_change_nothing(build, change):
    ours, theirs = build(nn), build(torch.nn)
    with pytest.raises(Exception) as expected:
        change(theirs, torch.nn)
    before = repr(ours)
    with pytest.raises(expected.type):
        change(ours, nn)
    assert repr(ours) == before


@pytest.mark.parametrize("index", [0, 1, 2, -1])
@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
def test_inserting_moves_the_others_on(kind, index):
    def build(library):
        layers = [library.ReLU(), library.Tanh()]
        return library.Sequential(*layers) if kind == "Sequential" else library.ModuleList(layers)

    ours, theirs = build(nn), build(torch.nn)
    ours.insert(index, nn.Linear(2, 3))
    theirs.insert(index % 2 if index < 0 else index, torch.nn.Linear(2, 3))
    assert [repr(m) for m in ours] == [repr(m) for m in theirs] and list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize(("index", "module", "error"), [(4, nn.ReLU(), IndexError), (0, 3, TypeError)])
def test_inserting_needs_a_place_and_a_module(index, module, error):
    for model in (chain(nn), row(nn)):
        with pytest.raises(error):
            model.insert(index, module)
        assert len(model) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda lib: lib.Sequential(3),
        lambda lib: lib.Sequential([lib.ReLU()]),
        lambda lib: lib.ModuleList([3]),
        lambda lib: lib.ModuleList(lib.ReLU()),
        lambda lib: lib.ModuleDict({"a.b": lib.ReLU()}),
        lambda lib: lib.ModuleDict({1: lib.ReLU()}),
        lambda lib: lib.ModuleDict({"": lib.ReLU()}),
        lambda lib: lib.ModuleDict({"keys": lib.ReLU()}),
        lambda lib: lib.ModuleDict({"a": 3}),
        lambda lib: lib.ModuleDict([("a",)]),
        lambda lib: lib.ModuleDict(3),
        lambda lib: keyed(lib)["c"],
        lambda lib: keyed(lib).pop("c"),
        lambda lib: keyed(lib).__delitem__("c"),
        lambda lib: lib.ModuleList([lib.ReLU()])(3),
    ],
)
def test_bad_containers_raise_torchs_class(make):
    with pytest.raises(Exception) as expected:
        make(torch.nn)
    with pytest.raises(expected.type):
        make(nn)


def test_a_chain_takes_a_plain_dict_too_and_keeps_its_names():
    model = nn.Sequential({"first": nn.Linear(2, 3, rng=0), "then": nn.ReLU()})
    assert list(model.state_dict()) == ["first.weight", "first.bias"] and model.first is model[0]
    assert repr(model[1:]) == "Sequential(\n  (then): ReLU()\n)"
    with pytest.raises(TypeError, match="NoneType is not a Module"):
        nn.Sequential(nn.ReLU(), None)


def test_appending_to_a_slice_overwrites_nothing():
    model = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.ELU())[1:].append(nn.GELU())
    assert [(name, repr(m)) for name, m in model.named_children()][1:] == [
        ("2", "ELU(alpha=1.0)"),
        ("3", "GELU(approximate='none')"),
    ]


@pytest.mark.parametrize(
    "look",
    [
        lambda m, lib: [list(m), list(m.keys()), len(m), "a" in m, "c" in m, list(m.state_dict())],
        lambda m, lib: [[(key, repr(part)) for key, part in m.items()], [repr(part) for part in m.values()]],
        lambda m, lib: [repr(m["b"]), repr(m.a), repr(m)],
        lambda m, lib: [m.update({"c": lib.ELU(), "a": lib.Tanh()}), repr(m)],
        lambda m, lib: [m.update([("c", lib.ELU())]), repr(m)],
        lambda m, lib: [m.update(lib.ModuleDict({"c": lib.ELU()})), repr(m)],
        lambda m, lib: [m.__setitem__("c", lib.ELU()), repr(m)],
        lambda m, lib: [repr(m.pop("a")), repr(m)],
        lambda m, lib: [m.__delitem__("a"), repr(m)],
        lambda m, lib: [m.clear(), len(m)],
    ],
)
def test_dicts_are_torchs(look):
    assert look(keyed(nn), nn) == look(keyed(torch.nn), torch.nn)


def test_layers_in_containers_are_trained_and_stored():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(2, 2, rng=i) for i in range(2)])
            self.heads = nn.ModuleDict({"a": nn.Linear(2, 1, rng=3)})

        def forward(self, input):
            for layer in self.layers:
                input = layer(input)
            return self.heads["a"](input)

    net = Net()
    net(np.ones((3, 2))).sum().backward()
    assert all(p.grad is not None for p in net.parameters()) and len(list(net.parameters())) == 6
    assert list(net.state_dict())[::2] == ["layers.0.weight", "layers.1.weight", "heads.a.weight"]
