"""What the tests of the live figures share."""

import numpy as np

N_CASES = 50


def close(ours, theirs, tolerance=1e-9):
    """Equal to the tolerance, relatively to the largest number so far: what diverges is compared as it grows."""
    ours, theirs = np.array(ours, float), np.array(theirs, float)  # playwright returns whole floats as ints
    scale = np.maximum(np.maximum.accumulate(np.abs(theirs).reshape(len(theirs), -1).max(axis=1)), 1)
    np.testing.assert_array_less(np.abs(ours - theirs).reshape(len(ours), -1).max(axis=1), tolerance * scale)
