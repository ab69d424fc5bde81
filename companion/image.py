r"""Images as arrays: filters made by hand, correlation and convolution of one channel, shifts and augmentation."""

import numpy as np

SOBEL_X = np.array(
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
)  # answers vertical edges, dark left of bright
SOBEL_Y = SOBEL_X.T
LAPLACE = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def gaussian_kernel(size, sigma):
    r"""A blur: :math:`e^{-(x^2 + y^2) / 2\sigma^2}` on a grid of odd size, scaled to sum to 1."""
    if size % 2 == 0 or size < 1 or not sigma > 0:
        raise ValueError(f"size={size} and sigma={sigma}, expected an odd size and sigma > 0")
    x = np.arange(size) - size // 2
    bell = np.exp(-(x**2) / (2 * sigma**2))
    return np.outer(bell, bell) / bell.sum() ** 2


def gabor_kernel(size, wavelength, theta, sigma, phase=0.0, aspect=1.0):
    r"""A wave under a bell: :math:`e^{-(u^2 + \gamma^2 v^2) / 2\sigma^2} \cos(2\pi u / \lambda + \varphi)`.

    (u, v) are the coordinates turned by ``theta``, in pixels and radians; the result has mean 0 and length 1.

    Parameters
    ----------
    size : int
        Odd.
    wavelength, sigma : float
        :math:`\lambda` and :math:`\sigma`, in pixels.
    theta, phase : float
    aspect : float
        :math:`\gamma`: above 1 the bell is shorter along the stripes.
    """
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    u, v = x * np.cos(theta) + y * np.sin(theta), -x * np.sin(theta) + y * np.cos(theta)
    kernel = np.exp(-(u**2 + (aspect * v) ** 2) / (2 * sigma**2)) * np.cos(2 * np.pi * u / wavelength + phase)
    kernel -= kernel.mean()
    return kernel / np.linalg.norm(kernel)


def correlate2d(image, kernel, mode="valid"):
    r"""Slide a kernel over an image: :math:`y_{p,q} = \sum_{i,j} w_{i,j}\, x_{p+i,\, q+j}`.

    Parameters
    ----------
    image : ndarray of shape (H, W)
    kernel : ndarray of shape (K, L)
    mode : {"valid", "same", "full"}
        Only where the kernel fits, of size (H - K + 1, W - L + 1); padded with zeros so that the image's size stays; or
        wherever kernel and image overlap, of size (H + K - 1, W + L - 1). As scipy.signal, "same" is the middle of
        "full".

    Examples
    --------
    >>> correlate2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[1., 2.]])
    """
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"image and kernel should both be 2-D arrays, got {image.shape} and {kernel.shape}")
    (h, w), (k, l) = image.shape, kernel.shape
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"mode={mode!r}, expected 'valid', 'same' or 'full'")
    if mode == "valid" and (k > h or l > w):
        raise ValueError(f"a kernel of shape {kernel.shape} does not fit into an image of shape {image.shape}")
    if mode != "valid":
        image = np.pad(image, ((k - 1, k - 1), (l - 1, l - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)  # (P, Q, K, L)
    out = np.einsum("pqij,ij->pq", windows, kernel)
    if mode == "same":
        top, left = (k - 1) // 2, (l - 1) // 2
        out = out[top : top + h, left : left + w]
    return out


def convolve2d(image, kernel, mode="valid"):
    r"""Convolution, which flips the kernel: :math:`y_{p,q} = \sum_{i,j} w_{i,j}\, x_{p-i,\, q-j}`."""
    return correlate2d(image, np.asarray(kernel)[::-1, ::-1], mode)


def shift(images, rows, columns, fill=0.0):
    """Move images of shape (..., H, W) down and to the right; what comes in has the value ``fill``."""
    images = np.asarray(images)
    h, w = images.shape[-2:]
    if abs(rows) > h or abs(columns) > w:
        raise ValueError(f"a shift by ({rows}, {columns}) leaves nothing of images of size ({h}, {w})")
    out = np.full_like(images, fill)
    to = slice(max(rows, 0), h + min(rows, 0)), slice(max(columns, 0), w + min(columns, 0))
    of = slice(max(-rows, 0), h + min(-rows, 0)), slice(max(-columns, 0), w + min(-columns, 0))
    out[..., to[0], to[1]] = images[..., of[0], of[1]]
    return out


def random_shift(images, rng, most=1):
    """A copy in which each image of (N, ..., H, W) is moved by up to ``most`` pixels in each direction."""
    images, rng = np.asarray(images), np.random.default_rng(rng)
    moves = rng.integers(-most, most + 1, (len(images), 2))
    return np.stack([shift(image, *move) for image, move in zip(images, moves)]) if len(images) else images.copy()
