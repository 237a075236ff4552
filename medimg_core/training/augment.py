"""What a training image goes through: random framing, exposure, and the trades against shortcuts.

The label of a chest radiograph can be guessed from its exposure, framing, tubes and borders. So the
surroundings of the lungs are often swapped with those of another image, the frame is replaced or
erased, and images whose lungs are hidden are trained to answer the prior.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimg_core import perturb
from medimg_core.perturb import Grey, Subject
from medimg_core.preprocess import prepare
from medimg_core.training.datasets import ImageSet
from medimg_core.training.heads import Smoothed
from medimg_core.training.recipe import Recipe, input_of

Box = tuple[float, float, float, float]


def targets(recipe: Smoothed, classes: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Soft targets and weights of each class.

    The reading is smoothed by ``label_smoothing``; so are the finer classes among themselves. Weights
    give negatives and positives the same sum.

    Args:
        recipe: Classes, positives and smoothing.
        classes: Class of every training image, shape ``(n,)``.

    Returns:
        Targets, shape ``(classes + 1, classes)``: one row a class, and last the prior, for images in
        which nothing can be told. Weights, shape ``(classes + 1,)``.
    """
    count = len(recipe.classes)
    positive = np.array([name in recipe.positive for name in recipe.classes])
    share = np.bincount(classes, minlength=count) / len(classes)
    inside = np.where(positive, share / share[positive].sum(), share / share[~positive].sum())
    smooth = recipe.label_smoothing
    rows = np.zeros((count + 1, count))
    weights = np.ones(count + 1)
    for index in range(count):
        same = positive == positive[index]
        own = (1 - smooth) * (np.arange(count) == index) + smooth * inside * same
        rows[index] = (1 - smooth / 2) * own + smooth / 2 * inside * ~same
        weights[index] = 0.5 / share[same].sum()
    rows[count] = inside / 2
    return rows.astype(np.float32), weights.astype(np.float32)


@dataclass(frozen=True)
class Augmenter:
    """Makes augmented samples of a training set.

    Attributes:
        images: The training images.
        regions: Region (lungs) of each, bool, shape ``(n, side, side)``.
        hulls: Convex hull of each region.
        boxes: Bounding box of each region, edges in pixels, shape ``(n, 4)``.
        recipe: Shares and sizes.
    """

    images: ImageSet
    regions: NDArray[np.bool_]
    hulls: NDArray[np.bool_]
    boxes: NDArray[np.float64]
    recipe: Recipe

    def sample(self, index: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], bool]:
        """One augmented image as the network takes it, shape ``(rows, columns, 1)``.

        Returns:
            The image, and whether it can be told at all; False where its target is the prior.
        """
        grey, told = self.compose(index, rng)
        return prepare(grey, input_of(self.recipe))[0], told

    def compose(self, index: int, rng: np.random.Generator) -> tuple[Grey, bool]:
        """One augmented image on the cached grid, 0 to 1, and whether it can be told."""
        recipe = self.recipe
        subject = self._subject(index, rng)
        shares = np.cumsum([recipe.null_share, recipe.exterior_share, recipe.frame_share, recipe.only_region_share])
        kind = int(np.searchsorted(shares, rng.random()))
        image, told, late_frame = subject.image, True, 0.0
        if kind == 0:
            told = False
            if rng.random() < 0.65:
                image = self._hide_region(index, subject, rng)
            else:
                late_frame = float(rng.uniform(0.06, 0.22))
        elif kind == 1:
            image = self._swap(index, subject, rng)
        elif kind == 2:
            image = self._swap_frame(subject, rng)
        elif kind == 3:
            image = self._only_region(index, subject, rng)
        image = framing(image, subject.box, rng, crop=kind in (1, 2, 4))
        image = exposure(image, rng, lambda: self.images.grey(int(rng.integers(len(self.images)))))
        if late_frame:
            inner = 1 - perturb.frame_mask((image.shape[0], image.shape[1]), late_frame)
            image = perturb.fill(image, inner, _pick(rng, ("mean", "smooth", "noise", "black")), rng)
        elif told and rng.random() < 0.25:
            image = erase(image, rng)
        return image, told

    def _subject(self, index: int, rng: np.random.Generator) -> Subject:
        box = self.boxes[index]
        grey = self.images.grey(index)
        if rng.random() < 0.3:
            grey = perturb.gamma(grey, float(np.exp(rng.uniform(-0.4, 0.4))))
        return Subject(
            grey, self.regions[index].astype(np.float32), (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
        )

    def _other(self, rng: np.random.Generator) -> Subject:
        return self._subject(int(rng.integers(len(self.images))), rng)

    def _cover(self, index: int, subject: Subject, rng: np.random.Generator) -> Grey:
        """A mask that holds the region: itself, widened, its hull, or its box."""
        choice = rng.random()
        if choice < 0.5:
            return subject.region
        if choice < 0.65:
            return perturb.soften(subject.region, float(rng.uniform(2, 8)))
        if choice < 0.85:
            return perturb.soften(self.hulls[index].astype(np.float32), float(rng.uniform(0, 5)))
        shape = (subject.image.shape[0], subject.image.shape[1])
        return perturb.soften(perturb.box_mask(shape, subject.box), float(rng.uniform(0, 4)))

    def _hide_region(self, index: int, subject: Subject, rng: np.random.Generator) -> Grey:
        how = _pick(rng, ("mean", "mean", "smooth", "smooth", "noise", "black", "black"))
        return perturb.fill(subject.image, self._cover(index, subject, rng), how, rng)

    def _only_region(self, index: int, subject: Subject, rng: np.random.Generator) -> Grey:
        mask = self._cover(index, subject, rng)
        if rng.random() < 0.5:
            return perturb.fill(subject.image, 1 - mask, _pick(rng, ("mean", "smooth", "noise")), rng)
        flat = np.full_like(subject.image, rng.uniform(0, 0.8))
        return perturb.blend(subject.image, flat, mask)

    def _swap(self, index: int, subject: Subject, rng: np.random.Generator) -> Grey:
        other = self._other(rng)
        radius = float(rng.uniform(1.5, 7))
        if rng.random() < 0.65:
            return perturb.swap_exterior(subject, other, radius=radius, union=True)
        hull = self.hulls[index].astype(np.float32)
        covered = Subject(subject.image, hull, subject.box)
        return perturb.swap_exterior(covered, other, radius=radius, union=False)

    def _swap_frame(self, subject: Subject, rng: np.random.Generator) -> Grey:
        other = self._other(rng)
        surroundings = other.image
        if rng.random() < 0.5:
            surroundings = perturb.warp(surroundings, perturb.box_to_box(other.box, subject.box), fill=0.3)
        shape = (surroundings.shape[0], surroundings.shape[1])
        frame = perturb.frame_mask(shape, float(rng.uniform(0.05, 0.22)))
        return perturb.blend(surroundings, subject.image, frame)


def _pick(rng: np.random.Generator, names: tuple[str, ...]) -> str:
    return names[int(rng.integers(len(names)))]


def _outside(image: Grey, rng: np.random.Generator) -> float:
    """Grey of what lies outside an image: black, its mean, or anything."""
    choice = rng.random()
    return 0.0 if choice < 0.4 else float(image.mean()) if choice < 0.7 else float(rng.uniform(0, 0.9))


def framing(image: Grey, box: Box, rng: np.random.Generator, *, crop: bool) -> Grey:
    """Random crop, zoom, aspect, rotation, shift and shear.

    Args:
        image: Shape ``(rows, columns)``.
        box: The region's box; a quarter of the images is cropped to it, from 6 % inside to 20 %
            beyond.
        rng: Random generator.
        crop: Whether such a crop may happen.
    """
    rows, columns = image.shape
    fill = _outside(image, rng)
    if crop and rng.random() < 0.25:
        height, width = box[2] - box[0], box[3] - box[1]
        grow = rng.uniform(-0.06, 0.2, 4) * (height, width, height, width)
        source = (box[0] - grow[0], box[1] - grow[1], box[2] + grow[2], box[3] + grow[3])
        matrix = perturb.box_to_box(source, (0, 0, rows, columns))
        turn = perturb.affine((rows, columns), angle=float(rng.uniform(-8, 8)))
        joined = np.vstack([matrix, (0, 0, 1)]) @ np.vstack([turn, (0, 0, 1)])
        return perturb.warp(image, joined[:2], fill)
    zoom = np.exp(rng.uniform(np.log(0.75), np.log(1.35)))
    aspect = np.exp(rng.uniform(-0.14, 0.14))
    matrix = perturb.affine(
        (rows, columns),
        angle=float(rng.uniform(-14, 14)),
        zoom=(float(zoom * aspect), float(zoom / aspect)),
        shift=(float(rng.uniform(-0.1, 0.1)), float(rng.uniform(-0.1, 0.1))),
        shear=float(rng.uniform(-0.1, 0.1)),
    )
    return perturb.warp(image, matrix, fill)


def exposure(image: Grey, rng: np.random.Generator, other: Callable[[], Grey]) -> Grey:
    """Random grey curve, unevenness, noise, blur, loss of resolution and compression.

    Args:
        image: Shape ``(rows, columns)``, 0 to 1.
        rng: Random generator.
        other: Gives another image, to take its grey-value distribution from.
    """
    if rng.random() < 0.25:
        image = perturb.match_histogram(image, other())
    if rng.random() < 0.6:
        image = perturb.gamma(image, float(np.exp(rng.uniform(-0.55, 0.55))))
    if rng.random() < 0.4:
        image = perturb.expose(image, float(rng.uniform(0.75, 1.4)), float(rng.uniform(-0.25, 0.15)))
    if rng.random() < 0.2:
        image = perturb.shade(image, rng, 0.3)
    if rng.random() < 0.3:
        image = perturb.blur(image, float(rng.uniform(0.4, 1.5)))
    elif rng.random() < 0.3:
        image = perturb.coarsen(image, float(rng.uniform(1.2, 2.5)))
    if rng.random() < 0.35:
        image = perturb.add_noise(image, rng, float(rng.uniform(0.005, 0.05)))
    if rng.random() < 0.15:
        image = perturb.jpeg(image, int(rng.integers(25, 85)))
    return image


def erase(image: Grey, rng: np.random.Generator) -> Grey:
    """Erase the image's border on every side by up to 16 %, or a few small boxes in it."""
    rows, columns = image.shape
    result = image.copy()
    value = _outside(image, rng)
    if rng.random() < 0.6:
        top, left, bottom, right = (rng.uniform(0, 0.16, 4) * (rows, columns, rows, columns)).astype(int)
        result[:top], result[rows - bottom :] = value, value
        result[:, :left], result[:, columns - right :] = value, value
        return result
    for _ in range(int(rng.integers(1, 4))):
        height, width = (int(n) for n in rng.integers(8, 36, 2))
        row, column = int(rng.integers(rows - height)), int(rng.integers(columns - width))
        result[row : row + height, column : column + width] = value
    return result
