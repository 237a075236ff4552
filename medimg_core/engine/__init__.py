"""Running a network: export once, then one forward pass an input. Never imports TensorFlow.

The room that knows ONNX Runtime; :mod:`medimg_core.engine.export` alone, run as a program of its own,
knows Keras.
"""

from medimg_core.engine.cache import cache_dir
from medimg_core.engine.session import Forward, check, dense_head, forward, threads, warm

__all__ = ["Forward", "cache_dir", "check", "dense_head", "forward", "threads", "warm"]
