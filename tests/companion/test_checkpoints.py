"""companion.checkpoints: runs that go on to the last bit, values that are kept, and files that are refused."""

import json
import os
import zipfile

import numpy as np
import pytest
import torch

from companion import nn, optim, training
from companion.checkpoints import CheckpointError, load_checkpoint, save_checkpoint
from companion.nn import functional as F
from tests.companion.checkpoint_runs import OPTIMIZERS, SCHEDULES, Run, X, build, exact


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """A disk that need not be waited for."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


# ---- runs that go on -------------------------------------------------------------------------------------------------


# A schedule sees of its optimizer the rate alone, and OneCycleLR the momentum or the betas, too.
@pytest.mark.parametrize(
    ("schedule", "optimizer"),
    [*((schedule, "SGD") for schedule in SCHEDULES), ("OneCycleLR", "Adam"), ("OneCycleLR by batches", "Adam")],
)
def test_a_run_interrupted_after_any_epoch_goes_on_to_the_last_bit(tmp_path, schedule, optimizer):
    for patience in (2, None):
        whole = Run(schedule, optimizer, patience=patience).fit(6, path=tmp_path / "run")
        for epoch in range(whole.history.epochs):
            other = Run(schedule, optimizer, seed=5, patience=patience)
            extra = load_checkpoint(f"{tmp_path}/run-{epoch}", other.model, other.optimizer, **other.parts)
            assert extra["epoch"] == epoch and extra["history"].epochs == epoch + 1
            assert other.fit(6, extra["history"]).state() == whole.state(), epoch


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_goes_on_to_the_last_bit(tmp_path, optimizer):
    whole = Run("StepLR", optimizer).fit(4, path=tmp_path / "run")
    other = Run("StepLR", optimizer, seed=5)
    extra = load_checkpoint(f"{tmp_path}/run-1", other.model, other.optimizer, **other.parts)
    assert other.fit(4, extra["history"]).state() == whole.state()


@pytest.mark.parametrize("first", [1, 2, 4])
def test_a_run_that_was_asked_for_less_goes_on_from_where_training_stood_not_from_the_best(tmp_path, first):
    whole, halves = Run("StepLR", "SGD", patience=50).fit(6), Run("StepLR", "SGD", patience=50).fit(first)
    save_checkpoint(tmp_path / "run", halves.model, halves.optimizer, history=halves.history, **halves.parts)
    assert halves.fit(6, halves.history).state() == whole.state()
    other = Run("StepLR", "SGD", seed=5, patience=50)
    extra = load_checkpoint(tmp_path / "run", other.model, other.optimizer, **other.parts)
    assert other.fit(6, extra["history"]).state() == whole.state()


def test_a_run_that_stopped_stays_stopped(tmp_path):
    run = Run("none", "SGD", patience=1).fit(60, path=tmp_path / "run")
    assert run.history.stopped_early
    state = run.state()
    assert run.fit(60, run.history).state() == state
    other = Run("none", "SGD", seed=5, patience=1)
    extra = load_checkpoint(f"{tmp_path}/run-{run.history.epochs - 1}", other.model, other.optimizer, **other.parts)
    assert extra["history"].stopped_early and other.fit(60, extra["history"]).state() == state


@pytest.mark.parametrize(
    "make", [np.random.default_rng, np.random.RandomState, lambda s: np.random.Generator(np.random.MT19937(s))]
)
def test_every_kind_of_generator_goes_on(tmp_path, make):
    loader, other = (training.DataLoader(training.TensorDataset(X), shuffle=True, rng=make(seed)) for seed in (1, 2))
    list(loader)
    model = nn.Linear(1, 1)
    save_checkpoint(tmp_path / "run", model, loader=loader)
    load_checkpoint(tmp_path / "run", model, loader=other)
    assert all(np.array_equal(a, b) for (a,), (b,) in zip(loader, other, strict=True))


# ---- what is kept ----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    run = Run("StepLR", "AdamW").fit(2)
    path = tmp_path / "run.npz"
    save_checkpoint(path, run.model, run.optimizer, history=run.history, epoch=1, **run.parts)
    return path, run


VALUES = {
    "numbers": [1, -2.5, True, None, 2**100, float("inf"), "ä\ud800\n"],
    "tuple": (1, (2, [3, (4,)])),
    "keys": {1: 2, "1": 3, (1, 2): 4, None: 5, 0.5: 6, True and "$array": 7},
    "marks": {"$array": "model/0.weight", "b": {"$tuple": []}},
    "empty": [{}, [], ()],
    "arrays": {"a": np.arange(3), "b": [np.float32([[1.5]]), np.array("text"), np.zeros((0, 2)), np.array(3.0)]},
    "more arrays": [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6)[::-2],
        np.array([True]),
        np.array([1j]),
    ],
    "big-endian": np.arange(3, dtype=">f4"),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_values_return_as_they_were(tmp_path, value):
    save_checkpoint(tmp_path / "run", nn.Linear(1, 1), value=value)
    back = load_checkpoint(tmp_path / "run", nn.Linear(1, 1))["value"]
    assert type(back) is type(value) and exact(back) == exact(value)
    if isinstance(back, dict):
        assert list(map(type, back)) == list(map(type, value))


def test_nan_and_numpys_numbers_return_as_pythons_and_arrays_may_be_changed(tmp_path):
    given = {"a": float("nan"), "b": np.int64(3), "c": np.float32(0.1), "d": np.bool_(True), "e": np.str_("x")}
    save_checkpoint(tmp_path / "run", nn.Linear(1, 1), **given, f=[np.float64(0.5)], g=np.zeros(2))
    back = load_checkpoint(tmp_path / "run", nn.Linear(1, 1))
    assert np.isnan(back.pop("a"))
    back["g"] += 1
    assert back.pop("g").tolist() == [1, 1]
    assert back == {"b": 3, "c": float(np.float32(0.1)), "d": True, "e": "x", "f": [0.5]}
    assert [type(back[key]) for key in "bcde"] == [int, float, bool, str]


def test_what_cannot_be_kept_is_refused_before_anything_is_written(tmp_path):
    model, circle = nn.Linear(1, 1), []
    circle.append(circle)
    save_checkpoint(tmp_path / "run", model, epoch=1)
    content = (tmp_path / "run").read_bytes()
    masked = np.ma.masked_array([1.0, 2.0], [True, False])  # the mask would be lost
    others = [{1, 2}, object(), lambda: 0, 1j, b"bytes", np.array([None]), np.datetime64("2026-01-01"), [{"a": {2}}]]
    for bad in (*others, masked, [masked], masked[1:], np.ma.masked):
        with pytest.raises(TypeError, match="extra/value"):
            save_checkpoint(tmp_path / "run", model, value=bad)
    with pytest.raises(ValueError, match="contains itself"):
        save_checkpoint(tmp_path / "run", model, value=circle)
    optimizer = optim.SGD(model.parameters())
    optimizer.param_groups[0]["lr"] = float("nan")
    with pytest.raises(ValueError, match="lr=nan"):
        save_checkpoint(tmp_path / "run", model, optimizer)
    assert os.listdir(tmp_path) == ["run"] and (tmp_path / "run").read_bytes() == content


def test_a_checkpoint_keeps_every_groups_settings(tmp_path):
    model = build()
    groups = lambda *rates: [  # noqa: E731
        {"params": layer.parameters(), "lr": lr} for layer, lr in zip((model[0], model[4]), rates)
    ]
    save_checkpoint(tmp_path / "groups", model, optim.SGD(groups(0.1, 0.2), weight_decay=0.3))
    other = optim.SGD(groups(5.0, 6.0))
    load_checkpoint(str(tmp_path / "groups"), model, other)
    assert [(group["lr"], group["weight_decay"]) for group in other.param_groups] == [(0.1, 0.3), (0.2, 0.3)]


def test_a_model_alone_is_read_from_a_whole_run_and_keeps_its_own_random_numbers(saved):
    path, run = saved
    model, plain = build(seed=9), nn.Sequential(*[m for m in build(seed=9) if not isinstance(m, nn.Dropout)])
    before = training.generator_state(model[3].rng)
    extra = load_checkpoint(path, model)
    assert extra["epoch"] == 1 and len(extra["history"]["train_loss"]) == 2
    assert exact(model.state_dict()) == exact(run.model.state_dict())
    assert training.generator_state(model[3].rng) == before
    with pytest.raises(CheckpointError, match="missing"):
        load_checkpoint(path, plain)


def test_the_arrays_of_a_checkpoint_are_read_by_numpy_without_pickle(saved):
    path, run = saved
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["model/0.weight"], run.model[0].weight.data)
        assert json.loads(file["header"].tobytes())["format"] == "companion checkpoint 2"
        assert all(file[name].dtype != object for name in file.files)


def test_weights_in_another_dtype_or_order_are_taken(tmp_path):
    model, other = nn.Linear(3, 2, rng=0), nn.Linear(3, 2, rng=1, dtype=np.float32)
    model.weight.data = np.asfortranarray(model.weight.data)
    save_checkpoint(tmp_path / "run", model)
    load_checkpoint(tmp_path / "run", other)
    np.testing.assert_array_equal(other.weight.data, model.weight.data.astype(np.float32))


# ---- what is refused -------------------------------------------------------------------------------------------------


def refuse(path, run, words):
    """The file is refused in these words, and everything is as it was."""
    before = run.state()
    with pytest.raises(CheckpointError, match=words) as refused:
        load_checkpoint(path, run.model, run.optimizer, **run.parts)
    assert str(path) in str(refused.value) and run.state() == before


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_truncated_file_changes_nothing(saved, share):
    path, run = saved
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refuse(path, run, "is not a whole 'companion checkpoint 2' file")


def test_a_damaged_file_changes_nothing(saved):
    path, run = saved
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    refuse(path, run, "is not a whole")


def test_five_hundred_damages_are_refused_or_do_not_matter(tmp_path):
    def make():
        model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Dropout(rng=0))
        optimizer = optim.Adam(model.parameters())
        training.train_step(model, F.mse_loss, optimizer, np.ones((2, 3)), np.zeros((2, 2)))
        return model, optimizer

    def state():
        return exact([model.state_dict(), optimizer.state_dict(), training.generator_state(model[1].rng)])

    path, (model, optimizer), rng = tmp_path / "run", make(), np.random.default_rng(0)
    save_checkpoint(path, model, optimizer, epoch=1)
    content, saved_state = path.read_bytes(), state()
    refused = 0
    for trial in range(500):
        damaged = bytearray(content)
        if trial % 5 == 0:
            damaged = damaged[: rng.integers(len(content))]
        else:
            for place in rng.integers(len(content), size=rng.integers(1, 4)):
                damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        model[0].weight.data[...] = trial  # so that what is loaded can be seen
        before = state()
        try:
            assert load_checkpoint(path, model, optimizer) == {"epoch": 1} and state() == saved_state
        except CheckpointError:
            refused += 1
            assert state() == before, trial
    assert refused > 300


def test_foreign_files_change_nothing(saved, tmp_path):
    _, run = saved
    names = ("other.npz", "array.npy", "text.npz", "pickle.npz", "torch.npz", "future.npz", "empty.npz")
    foreign = {name: tmp_path / name for name in names}
    np.savez(foreign["other.npz"], a=np.ones(3))
    with open(foreign["array.npy"], "wb") as file:
        np.save(file, np.ones(3))
    foreign["text.npz"].write_text("weights")
    foreign["empty.npz"].write_text("")
    np.savez(foreign["pickle.npz"], header=np.array([{}], dtype=object))
    torch.save({"weight": torch.ones(2)}, foreign["torch.npz"])
    header = np.frombuffer(json.dumps({"format": "companion checkpoint 9"}).encode(), np.uint8)
    np.savez(foreign["future.npz"], header=header)
    for path in foreign.values():
        refuse(path, run, "is not a whole")
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "absent.npz", run.model)
    with pytest.raises(IsADirectoryError):
        load_checkpoint(tmp_path, run.model)


def rewritten(path, change_header=None, change_arrays=None, compressed=False):
    """The file with its parts changed."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    header = json.loads(arrays.pop("header").tobytes())
    text = (change_header(header) if change_header else None) or json.dumps(header)
    arrays = {"header": np.frombuffer(text.encode(), np.uint8), **arrays}
    if change_arrays:
        change_arrays(arrays)
    with open(path, "wb") as file:
        (np.savez_compressed if compressed else np.savez)(file, **arrays)


def group(header):
    return header["optimizer"]["param_groups"][0]


HEADERS = {
    "no extra": lambda header: header.pop("extra"),
    "no format": lambda header: header.pop("format"),
    "no model": lambda header: header.pop("model"),
    "a list": lambda header: "[1, 2]",
    "no JSON": lambda header: "{",
    "nested": lambda header: "[" * 100_000,
    "a huge number": lambda header: '{"format": ' + "9" * 10_000 + "}",
    "an unknown mark": lambda header: header["extra"].update(a={"$pickle": "x"}),
    "two marks": lambda header: header["extra"].update(a={"$tuple": [], "$array": "header"}),
    "an absent array": lambda header: header["extra"].update(a={"$array": "absent"}),
    "an array for a list": lambda header: header["extra"].update(a={"$array": []}),
    "weights as a number": lambda header: header["model"].update({"0.weight": 5}),
    "other names": lambda header: header["model"].update(more={"$array": "model/0.weight"}),
    "groups null": lambda header: header["optimizer"].update(param_groups=None),
    "groups 5": lambda header: header["optimizer"].update(param_groups=5),
    "state null": lambda header: header["optimizer"].update(state=None),
    "betas 3": lambda header: group(header).update(betas=3),
    "a rate in words": lambda header: group(header).update(lr="abc"),
    "a negative rate": lambda header: group(header).update(initial_lr=-1),
    "a rate of nan": lambda header: group(header).update(lr=float("nan")),
    "AdamW as Adam": lambda header: group(header).update(decoupled_weight_decay=False),
    "no optimizer": lambda header: header.update(optimizer=None),
    "no schedule": lambda header: header["parts"].pop("schedule"),
    "a damaged schedule": lambda header: header["parts"]["schedule"].update(step_size=0),
    "another schedule": lambda header: header["parts"]["schedule"].pop("gamma"),
    "no loader": lambda header: header["parts"].pop("loader"),
    "a loader without state": lambda header: header["parts"]["loader"].update(rng=None),
    "another generator": lambda header: header["parts"]["loader"]["rng"].update(bit_generator="MT19937"),
    "a generator's nan": lambda header: header["parts"]["loader"]["rng"]["state"].update(state=float("nan")),
    "no random numbers": lambda header: header.update(generators={}),
    "a history in words": lambda header: header.update(history="long"),
    "a history of nan": lambda header: header["history"].update(best_loss=float("nan")),
    "a best epoch to come": lambda header: header["history"].update(best_epoch=2),
    "best weights of another": lambda header: header["history"].update(best_weights={}),
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS)
def test_a_header_that_is_wrong_changes_nothing(saved, change):
    path, run = saved
    rewritten(path)
    load_checkpoint(path, run.model, run.optimizer, **run.parts)  # rewriting alone does no harm

    def text(header):
        result = change(header)
        return result if isinstance(result, str) and result[:1] in "[{" else None

    rewritten(path, text)
    refuse(path, run, "is not a whole|is of something else|holds no state")


FIRST = "optimizer/state/0/exp_avg"
ARRAYS = {
    "weights as text": lambda arrays: arrays.update({"model/0.weight": arrays["model/0.weight"].astype(str)}),
    "complex weights": lambda arrays: arrays.update({"model/0.weight": arrays["model/0.weight"] * 1j}),
    "other weights": lambda arrays: arrays.update({"model/0.weight": np.ones((6, 7))}),
    "no weights": lambda arrays: arrays.pop("model/0.weight"),
    "no exp_avg": lambda arrays: arrays.pop(FIRST),
    "an exp_avg of another shape": lambda arrays: arrays.update({FIRST: np.ones(3)}),
    "an exp_avg of texts": lambda arrays: arrays.update({FIRST: np.full((6, 8), "a")}),
    "a step of another shape": lambda arrays: arrays.update({"optimizer/state/0/step": np.ones(3)}),
    "an average of another shape": lambda arrays: arrays.update({"parts/average/module.0.weight": np.ones(3)}),
}


@pytest.mark.parametrize("change", ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_are_wrong_change_nothing(saved, change):
    path, run = saved
    rewritten(path, change_arrays=change)
    refuse(path, run, "is not a whole|is of something else|holds no state")


def test_nothing_is_inflated_and_shapes_are_looked_at_first(saved):
    path, run = saved
    content = path.read_bytes()
    rewritten(path, change_arrays=lambda arrays: arrays.update(more=np.zeros(10**7)), compressed=True)
    assert path.stat().st_size < 10**6
    refuse(path, run, "is compressed")
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive:  # a shape that its bytes do not have
        with archive.open("more.npy", "w") as member:
            np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    refuse(path, run, "which is not its shape")
    path.write_bytes(content)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("model/0.weight.npy", b"")
    refuse(path, run, "is not a whole")


def test_another_models_checkpoint_changes_nothing(saved):
    path, run = saved
    other = Run("StepLR", "AdamW")
    other.model = nn.Sequential(*list(build())[:4], nn.Linear(6, 4))
    other.optimizer = optim.AdamW(other.model.parameters())
    before = exact([other.model.state_dict(), other.optimizer.state_dict()])
    with pytest.raises(CheckpointError, match=r"size mismatch for 4\.(weight|bias)"):
        load_checkpoint(path, other.model, other.optimizer)
    assert exact([other.model.state_dict(), other.optimizer.state_dict()]) == before


def test_another_optimizers_checkpoint_changes_nothing(saved):
    path, run = saved
    for optimizer in (
        optim.AdamW(list(run.model.parameters())[:2]),
        optim.Adam(run.model.parameters()),
        optim.SGD(run.model.parameters()),
    ):
        before = exact([run.model.state_dict(), optimizer.state_dict()])
        with pytest.raises(CheckpointError, match="holds no state of this optimizer"):
            load_checkpoint(path, run.model, optimizer)
        assert exact([run.model.state_dict(), optimizer.state_dict()]) == before
    save_checkpoint(path, run.model)
    refuse(path, run, "there is no 'loader' in it|saved without an optimizer")
    with pytest.raises(CheckpointError, match="saved without an optimizer"):
        load_checkpoint(path, run.model, run.optimizer)
