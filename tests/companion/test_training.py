"""companion.training: batches, the loop, early stopping, and runs that go on."""

import numpy as np
import pytest
import torch

from companion import nn, optim, training
from companion.autograd import Tensor, is_grad_enabled
from companion.datasets import load_digits
from companion.nn import functional as F
from companion.optim import lr_scheduler, swa_utils


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:600] / 16, y[:600]


def build(seed=0):
    return nn.Sequential(nn.Linear(64, 16, rng=seed), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 10, rng=seed + 1))


def loaders(digits, batch_size=50):
    X, y = digits
    train = training.DataLoader(training.TensorDataset(X[:400], y[:400]), batch_size, shuffle=True, rng=0)
    return train, training.DataLoader(training.TensorDataset(X[400:], y[400:]), 64)


# ---- batches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 7, 12])
@pytest.mark.parametrize("batch_size", [1, 3, 12, 20])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches_are_torchs(n, batch_size, drop_last):
    X, y = np.arange(2 * n).reshape(n, 2), np.arange(n)
    ours = training.DataLoader(training.TensorDataset(X, y), batch_size, drop_last=drop_last)
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    theirs = torch.utils.data.DataLoader(data, batch_size, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for (a, b), (c, d) in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, c.numpy())
        np.testing.assert_array_equal(b, d.numpy())


def test_a_shuffled_pass_has_every_sample_once_and_the_next_another_order():
    loader = training.DataLoader(training.TensorDataset(np.arange(20), np.arange(20)), 6, shuffle=True, rng=3)
    first, second = (np.concatenate([X for X, _ in loader]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(20)) and (first != second).any()
    again = training.DataLoader(training.TensorDataset(np.arange(20), np.arange(20)), 6, shuffle=True, rng=3)
    np.testing.assert_array_equal(np.concatenate([X for X, _ in again]), first)
    assert all((X == y).all() for X, y in loader)


def test_a_transform_changes_the_inputs_only():
    data = training.TensorDataset(np.ones(4), np.arange(4), [5, 6, 7, 8])
    run = lambda seed: list(  # noqa: E731
        training.DataLoader(data, 2, rng=seed, transform=lambda X, rng: X + rng.random(X.shape))
    )
    batches = run(0)
    assert all((X > 1).all() for X, *_ in batches) and (data.arrays[0] == 1).all()
    assert [(y.tolist(), w.tolist()) for _, y, w in batches] == [([0, 1], [5, 6]), ([2, 3], [7, 8])]
    inputs = [np.concatenate([X for X, *_ in run(seed)]) for seed in (0, 0, 1)]
    assert (inputs[0] == inputs[1]).all() and len(np.unique([inputs[0], inputs[2]])) == 8  # fresh draws, by the seed


def test_a_batch_has_one_sample_unless_told_and_numpys_integers_tell():
    data = training.TensorDataset(np.arange(5))
    assert [len(training.DataLoader(data)), len(training.DataLoader(data, np.int64(2)))] == [5, 3]


def test_bad_data_is_refused():
    with pytest.raises(ValueError, match="Size mismatch"):
        training.TensorDataset(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="Size mismatch"):
        training.TensorDataset()
    with pytest.raises(ValueError, match="Size mismatch"):
        training.TensorDataset(3.0)
    data = training.TensorDataset(np.ones(3))
    for batch_size in (0, -1, 2.5, True, "a", None):
        with pytest.raises(ValueError, match="batch_size=.*, expected an integer in"):
            training.DataLoader(data, batch_size)
    for value in ("no", 1, None):
        with pytest.raises(ValueError, match=f"shuffle={value!r}, expected True or False"):
            training.DataLoader(data, shuffle=value)
        with pytest.raises(ValueError, match=f"drop_last={value!r}, expected True or False"):
            training.DataLoader(data, drop_last=value)
    with pytest.raises(TypeError, match="positional"):  # torch's fourth is a sampler
        training.DataLoader(data, 2, True, True)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int8, bool])
def test_batches_keep_their_dtype(dtype):
    X, y = next(iter(training.DataLoader(training.TensorDataset(np.ones((3, 2), dtype), Tensor(np.ones(3))), 2)))
    assert X.dtype == dtype and y.dtype == np.float64


@pytest.mark.parametrize("rng", [3, np.random.default_rng(3), np.random.RandomState(3)])
def test_a_loader_goes_on_from_its_state_and_takes_no_other(rng):
    data = training.TensorDataset(np.arange(20))
    loader = training.DataLoader(data, 20, shuffle=True, rng=rng)
    list(loader)
    state = loader.state_dict()
    expected = [X.tolist() for (X,) in loader] + [X.tolist() for (X,) in loader]
    loader.load_state_dict(state)
    assert [X.tolist() for (X,) in loader] + [X.tolist() for (X,) in loader] == expected
    loader.load_state_dict(state)
    wrong = [None, [], {}, {"rng": None}, {"rng": {}}, {"rng": {**state["rng"], "bit_generator": "x"}}]
    wrong += [{"rng": {**state["rng"], "state": bad}} for bad in (None, {}, {"pos": 10**6}, {"state": -1})]
    wrong += [{"rng": {**state["rng"], "buffer_pos": 10**6}}]
    for bad in wrong:
        with pytest.raises(ValueError):
            loader.load_state_dict(bad)
    assert [X.tolist() for (X,) in loader] + [X.tolist() for (X,) in loader] == expected


# ---- the loop --------------------------------------------------------------------------------------------------------


def test_fit_is_the_loop_that_one_would_write(digits):
    model, twin = build(), build()
    train, valid = loaders(digits)
    history = training.fit(
        model,
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.01),
        train,
        epochs=3,
        valid_loader=valid,
        metrics={"accuracy": training.accuracy},
    )
    optimizer, (again, _) = optim.Adam(twin.parameters(), lr=0.01), loaders(digits)
    for epoch in range(3):
        losses = []
        for X, y in again:
            optimizer.zero_grad()
            loss = F.cross_entropy(twin(X), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert history["train_loss"][epoch] == pytest.approx(np.mean(losses), rel=1e-12)
    for key, value in twin.state_dict().items():
        np.testing.assert_array_equal(model.state_dict()[key], value)
    scores = training.predict(model, digits[0][400:], batch_size=37)
    assert history["valid_accuracy"][-1] == pytest.approx(training.accuracy(scores, digits[1][400:]))
    assert history["valid_loss"][-1] == pytest.approx(F.cross_entropy(scores, digits[1][400:]).item())
    assert history["valid_accuracy"][-1] > 0.7 and model.training and len(history["lr"]) == 3


def test_early_stopping_goes_back_to_the_best_weights(digits):
    model, (train, valid) = build(), loaders(digits)
    states = []
    history = training.fit(
        model,
        F.cross_entropy,
        optim.Adam(model.parameters(), lr=0.1),
        train,
        epochs=60,
        valid_loader=valid,
        patience=4,
        callback=lambda epoch, model, history: states.append(model.state_dict()),
    )
    losses = history["valid_loss"]
    assert history.stopped_early and history.best_epoch == int(np.argmin(losses)) == len(losses) - 5
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, states[history.best_epoch][key])


@pytest.mark.parametrize("patience", [None, 9])
def test_patience_asks_for_the_best_weights_even_if_it_lasts_to_the_end(digits, patience):
    model, (train, valid), states = nn.Linear(64, 10, rng=0), loaders(digits), []
    worse = optim.SGD(model.parameters(), lr=0.1, maximize=True)  # every epoch worse than the one before
    history = training.fit(
        model,
        F.cross_entropy,
        worse,
        train,
        epochs=3,
        valid_loader=valid,
        patience=patience,
        callback=lambda epoch, model, history: states.append((epoch, model.state_dict())),
    )
    assert history.best_epoch == 0 and history.stopped_early is False and [epoch for epoch, _ in states] == [0, 1, 2]
    _, expected = states[-1 if patience is None else 0]
    assert all(np.array_equal(v, expected[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("nan", [False, True])
def test_a_validation_loss_that_stays_or_is_no_number_is_no_improvement(digits, nan):
    model, (train, valid) = nn.Linear(64, 10, rng=0), loaders(digits)
    loss_fn = lambda out, y: F.cross_entropy(out, y) * (1.0 if model.training or not nan else np.nan)  # noqa: E731
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    history = training.fit(model, loss_fn, optimizer, train, epochs=9, valid_loader=valid, patience=2)
    assert history.stopped_early and history.best_epoch == (None if nan else 0)
    assert len(history["valid_loss"]) == (2 if nan else 3)


def test_without_validation_data_no_epoch_is_the_best(digits):
    model, (train, _) = nn.Linear(64, 10, rng=0), loaders(digits)
    history = training.fit(model, F.cross_entropy, optim.SGD(model.parameters()), train, epochs=1)
    assert history.best_epoch is None and history.stopped_early is False


def test_fitting_a_model_that_was_in_evaluation_trains_it(digits):
    one, two = build(), build()
    two.eval()
    for model in (one, two):
        training.fit(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), loaders(digits)[0], epochs=1)
    assert two.training
    assert all(np.array_equal(v, one.state_dict()[k]) for k, v in two.state_dict().items())


def test_min_delta_asks_for_more(digits):
    model, (train, valid) = build(), loaders(digits)
    optimizer = optim.SGD(model.parameters(), lr=1e-6)
    history = training.fit(
        model, F.cross_entropy, optimizer, train, epochs=9, valid_loader=valid, patience=2, min_delta=10.0
    )
    assert len(history["train_loss"]) == 2 + (history.best_epoch == 0) and history.stopped_early


def test_schedules_are_stepped_where_they_belong(digits):
    model, (train, valid) = build(), loaders(digits)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    history = training.fit(
        model, F.cross_entropy, optimizer, train, epochs=3, scheduler=lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    )
    assert history["lr"] == [1.0, 0.5, 0.25]
    cycle = lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=2 * len(train), cycle_momentum=False)
    training.fit(model, F.cross_entropy, optimizer, train, epochs=2, batch_scheduler=cycle)
    assert cycle.last_epoch == 2 * len(train)
    rate = lr_scheduler.LambdaLR(optim.SGD(model.parameters(), lr=1.0), lambda t: 0.1 / (1 + t))
    history = training.fit(model, F.cross_entropy, rate.optimizer, train, epochs=2, batch_scheduler=rate)
    assert history["lr"] == [0.1, 0.1 / (1 + len(train))]  # of the first batch

    class Plateau(lr_scheduler.ReduceLROnPlateau):
        def step(self, metrics):
            seen.append(metrics)
            super().step(metrics)

    seen, optimizer = [], optim.SGD(model.parameters(), lr=0.05)
    plateau = Plateau(optimizer)
    history = training.fit(model, F.cross_entropy, optimizer, train, epochs=3, valid_loader=valid, scheduler=plateau)
    assert seen == history["valid_loss"] and len(set(seen)) == plateau.last_epoch == 3


def test_the_average_follows_every_step(digits):
    model, (train, _) = build(), loaders(digits)
    average = swa_utils.AveragedModel(model, avg_fn=swa_utils.get_ema_avg_fn(0.9))
    training.fit(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), train, epochs=2, average=average)
    assert average.n_averaged == 2 * len(train)


def test_gradients_are_clipped(digits):
    model, (train, _) = nn.Linear(64, 10, rng=0), loaders(digits)
    before = model.state_dict()
    training.fit(model, F.cross_entropy, optim.SGD(model.parameters(), lr=1.0), train, epochs=1, max_grad_norm=1e-3)
    moved = np.sqrt(sum(np.sum((v - before[k]) ** 2) for k, v in model.state_dict().items()))
    assert 0 < moved <= 1e-3 * len(train)


def test_a_loss_that_is_not_finite_is_an_error_not_a_nan(digits):
    model, (X, y) = nn.Linear(64, 1, rng=0), digits
    before, optimizer = model.state_dict(), optim.SGD(model.parameters())
    with pytest.raises(FloatingPointError, match="became nan"):
        training.train_step(model, lambda out, y: (out * np.nan).sum(), optimizer, X, y)
    assert all(np.array_equal(v, before[k]) for k, v in model.state_dict().items())


def test_a_loss_that_is_infinite_is_an_error_too(digits):
    model, (X, y) = nn.Linear(64, 1, rng=0), digits
    with pytest.raises(FloatingPointError, match="became inf"):
        training.train_step(model, lambda out, y: out.sum() * 0 + np.inf, optim.SGD(model.parameters()), X, y)


def test_what_needs_validation_data_says_so(digits):
    model, (train, _) = build(), loaders(digits)
    optimizer = optim.SGD(model.parameters())
    plateau = lr_scheduler.ReduceLROnPlateau(optimizer)
    for extra in ({"patience": 1}, {"metrics": {"accuracy": training.accuracy}}, {"scheduler": plateau}):
        with pytest.raises(ValueError, match="valid_loader"):
            training.fit(model, F.cross_entropy, optimizer, train, epochs=1, **extra)


def test_the_bar_is_shown_only_if_wanted(digits, capfd):
    model, (train, _) = build(), loaders(digits)
    run = lambda progress: training.fit(  # noqa: E731
        model, F.cross_entropy, optim.SGD(model.parameters()), train, epochs=1, progress=progress
    )
    run(False)
    assert capfd.readouterr() == ("", "")
    run(True)
    shown = capfd.readouterr().err
    assert "epochs" in shown and "train_loss=" in shown


class Probe(nn.Module):
    """Notes whether what passes through is recorded."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append((is_grad_enabled(), self.training))
        return x


@pytest.mark.parametrize("mode", [True, False])
def test_predicting_and_evaluating_record_nothing_and_leave_the_mode(digits, mode):
    probe, kinds = Probe(), []
    model = nn.Sequential(*build(), probe).train(mode)
    state, (_, valid) = model.state_dict(), loaders(digits)
    assert isinstance(training.predict(model, digits[0]), np.ndarray) and model.training is mode
    note = lambda output, target: kinds.append(type(output)) or 0.0  # noqa: E731
    training.evaluate(model, F.cross_entropy, valid, {"note": note})
    assert model.training is mode and set(kinds) == {np.ndarray} and set(probe.seen) == {(False, False)}
    assert all(np.array_equal(v, state[k]) for k, v in model.state_dict().items())  # running statistics too


def test_a_loader_without_a_batch_is_refused_and_no_samples_are_no_outputs(digits):
    X, y = digits
    too_few = training.DataLoader(training.TensorDataset(X[:3], y[:3]), 4, drop_last=True)
    model, (train, _) = build(), loaders(digits)
    with pytest.raises(ValueError, match="the loader has no batch"):
        training.fit(model, F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), too_few, epochs=1)
    with pytest.raises(ValueError, match="the loader has no batch"):
        training.evaluate(model, F.cross_entropy, too_few)
    before = [p.data.copy() for p in model.parameters()]
    with pytest.raises(ValueError, match="the loader has no batch"):  # before a step is made
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        training.fit(model, F.cross_entropy, optimizer, train, epochs=1, valid_loader=too_few)
    assert all(np.array_equal(p.data, old) for p, old in zip(model.parameters(), before))
    assert training.predict(model, X[:0]).shape == (0, 10)


def test_a_callback_may_look_in_evaluation_mode(digits):
    modes, (train, _) = [], loaders(digits)

    class Watch(nn.Module):
        def forward(self, x):
            modes.append(self.training)
            return x

    model = nn.Sequential(Watch(), build())
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    training.fit(model, F.cross_entropy, optimizer, train, epochs=2, callback=lambda *_: model.eval())
    assert all(modes) and len(modes) == 2 * len(train)


def test_every_module_gets_its_own_mode_back_whatever_happens(digits):
    model, (_, valid) = build(), loaders(digits)
    model[1].eval()  # frozen statistics
    training.evaluate(model, F.cross_entropy, valid)
    training.predict(model, digits[0][:5])
    assert model.training and not model[1].training
    with pytest.raises(RuntimeError):
        training.predict(model, np.ones((2, 3)))  # 64 features expected
    assert model.training and not model[1].training and is_grad_enabled()


def test_a_metric_does_not_replace_the_loss(digits):
    with pytest.raises(ValueError, match="'loss' is the name of the loss"):
        training.evaluate(build(), F.cross_entropy, loaders(digits)[1], {"loss": training.accuracy})


def test_accuracy_counts_the_places_of_a_map_too():
    scores = np.random.default_rng(0).random((4, 3, 2, 5))
    target = np.random.default_rng(1).integers(0, 3, (4, 2, 5))
    expected = np.mean([scores[i, :, j, k].argmax() == target[i, j, k] for i, j, k in np.ndindex(target.shape)])
    assert training.accuracy(scores, target) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("scores", "target", "words"),
    [
        (np.eye(3)[:, :2], np.zeros((3, 1), int), "scores of shape"),
        (np.eye(3)[:, :2], np.zeros(2, int), "scores of shape"),
        (np.ones(3), np.zeros(3, int), "scores of shape"),
        (np.full((3, 2), np.nan), np.zeros(3, int), "NaN in scores"),
        ([[0.0, np.nan], [1.0, 0.0]], [0, 0], "NaN in scores"),
        (np.ones((0, 2)), np.zeros(0, int), "at least one sample"),
        (np.ones((2, 0)), np.zeros(2, int), "at least one sample and class"),
        ([["a", "b"]], [0], "expected real numbers"),
        ([[0.0, 1.0]], ["1"], "Mix of label input types"),
        ([[0.0, 1.0]], [0.5], "not supported"),
    ],
)
def test_accuracy_refuses_what_it_cannot_count(scores, target, words):
    with pytest.raises(ValueError, match=words):
        training.accuracy(scores, target)


# ---- runs that go on -------------------------------------------------------------------------------------------------


def test_a_history_is_not_changed_by_the_run_that_goes_on(digits):
    model, (train, valid) = nn.Linear(64, 10, rng=0), loaders(digits)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    first = training.fit(model, F.cross_entropy, optimizer, train, epochs=2, valid_loader=valid, patience=3)
    before = repr(first.state_dict())
    second = training.fit(
        model, F.cross_entropy, optimizer, train, epochs=4, valid_loader=valid, patience=3, history=first
    )
    assert repr(first.state_dict()) == before and first.epochs == 2 and second.epochs == 4
    assert second["train_loss"][:2] == first["train_loss"]
    nothing = training.fit(model, F.cross_entropy, optimizer, train, epochs=4, history=second)
    assert nothing == second and nothing is not second


def test_a_history_is_checked_before_it_is_taken_over():
    history = training.History()
    history.add(train_loss=1.0)
    state = history.state_dict()
    for change in (
        {"values": [1]},
        {"values": {1: [1.0]}},
        {"values": {"train_loss": 1.0}},
        {"best_epoch": 1},
        {"best_epoch": -1},
        {"best_loss": float("nan")},
        {"best_loss": "low"},
        {"stopped_early": 1},
        {"best_weights": [1]},
        {"more": 1},
    ):
        with pytest.raises(ValueError):
            history.load_state_dict({**state, **change})
        assert history.state_dict() == state
    with pytest.raises(ValueError):
        history.load_state_dict(None)


@pytest.mark.parametrize(
    "settings",
    [
        {"epochs": -1},
        {"epochs": 2.5},
        {"epochs": True},
        {"patience": -1},
        {"patience": 1.5},
        {"min_delta": -0.1},
        {"min_delta": float("nan")},
        {"max_grad_norm": -1},
        {"max_grad_norm": "1"},
        {"progress": "no"},
    ],
)
def test_a_setting_of_a_run_is_checked_before_it_begins(digits, settings):
    model, (train, valid) = nn.Linear(64, 10, rng=0), loaders(digits)
    before = model.state_dict()
    with pytest.raises(ValueError, match="expected"):
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        training.fit(model, F.cross_entropy, optimizer, train, valid_loader=valid, **{"epochs": 1, **settings})
    assert all(np.array_equal(v, before[k]) for k, v in model.state_dict().items())
