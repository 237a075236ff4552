"""Studies with a lesion, or an organ, whose every voxel is known."""

from medimg_core.phantoms.orders import Made, Order

__all__ = ["brain", "breast", "liver"]


def brain(order: Order) -> Made:
    """Make the FLAIR series of a head; its mask is ``lesion``."""
    from medimg_core.phantoms.brain_flair import brain_flair, stack
    from medimg_core.phantoms.dicom import Identity, cross_sectional

    scan = brain_flair(order.seed)
    identity = Identity(
        f"{order.id} {order.seed}",
        "ADULT^BRAIN",
        "045Y",
        order.examination,
        sex="F",
        body_part="BRAIN",
        region=("12738006", "Brain"),
        series_description="AX FLAIR",
    )
    tags = {
        "ScanningSequence": ["SE", "IR"],
        "SequenceVariant": ["SK", "SP"],
        "ScanOptions": "",
        "SequenceName": "FLAIR",
        "ProtocolName": "SYNTHETIC AX FLAIR",
        "MRAcquisitionType": "2D",
        "MagneticFieldStrength": "1.5",
        "ImagingFrequency": "63.87",
        "EchoTime": "120",
        "RepetitionTime": "9000",
        "InversionTime": "2500",
        "EchoTrainLength": "16",
        "FlipAngle": "90",
        "WindowCenter": "700",
        "WindowWidth": "1400",
    }
    files = cross_sectional(identity, scan.values, stack(), modality="MR", tags=tags)
    return Made(files, dict(scan.truth), {"lesion": scan.lesion})


def breast(order: Order) -> Made:
    """Make the picture of a breast; its mask is ``lesion``."""
    from medimg_core.phantoms.breast_ultrasound import PIXEL, breast_ultrasound
    from medimg_core.phantoms.dicom import Identity
    from medimg_core.phantoms.ultrasound import ultrasound

    kind = order.id.removeprefix("breast_ultrasound_")
    scan = breast_ultrasound(order.seed, kind=kind)
    identity = Identity(
        f"{order.id} {order.seed}",
        "ADULT^BREAST",
        "045Y",
        order.examination,
        sex="F",
        body_part="BREAST",
        region=("76752008", "Breast"),
    )
    side = "L" if kind == "benign" else "R"
    dataset = ultrasound(identity, scan.pixels, spacing=(PIXEL, PIXEL), side=side)
    return Made([dataset], scan.truth | {"laterality": side}, {"lesion": scan.lesion[None]})


def liver(order: Order) -> Made:
    """Make the CT of an abdomen; its masks are ``liver`` (with all that lies in it) and ``lesion``."""
    from medimg_core.phantoms.dicom import Identity, cross_sectional
    from medimg_core.phantoms.liver_ct import liver_ct

    scan = liver_ct(order.seed, reduced=order.reduced, progress=order.progress)
    identity = Identity(
        f"{order.id} {order.seed}",
        "ADULT^ABDOMEN",
        "045Y",
        order.examination,
        sex="M",
        body_part="ABDOMEN",
        region=("818983003", "Abdomen"),
    )
    tags = {
        "KVP": "120",
        "ConvolutionKernel": "ANALYTIC",
        "SpacingBetweenSlices": "5",
        "ContrastBolusAgent": "SIMULATED, PORTAL VENOUS PHASE",
        "WindowCenter": ["60", "40"],
        "WindowWidth": ["160", "400"],
        "WindowCenterWidthExplanation": ["LIVER", "ABDOMEN"],
    }
    files = cross_sectional(identity, scan.values, scan.plane, modality="CT", tags=tags, first=scan.first + 1)
    return Made(files, dict(scan.truth), {"liver": scan.liver, "lesion": scan.lesion})
