r"""Images as arrays: filters made by hand, correlation and convolution of one channel, shifts and augmentation."""

import numpy as np

from companion.annotations import Array, ArrayLike, Seed
from companion.validation import Integer, InvalidParameterError, Number, Option, as_float, check_random_state, require

__all__ = [
    "LAPLACE",
    "SOBEL_X",
    "SOBEL_Y",
    "convolve2d",
    "correlate2d",
    "gabor_kernel",
    "gaussian_kernel",
    "random_shift",
    "shift",
    "shift_each",
    "slide",
]

SOBEL_X = np.array(
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
)  # answers vertical edges, dark left of bright
SOBEL_Y = SOBEL_X.T
LAPLACE = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def gaussian_kernel(size: int, sigma: float) -> Array:
    r"""A blur: :math:`e^{-(x^2 + y^2) / 2\sigma^2}` on a grid, scaled to sum to 1.

    Parameters
    ----------
    size : int
        Odd, in pixels.
    sigma : float
        :math:`\sigma`, positive, in pixels.

    Returns
    -------
    ndarray
        Of shape (size, size).

    Raises
    ------
    InvalidParameterError
        A ValueError, if ``size`` is not odd or ``sigma`` not positive.

    Examples
    --------
    >>> gaussian_kernel(3, 1.0).round(3)
    array([[0.075, 0.124, 0.075],
           [0.124, 0.204, 0.124],
           [0.075, 0.124, 0.075]])
    """
    _check_kernel(size, sigma)
    x = np.arange(size) - size // 2
    with np.errstate(over="ignore", under="ignore"):  # a tiny sigma leaves the middle only
        bell = np.exp(-0.5 * (x / sigma) ** 2)
        return np.outer(bell, bell) / bell.sum() ** 2


def gabor_kernel(
    size: int, wavelength: float, theta: float, sigma: float, phase: float = 0.0, aspect: float = 1.0
) -> Array:
    r"""A wave under a bell: :math:`e^{-(u^2 + \gamma^2 v^2) / 2\sigma^2} \cos(2\pi u / \lambda + \varphi)`.

    (u, v) are the coordinates turned by ``theta``; the result has mean 0 and length 1.

    Parameters
    ----------
    size : int
        Odd, from 3 on, in pixels.
    wavelength : float
        :math:`\lambda`, positive, in pixels.
    theta : float
        The direction in which the wave runs, in radians.
    sigma : float
        :math:`\sigma`, positive, in pixels.
    phase : float
        :math:`\varphi`, in radians.
    aspect : float
        :math:`\gamma`, positive: above 1 the bell is shorter along the stripes.

    Returns
    -------
    ndarray
        Of shape (size, size).

    Raises
    ------
    InvalidParameterError
        A ValueError, if a parameter is outside of its range.
    ValueError
        If the wave is constant on the grid, so that nothing is left without its mean.

    Examples
    --------
    >>> gabor_kernel(3, 2.0, 0.0, 1.0).round(2)
    array([[-0.18,  0.38, -0.18],
           [-0.32,  0.61, -0.32],
           [-0.18,  0.38, -0.18]])
    """
    _check_kernel(size, sigma, smallest=3)
    for name, value in (("wavelength", wavelength), ("aspect", aspect)):
        require(name, value, Number(0, closed="neither"))
    for name, value in (("theta", theta), ("phase", phase)):
        require(name, value, Number(closed="neither"))
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    u, v = x * np.cos(theta) + y * np.sin(theta), -x * np.sin(theta) + y * np.cos(theta)
    with np.errstate(over="ignore", under="ignore"):  # a tiny sigma leaves the middle only
        bell = np.exp(-0.5 * ((u / sigma) ** 2 + (aspect * v / sigma) ** 2))
        wave = bell * np.cos(2 * np.pi * u / wavelength + phase)
        kernel = wave - wave.mean()
        length, whole = np.linalg.norm(kernel), max(np.linalg.norm(wave), np.linalg.norm(bell))
    if not length > 1e-12 * whole:
        raise ValueError(f"{wavelength=}, {theta=}, {phase=}: the wave is constant on a grid of {size} pixels")
    return kernel / length


def _check_kernel(size: int, sigma: float, smallest: int = 1) -> None:
    require("size", size, Integer(smallest))
    if size % 2 == 0:
        raise InvalidParameterError(f"size={size}, expected an odd size")
    require("sigma", sigma, Number(0, closed="neither"))


def slide(image: Array, kernel: Array) -> Array:
    """Lay a kernel on every patch where it fits, multiply, and add up.

    Parameters
    ----------
    image : ndarray
        Of shape (H, W).
    kernel : ndarray
        Of shape (K, L).

    Returns
    -------
    ndarray
        Of shape (H - K + 1, W - L + 1).

    Examples
    --------
    >>> slide(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[1., 2.]])
    """
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("pqij,ij->pq", patches, kernel)


def correlate2d(image: ArrayLike, kernel: ArrayLike, mode: str = "valid") -> Array:
    r"""Slide a kernel over an image: :math:`y_{p,q} = \sum_{i,j} w_{i,j}\, x_{p+i,\, q+j}`.

    The arguments are checked and padded here; :func:`slide` computes.

    Parameters
    ----------
    image : array_like of shape (H, W)
        Floats; integers and bools are computed as float64.
    kernel : array_like
        Of shape (K, L).
    mode : {"valid", "same", "full"}
        Only where the kernel fits, of size (H - K + 1, W - L + 1); padded with zeros so that the image's size stays; or
        wherever kernel and image overlap, of size (H + K - 1, W + L - 1). As scipy.signal, "same" is the middle of
        "full".

    Returns
    -------
    ndarray
        Of the size that ``mode`` says.

    Raises
    ------
    ValueError
        If an argument has not two axes or is empty, the kernel does not fit into the image, or ``mode`` is another
        word.
    TypeError
        For complex numbers and everything else that is no real number; scipy.signal takes complex ones.

    Examples
    --------
    >>> correlate2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[1., 2.]])
    """
    image, kernel = as_float(image, "image"), as_float(kernel, "kernel")
    require("mode", mode, Option("valid", "same", "full"))
    if image.ndim != 2 or kernel.ndim != 2 or 0 in image.shape + kernel.shape:
        raise ValueError(f"image and kernel should both be 2-D arrays, not empty, got {image.shape} and {kernel.shape}")
    (h, w), (k, l) = image.shape, kernel.shape
    if mode == "valid" and (k > h or l > w):
        raise ValueError(f"a kernel of shape {kernel.shape} does not fit into an image of shape {image.shape}")
    dtype = np.result_type(image, kernel, np.float32)
    if mode != "valid":
        image = np.pad(image, ((k - 1, k - 1), (l - 1, l - 1)))
    out = slide(image.astype(dtype, copy=False), kernel.astype(dtype, copy=False))
    if mode != "same":
        return out
    top, left = (k - 1) // 2, (l - 1) // 2
    return out[top : top + h, left : left + w]


def convolve2d(image: ArrayLike, kernel: ArrayLike, mode: str = "valid") -> Array:
    r"""Convolution, which flips the kernel: :math:`y_{p,q} = \sum_{i,j} w_{i,j}\, x_{p-i,\, q-j}`.

    Parameters
    ----------
    image : array_like
        Of shape (H, W).
    kernel : array_like
        Of shape (K, L).
    mode : {"valid", "same", "full"}
        See :func:`correlate2d`.

    Returns
    -------
    ndarray
        Of the size that ``mode`` says.

    Raises
    ------
    ValueError
        If an argument has not two axes or is empty, the kernel does not fit into the image, or ``mode`` is another
        word.
    TypeError
        For everything that is no real number.

    Examples
    --------
    >>> convolve2d(np.array([[1.0, 2.0, 4.0]]), np.array([[-1.0, 1.0]]))
    array([[-1., -2.]])
    """
    kernel = np.asarray(kernel)
    return correlate2d(image, kernel[::-1, ::-1] if kernel.ndim == 2 else kernel, mode)


def shift(images: ArrayLike, rows: int, columns: int, fill: float = 0.0) -> Array:
    """Move images down and to the right.

    Parameters
    ----------
    images : array_like
        Of shape (..., H, W).
    rows, columns : int
        How many pixels down, and to the right; negative ones move up, and to the left.
    fill : float
        What comes in.

    Returns
    -------
    ndarray of the shape and dtype of ``images``
        A copy.

    Raises
    ------
    ValueError
        If there are no two axes, the images would move further than they are large, or their dtype cannot hold
        ``fill``.

    Examples
    --------
    >>> shift([[1, 2], [3, 4]], 1, 0, fill=9)
    array([[9, 9],
           [1, 2]])
    """
    images = np.asarray(images)
    require("rows", rows, Integer())
    require("columns", columns, Integer())
    if images.ndim < 2:
        raise ValueError(f"expected images of shape (..., H, W), got {images.shape}")
    h, w = images.shape[-2:]
    if abs(rows) > h or abs(columns) > w:
        raise ValueError(f"a shift by ({rows}, {columns}) leaves nothing of images of size ({h}, {w})")
    with np.errstate(invalid="ignore"):
        held = np.asarray(fill).astype(images.dtype)
    if images.dtype.kind in "iub" and held != fill:
        raise ValueError(f"fill={fill}, which images of dtype {images.dtype} cannot hold")
    out = np.full_like(images, fill)
    to = slice(max(rows, 0), h + min(rows, 0)), slice(max(columns, 0), w + min(columns, 0))
    of = slice(max(-rows, 0), h + min(-rows, 0)), slice(max(-columns, 0), w + min(-columns, 0))
    out[..., to[0], to[1]] = images[..., of[0], of[1]]
    return out


def shift_each(images: Array, rng: np.random.Generator, most: int) -> Array:
    """Move each image by up to ``most`` pixels in each direction, as it is drawn.

    Parameters
    ----------
    images : ndarray
        Of shape (N, ..., H, W), N at least 1.
    rng : Generator
        Draws the shifts.
    most : int
        From 0 on.

    Returns
    -------
    ndarray
        A copy of the shape and dtype of ``images``.

    Examples
    --------
    >>> shift_each(np.eye(3)[None], np.random.default_rng(0), most=0)[0, 0]
    array([1., 0., 0.])
    """
    moves = rng.integers(-most, most + 1, (len(images), 2))  # rows and columns
    return np.stack([shift(image, *move) for image, move in zip(images, moves)])


def random_shift(images: ArrayLike, rng: Seed, most: int = 1) -> Array:
    """A copy in which each image of (N, ..., H, W) is moved by up to ``most`` pixels in each direction.

    The arguments are checked here; :func:`shift_each` moves.

    Parameters
    ----------
    images : array_like
        Of shape (N, ..., H, W).
    rng : int, Generator, RandomState or None
        Draws the shifts.
    most : int
        From 0 on.

    Returns
    -------
    ndarray
        Of the shape and dtype of ``images``.

    Raises
    ------
    InvalidParameterError
        A ValueError, if ``most`` is negative.

    Examples
    --------
    >>> random_shift(np.eye(3)[None], 0).shape
    (1, 3, 3)
    """
    require("most", most, Integer(0))
    images, rng = np.asarray(images), np.random.default_rng(check_random_state(rng))
    return shift_each(images, rng, most) if len(images) else images.copy()
