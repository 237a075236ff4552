"""Smooth random fields with exact gradients: folds of a cortex, rough outlines, lobules."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.geometry import FloatArray
from medimg_core.phantoms.thorax import Field

__all__ = ["Waves", "draw_waves"]

ComplexArray = npt.NDArray[np.complex128]

_ONE_THREAD = 250_000  # multiplications below which OpenBLAS starts no thread (interface/gemm.c: 4 x 65536)


@dataclass(frozen=True, eq=False)
class Waves:
    """A sum of plane waves, about normal with mean 0 and standard deviation 1 over space.

    On a grid along the axes a wave is a product of three functions of one coordinate, so that a slice is one
    matrix product.

    Attributes:
        vectors: Wave vectors along x, y, z in radians/mm, shape ``(n, 3)``.
        phases: In radians, shape ``(n,)``.
    """

    vectors: FloatArray = field(repr=False)
    phases: FloatArray = field(repr=False)

    def values(self, x: Field, y: Field, z: float) -> Field:
        """Values in one axial slice.

        Args:
            x: Of the columns, mm, shape ``(columns,)``.
            y: Of the rows, mm, shape ``(rows,)``.
            z: Of the slice, mm.

        Returns:
            Shape ``(rows, columns)``.
        """
        across, down = self._factors(x, y, z)
        return _product(down, across)

    def gradient(self, x: Field, y: Field, z: float) -> tuple[Field, Field, Field]:
        """Derivatives along x, y, z in 1/mm, each of the shape of :meth:`values`."""
        across, down = self._factors(x, y, z)
        gx, gy, gz = (_product(1j * axis * down, across) for axis in self.vectors.T)
        return gx, gy, gz

    def _factors(self, x: Field, y: Field, z: float) -> tuple[Field, ComplexArray]:
        """Of the columns, real above imaginary part, shape ``(2 n, columns)``; of the rows, shape ``(rows, n)``."""
        kx, ky, kz = self.vectors.T
        across = np.exp(1j * np.outer(kx, x)) * np.sqrt(2 / len(kx))
        down = np.exp(1j * (np.outer(y, ky) + kz * z + self.phases))
        return np.concatenate([across.real, across.imag]).astype(np.float32), down


def _product(down: ComplexArray, across: Field) -> Field:
    """Real part of the complex product, ``(rows, columns)``.

    In bands of a few rows, each so small that the BLAS takes one thread for it: where other work keeps the cores
    busy, its threads wait for one another a hundred times longer than the product takes.
    """
    parts = np.concatenate([down.real, -down.imag], axis=1).astype(np.float32)
    band = max(1, _ONE_THREAD // across.size)
    return np.concatenate([parts[at : at + band] @ across for at in range(0, len(parts), band)])


def draw_waves(
    rng: np.random.Generator, wavelength: float, *, count: int = 24, stretch: tuple[float, float, float] = (1, 1, 1)
) -> Waves:
    """Draw waves of random direction and phase, their lengths within a quarter of the mean.

    Args:
        rng: Source of chance.
        wavelength: Mean, mm; the field crosses zero about every half of it.
        count: Number of waves.
        stretch: Factors on the wavelength along x, y, z.

    Examples:
        >>> axis = np.arange(400, dtype=np.float32)
        >>> values = draw_waves(np.random.default_rng(1), 20.0).values(axis, axis, 0.0)
        >>> values.shape, bool(abs(values.mean()) < 0.1), bool(abs(values.std() - 1) < 0.1)
        ((400, 400), True, True)
    """
    way = rng.normal(size=(count, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    length = wavelength * rng.uniform(0.75, 1.25, count)[:, None] * np.array(stretch)
    return Waves(2 * np.pi * way / length, rng.uniform(0, 2 * np.pi, count))
