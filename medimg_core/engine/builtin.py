"""What a network may be made of: an allow-list of Keras' own classes, by the module that a config names.

Keras finds a class by the module and the name in the file, so a name that is not listed here is never looked
up. Left out are what runs or reads something: ``Lambda``, layers that wrap code of other frameworks
(``TFSMLayer``, ``TorchModuleWrapper``, ``JaxLayer``, ``FlaxLayer``), lookups that open a file or an address
(``StringLookup``, ``IntegerLookup``, ``TextVectorization``), operations that take functions (``Map``, ``Scan``,
``WhileLoop``, ``Cond``), and every function that is no activation.
"""

from typing import Any

__all__ = ["POLICIES", "objection"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LAYERS = _names("""
    InputLayer Dense EinsumDense Embedding Identity Activation ActivityRegularization Masking
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
    SeparableConv1D SeparableConv2D
    MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
    AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
    BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization
    SpectralNormalization
    ReLU LeakyReLU PReLU ELU Softmax
    Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise
    Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D
    ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D UpSampling3D
    Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
    LSTM GRU SimpleRNN Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D TimeDistributed
    Rescaling Normalization Resizing CenterCrop
    RandomBrightness RandomContrast RandomCrop RandomFlip RandomGrayscale RandomHue RandomRotation
    RandomSaturation RandomShear RandomTranslation RandomZoom
""")

_NUMPY = _names("""
    Absolute Abs Add Amax Amin Average BroadcastTo Clip Concatenate Cos Divide DivideNoNan Dot Einsum Exp
    ExpandDims Flip FullLike GetItem Log Log1p Log2 Log10 Matmul Max Maximum Mean Min Minimum Moveaxis Multiply
    Negative OnesLike Pad Power Prod Ravel Reciprocal Repeat Reshape Round Sign Sin Split Sqrt Square Squeeze Stack
    Std Subtract Sum Swapaxes Tanh Tensordot Tile Transpose TrueDivide Var Where ZerosLike
""")

_NN = _names("""
    Relu Relu6 Sigmoid SparseSigmoid Softplus Softsign SoftShrink SparsePlus Silu Squareplus LogSigmoid LeakyRelu
    HardSigmoid HardSilu Elu Selu Gelu Celu Glu TanhShrink HardTanh HardShrink Threshold Softmax LogSoftmax Sparsemax
    MaxPool AveragePool Conv DepthwiseConv SeparableConv ConvTranspose BatchNorm LayerNorm RMSNorm Normalize Moments
    DepthToSpace SpaceToDepth DotProductAttention
""")

POLICIES = _names("DTypePolicy FloatDTypePolicy DTypePolicyMap")
"""Classes whose name in a config is a type of number and no layer's."""

_CLASSES = {
    "keras": POLICIES | _names("Sequential Functional"),
    "keras.models": _names("Sequential Functional"),
    "keras.src.models.functional": _names("Functional"),
    "keras.src.models.sequential": _names("Sequential"),
    "keras.layers": _LAYERS,
    "keras.dtype_policies": POLICIES,
    "keras.initializers": _names("""
        Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform
        Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros
    """),
    "keras.regularizers": _names("L1 L2 L1L2 OrthogonalRegularizer"),
    "keras.constraints": _names("MaxNorm MinMaxNorm NonNeg UnitNorm"),
    "keras.src.applications.convnext": _names("LayerScale StochasticDepth"),
    "keras.src.applications.inception_resnet_v2": _names("CustomScaleLayer"),
    "keras.src.ops.numpy": _NUMPY,
    "keras.src.ops.nn": _NN,
    "keras.src.ops.core": _names("Cast StopGradient"),
    "keras.src.ops.math": _names("Rsqrt Erf Logsumexp"),
    "keras.src.ops.image": _names("Resize"),
}

_ACTIVATIONS = _names("""
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold
""")

_PLAIN = _names("__keras_tensor__ __tensor__ __numpy__ __slice__ __ellipsis__")
_TYPES = frozenset({"bool", "bfloat16", "float16", "float32", "float64"}) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}

_RUNS_CODE = {
    "Lambda": "runs code that lies in the file",
    "__lambda__": "is code that lies in the file",
    "TFSMLayer": "loads a program of TensorFlow",
    "TorchModuleWrapper": "loads a pickled module",
    "JaxLayer": "runs code from outside Keras",
    "FlaxLayer": "runs code from outside Keras",
    "StringLookup": "can read any file or address",
    "IntegerLookup": "can read any file or address",
    "TextVectorization": "can read any file or address",
}


def objection(value: dict[str, Any]) -> str:
    """What is wrong with one object of a config; empty where nothing is.

    Args:
        value: A table of the config with ``class_name``, as Keras serialises objects.

    Returns:
        A phrase that follows the name of the layer.

    Examples:
        >>> objection({"module": "keras.layers", "class_name": "ReLU", "config": {}, "registered_name": None})
        ''
        >>> objection({"module": "os", "class_name": "system", "config": {}})
        "is of class 'os.system', which is not on the list of built-in classes"
    """
    name, module, registered = value["class_name"], value.get("module"), value.get("registered_name")
    if not isinstance(name, str):
        return "has a class that is not named by a text"
    if name in _RUNS_CODE:
        return f"is a {name}, which {_RUNS_CODE[name]}"
    if name in _PLAIN:
        return _plain(value.get("config"), module)
    if name == "function":
        function = value.get("config")
        listed = isinstance(function, str) and function in _ACTIVATIONS
        good = listed and module in ("builtins", "keras.activations") and registered in (None, name, function)
        return "" if good else f"names the function {f'{module}.{function}'[:80]!r}, which is no activation"
    if not isinstance(module, str) or name not in _CLASSES.get(module, ()):
        return f"is of class {f'{module}.{name}'[:80]!r}, which is not on the list of built-in classes"
    return "" if registered in (None, name, f"keras>{name}") else f"names a registered object, {registered!r:.60}"


def _plain(inner: Any, module: Any) -> str:
    """What is wrong with a plain value: a tensor's place or numbers, a slice, an ellipsis."""
    dtype = inner.get("dtype", "float32") if isinstance(inner, dict) else "float32"
    odd = module is not None or not isinstance(dtype, str) or dtype not in _TYPES
    return f"holds a value that is no number, {dtype!r:.40}" if odd else ""
