"""The normalizations of companion.nn.functional beside torch's."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from companion.nn import functional as F


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_a_functions_own_settings_are_torchs(dtype):
    rng, scale = np.random.default_rng(5), np.sqrt(np.finfo(dtype).eps)
    x = (1e-2 * rng.normal(size=(5, 4, 3))).astype(dtype)  # so small that eps counts
    t, tolerance = torch.tensor(x), {"rtol": 1e-9, "atol": 0} if dtype == np.float64 else {"rtol": 1e-3, "atol": 1e-5}
    theirs = torch.nn.functional
    assert_allclose(F.layer_norm(x, 3).data, theirs.layer_norm(t, (3,)), **tolerance)
    assert_allclose(F.group_norm(x, 2).data, theirs.group_norm(t, 2), **tolerance)
    tiny = (scale * x * 1e2).astype(dtype)
    assert_allclose(F.rms_norm(tiny, 3).data, theirs.rms_norm(torch.tensor(tiny), (3,)), **tolerance)
    for training in ({}, {"training": True}):  # without: by the running statistics, which stay
        ours, reference = ([np.full(4, 0.01, dtype), np.full(4, 1e-4, dtype)] for _ in range(2))
        reference = [torch.tensor(v) for v in reference]
        assert_allclose(
            F.batch_norm(x, *ours, **training).data, theirs.batch_norm(t, *reference, **training), **tolerance
        )
        for one, other in zip(ours, reference):
            assert_allclose(one, other, **tolerance)


def test_arrays_as_weights_of_a_normalization():
    x = np.random.default_rng(0).normal(size=(3, 4))
    twice = np.full(4, 2.0)
    assert_allclose(F.layer_norm(x, 4, twice, twice).data, 2 * F.layer_norm(x, 4).data + 2)
    one, two = (F.batch_norm(x, None, None, weight, training=True).data for weight in (None, twice))
    assert_allclose(two, 2 * one)
