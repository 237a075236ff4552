"""Network architectures as small functions."""

from medimg_core.training.architectures.residual import plain, residual
from medimg_core.training.architectures.unet import fcn, multi_task, unet, unet3d

__all__ = ["fcn", "multi_task", "plain", "residual", "unet", "unet3d"]
