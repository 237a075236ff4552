"""Running a network: export once, then one forward pass an input. Never imports TensorFlow.

The room that knows ONNX Runtime; :mod:`medimg_core.engine.export` alone, run as a program of its own,
knows Keras. A network that somebody brings is judged before it is loaded (:mod:`medimg_core.engine.safety`),
and :func:`model_problems` says everything that is wrong with its folder.
"""

from medimg_core.engine.cache import cache_dir
from medimg_core.engine.inspection import model_problems
from medimg_core.engine.session import Forward, check, dense_head, forward, threads, warm
from medimg_core.engine.skeleton import skeleton

__all__ = [
    "Forward",
    "cache_dir",
    "check",
    "dense_head",
    "forward",
    "model_problems",
    "skeleton",
    "threads",
    "warm",
]
