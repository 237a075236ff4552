"""What each phantom of the catalogue is made of: pixels, identity, tags, truth."""

from collections.abc import Callable
from typing import Any

from medimg_core.phantoms.lesion_makers import brain, breast, liver
from medimg_core.phantoms.orders import Made, Order

__all__ = ["make"]

_CT_TAGS = {
    "KVP": "120",
    "ConvolutionKernel": "ANALYTIC",
    "WindowCenter": ["40", "-600"],
    "WindowWidth": ["400", "1500"],
    "WindowCenterWidthExplanation": ["MEDIASTINUM", "LUNG"],
}


def make(order: Order) -> Made:
    """Make the datasets of a phantom, in slice order, and its truth."""
    return next(maker for start, maker in _MAKERS.items() if order.id.startswith(start))(order)


def _chest(order: Order) -> Made:
    from medimg_core.phantoms.dicom import Identity, planar
    from medimg_core.phantoms.radiograph import chest_radiograph

    adult = order.id == "chest_adult_gate"
    lesion = {"chest_child_consolidation": "right", "chest_child_consolidation_left": "left"}.get(order.id, "")
    image = chest_radiograph(order.seed, adult=adult, lesion=lesion)
    identity = Identity(
        key=f"{order.id} {order.seed}",
        name="ADULT^CHEST" if adult else "CHILD^CHEST",
        age="045Y" if adult else "003Y",
        sex="F" if order.seed % 2 else "M",
        description=order.examination,
    )
    dataset = planar(
        identity,
        image.pixels,
        detector_spacing=(image.pixel, image.pixel),
        view="PA" if adult else "AP",
        inverted=order.id == "chest_child_monochrome1",
    )
    return Made([dataset], dict(image.truth))


def _ct(order: Order) -> Made:
    from medimg_core.phantoms.ct import ct_thorax
    from medimg_core.phantoms.dicom import cross_sectional

    volume, plane, truth = ct_thorax(order.seed)
    tags = {name: value for name, value in _CT_TAGS.items() if name != "WindowCenterWidthExplanation"}
    return Made(cross_sectional(_adult(order), volume, plane, modality="CT", tags=tags), dict(truth))


def _ct_prior(order: Order) -> Made:
    """The patient of ``ct_thorax`` with the same seed, a year before, in another frame of reference."""
    from medimg_core.phantoms.ct import ct_thorax
    from medimg_core.phantoms.dicom import DATE, cross_sectional

    volume, plane, truth = ct_thorax(order.seed, prior=True)
    date = f"{int(DATE[:4]) - 1}{DATE[4:]}"
    identity = _adult(order, age="044Y", patient=f"ct_thorax {order.seed}", date=date)
    return Made(cross_sectional(identity, volume, plane, modality="CT", tags=_CT_TAGS), dict(truth))


def _ct_two_series(order: Order) -> Made:
    """The scan of ``ct_thorax`` as of another patient, with a second reconstruction in the same frame of reference."""
    from dataclasses import replace

    from medimg_core.phantoms.ct import ct_thorax, thick_slices
    from medimg_core.phantoms.dicom import cross_sectional

    volume, plane, truth = ct_thorax(order.seed)
    thick, where = thick_slices(volume, plane)
    identity = _adult(order)
    thin = replace(identity, series_description=f"CT of the thorax, {plane.step[2]:g} mm")
    coarse = replace(identity, series_description=f"CT of the thorax, {where.step[2]:g} mm thick")
    files = cross_sectional(thin, volume, plane, modality="CT", tags=_CT_TAGS)
    files += cross_sectional(coarse, thick, where, modality="CT", tags=_CT_TAGS, series=2)
    spacing = (float(where.step[2]), *where.pixel_spacing)
    centre: Any = truth["nodule"]
    voxel = where.geometry().to_index(centre["lps_mm"])
    second = {
        "spacing_mm": spacing,
        "shape": thick.shape,
        "nodule_voxel": tuple(round(float(value), 3) for value in voxel),
    }
    return Made(files, truth | {"thick": second})


def _ct_nodules(order: Order) -> Made:
    from medimg_core.phantoms.chest_ct import chest_ct
    from medimg_core.phantoms.dicom import cross_sectional

    volume, plane, truth, first = chest_ct(order.seed, reduced=order.reduced, progress=order.progress)
    tags = _CT_TAGS | {"WindowCenter": ["-600", "40"], "WindowWidth": ["1500", "400"]}
    tags |= {"WindowCenterWidthExplanation": ["LUNG", "MEDIASTINUM"], "SpacingBetweenSlices": "1"}
    return Made(cross_sectional(_adult(order), volume, plane, modality="CT", tags=tags, first=first + 1), truth)


def _adult(order: Order, *, age: str = "045Y", patient: str = "", date: str = "") -> Any:
    from medimg_core.phantoms.dicom import DATE, Identity

    key = f"{order.id} {order.seed}"
    return Identity(key, "ADULT^CT", age, order.examination, sex="M", patient=patient, date=date or DATE)


def _heart(order: Order) -> Made:
    from medimg_core.phantoms.dicom import Identity, cross_sectional
    from medimg_core.phantoms.heart import SHAPE, cine_tags, heart_cine, stack

    volume, truth = heart_cine(order.seed)
    region = ("80891009", "Heart")
    identity = Identity(
        f"{order.id} {order.seed}", "ADULT^HEART", "045Y", order.examination, body_part="HEART", region=region
    )
    tags = {
        "ScanningSequence": "GR",
        "SequenceVariant": "SS",
        "ScanOptions": "CG",
        "MRAcquisitionType": "2D",
        "EchoTime": "1.7",
        "RepetitionTime": "3.8",
        "EchoTrainLength": "1",
        "FlipAngle": "45",
        "WindowCenter": "400",
        "WindowWidth": "800",
    }
    planes = volume.reshape(-1, *SHAPE[1:])
    return Made(cross_sectional(identity, planes, stack(), modality="MR", tags=tags, own=cine_tags()), dict(truth))


def _box(order: Order) -> Made:
    from medimg_core.phantoms.dicom import Identity, cross_sectional
    from medimg_core.phantoms.orientation import BALL_RADIUS, LANDMARKS, SIDES, STACKS, sample

    stack = STACKS[order.id.removeprefix("orientation_")]
    identity = Identity(
        f"{order.id} {order.seed}",
        "ORIENTATION^BOX",
        "",
        order.examination,
        body_part="PHANTOM",
        region=("706342009", "Phantom"),
    )
    tags = {
        "ScanningSequence": "RM",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "2D",
        "EchoTime": "10",
        "RepetitionTime": "500",
        "EchoTrainLength": "1",
        "WindowCenter": "1500",
        "WindowWidth": "3200",
    }
    truth: dict[str, object] = {
        "landmarks": dict(LANDMARKS),
        "landmark_values": {name: 3000 + 200 * number for number, name in enumerate(LANDMARKS)},
        "landmark_radius_mm": BALL_RADIUS,
        "sides": dict(SIDES),
        "spacing_mm": stack.spacing,
        "row_and_column_go_to": stack.geometry().orientation[1:],
        "shape": stack.shape,
    }
    return Made(cross_sectional(identity, sample(stack), stack.plane(), modality="MR", tags=tags), truth)


def _planar_box(order: Order) -> Made:
    from medimg_core.phantoms.dicom import Identity, planar
    from medimg_core.phantoms.orientation import orientation_radiograph

    mirrored = order.id.endswith("mirrored")
    pixels, truth = orientation_radiograph(mirrored=mirrored)
    identity = Identity(
        f"{order.id} {order.seed}",
        "ORIENTATION^PLANE",
        "",
        order.examination,
        body_part="PHANTOM",
        region=("706342009", "Phantom"),
    )
    edges = ("R", "F") if mirrored else ("L", "F")
    truth = truth | {"edges": edges}
    return Made([planar(identity, pixels, detector_spacing=(0.8, 0.5), edges=edges)], truth)


_MAKERS: dict[str, Callable[[Order], Made]] = {
    "brain": brain,
    "breast": breast,
    "liver": liver,
    "chest": _chest,
    "ct_chest_nodules": _ct_nodules,
    "ct_thorax_prior": _ct_prior,
    "ct_thorax_two_series": _ct_two_series,
    "ct_thorax": _ct,
    "heart": _heart,
    "orientation_radiograph": _planar_box,
    "orientation": _box,
}
