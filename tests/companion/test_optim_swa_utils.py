"""companion.optim.swa_utils beside torch: averages of weights."""

import numpy as np
import pytest
import torch

from companion import nn
from companion.optim import swa_utils


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["ema", "swa", "default"])
def test_averages_of_weights_are_torchs(average, use_buffers):
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Linear(4, 2, rng=1))
    twin = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2)).double()
    copy_over = lambda: twin.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})  # noqa: E731
    copy_over()
    reference = torch.optim.swa_utils
    ours = {"ema": swa_utils.get_ema_avg_fn(0.8), "swa": swa_utils.get_swa_avg_fn(), "default": None}[average]
    theirs = {"ema": reference.get_ema_avg_fn(0.8), "swa": reference.get_swa_avg_fn(), "default": None}[average]
    mine = swa_utils.AveragedModel(model, avg_fn=ours, use_buffers=use_buffers)
    expected = reference.AveragedModel(twin, avg_fn=theirs, use_buffers=use_buffers)
    rng = np.random.default_rng(0)
    for _ in range(5):
        for p in model.parameters():
            p.data[...] += rng.normal(size=p.shape)
        model(rng.normal(size=(6, 3)))
        copy_over()
        mine.update_parameters(model)
        expected.update_parameters(twin)
    state = expected.state_dict()
    assert set(mine.state_dict()) == set(state) and mine.module[1].num_batches_tracked == 5
    for key, value in mine.state_dict().items():
        if not (
            use_buffers and key.endswith("num_batches_tracked")
        ):  # torch averages this count too, cut to an integer
            np.testing.assert_allclose(value, state[key].numpy(), rtol=1e-12, atol=1e-14, err_msg=key)


def test_the_average_is_a_copy():
    model = nn.Linear(2, 2, rng=0)
    average = swa_utils.AveragedModel(model)
    average.update_parameters(model)
    before = average.module.weight.data.copy()
    model.weight.data[...] += 1
    np.testing.assert_array_equal(average.module.weight.data, before)
    np.testing.assert_array_equal(average(np.eye(2)).data, before.T + average.module.bias.data)
    for bad in (1.5, -0.1):
        with pytest.raises(ValueError, match="decay"):
            swa_utils.get_ema_avg_fn(bad)
    assert [swa_utils.get_ema_avg_fn(*d)(8.0, 4.0, 1) for d in ((0,), (1,), ())] == pytest.approx([4.0, 8.0, 7.996])


def test_an_average_passes_keywords_on_and_leaves_buffers_alone_unless_told():
    class Scaled(nn.BatchNorm1d):
        def forward(self, x, scale=1.0):
            return super().forward(x) * scale

    model = Scaled(2)
    average = swa_utils.AveragedModel(model)
    for mean in (0.0, 6.0):
        model.running_mean[...] = mean
        average.update_parameters(model)
    assert (average.module.running_mean == 6.0).all()
    x = np.random.default_rng(0).normal(size=(4, 2))
    average.eval()
    np.testing.assert_allclose(average(x, scale=3.0).data, 3 * average(x).data)


def test_tied_weights_are_averaged_once():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Tanh(), nn.Linear(3, 3, rng=1))
    model[2].weight = model[0].weight
    average = swa_utils.AveragedModel(model)
    seen = []
    for k in range(3):
        model[0].weight.data[...] = k**2
        seen.append(model[0].weight.data.copy())
        average.update_parameters(model)
    assert average.module[2].weight is average.module[0].weight
    np.testing.assert_allclose(average.module[0].weight.data, np.mean(seen, axis=0), rtol=1e-14)
    state = average.state_dict()
    np.testing.assert_array_equal(state["module.2.weight"], state["module.0.weight"])


def test_what_an_average_refuses():
    with pytest.raises(TypeError, match="expected a Module"):
        swa_utils.AveragedModel(np.ones(3))
    with pytest.raises(TypeError, match="positional"):  # torch's second is a device
        swa_utils.AveragedModel(nn.Linear(1, 1), swa_utils.get_ema_avg_fn())
    with pytest.raises(ValueError, match="use_buffers='no', expected True or False"):
        swa_utils.AveragedModel(nn.Linear(1, 1), use_buffers="no")
    for decay in ("a", float("nan"), True, None):
        with pytest.raises(ValueError, match="decay=.*, expected a number in"):
            swa_utils.get_ema_avg_fn(decay)
    average = swa_utils.AveragedModel(nn.Linear(2, 2))
    with pytest.raises(ValueError):
        average.update_parameters(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
