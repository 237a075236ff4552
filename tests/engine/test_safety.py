"""Files that would run or read something are refused before Keras sees them, each by a rule that is named."""

import json
import pickle
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core.engine.safety import inspect, seal, violations
from medimg_core.errors import WeightsError
from tests.engine.keras_files import dense, layer, network, stored, write


def function(module, name, registered="function"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": registered}


CODE = {"class_name": "__lambda__", "config": {"value": ["4wAAAA", None, None]}}
LAMBDA = layer("Lambda", "evil", function=CODE)
REFUSED_CONFIGS = {
    "CVE-2024-3660, code in a Lambda": (network(LAMBDA), "layer 'evil' is a Lambda, which runs code"),
    "CVE-2026-12481, a Lambda inside a backbone": (network(network(LAMBDA, name="back")), "'evil' is a Lambda"),
    "a Lambda inside a wrapper": (network(layer("TimeDistributed", "each", layer=LAMBDA)), "'evil' is a Lambda"),
    "a Lambda of no module": (network(layer("Lambda", "evil", None)), "'evil' is a Lambda"),
    "code as an activation": (network(dense(activation=CODE)), "layer 'logits' is a __lambda__"),
    "CVE-2025-1550, a function of os": (
        network(dense(activation=function("os", "system"))),
        "layer 'logits' names the function 'os.system'",
    ),
    "CVE-2025-1550, a builtin": (network(dense(activation=function("builtins", "exec"))), "'builtins.exec'"),
    "CVE-2025-1550, a class of another module": (network(layer("Popen", "evil", "subprocess")), "'subprocess.Popen'"),
    "CVE-2025-8747, a download": (
        network(dense(activation=function("keras.utils", "get_file"))),
        "'keras.utils.get_file', which is no activation",
    ),
    "CVE-2025-9906, safe mode off": (
        network(dense(activation=function("keras.config", "enable_unsafe_deserialization"))),
        "enable_unsafe_deserialization', which is no activation",
    ),
    "CVE-2025-9906, safe mode off by a class": (
        network(layer("enable_unsafe_deserialization", "evil", "keras.config")),
        "not on the list of built-in classes",
    ),
    "CVE-2025-12058, a file read by a vocabulary": (
        network(layer("StringLookup", "words", vocabulary="/etc/hostname")),
        "layer 'words' is a StringLookup, which can read any file",
    ),
    "CVE-2025-12058, an address": (
        network(layer("TextVectorization", "words", vocabulary="https://example.org/x")),
        "is a TextVectorization",
    ),
    "another framework": (network(layer("TFSMLayer", "saved", filepath="saved")), "is a TFSMLayer"),
    "a pickled module": (network(layer("TorchModuleWrapper", "torch", wrapped="gA=")), "is a TorchModuleWrapper"),
    "an operation that takes a function": (network(layer("Map", "map", "keras.src.ops.core")), "ops.core.Map'"),
    "a class of one's own": (network(layer("MyLayer", "mine", "my_package.layers")), "'my_package.layers.MyLayer'"),
    "a registered object": (network({**dense(), "registered_name": "mine>Dense"}), "registered object, 'mine>Dense'"),
    "the format of old inside": (network(layer("Dense", "old", None)), "'None.Dense'"),
    "a path that only begins like Keras": (network(layer("Dense", "near", "keras.layers.evil")), "not on the list"),
    "objects for numbers": (
        network(dense(activation={"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}})),
        "a value that is no number, 'object'",
    ),
    "a class that is no text": (network(layer(["Dense"], "odd")), "not named by a text"),
}


@pytest.mark.parametrize("name", REFUSED_CONFIGS)
def test_a_config_that_names_anything_else_is_refused(tmp_path, name):
    config, message = REFUSED_CONFIGS[name]
    path = write(tmp_path / "weights.keras", config)
    with pytest.raises(WeightsError, match="must be made of built-in Keras layers only") as refusal:
        inspect(path)
    assert message in str(refusal.value)
    assert len(violations(path)) == 1


def test_every_layer_that_is_refused_is_named(tmp_path):
    path = write(tmp_path / "weights.keras", network(LAMBDA, dense(), layer("StringLookup", "words")))
    assert [text.split(";")[1].split(" is a ")[0] for text in violations(path)] == [" layer 'evil'", " layer 'words'"]
    with pytest.raises(WeightsError, match=r"'evil' .* \(and 1 more\)$"):
        inspect(path)


def external(file):
    file["other"] = h5py.ExternalLink("/etc/hostname", "/")


def soft(file):
    file["layers/soft"] = h5py.SoftLink("/layers/dense")


def outside(file):
    file.create_dataset("layers/out", (8,), "u1", external=[("/etc/hostname", 0, 8)])


def virtual(file):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "data", (4,))
    file.create_virtual_dataset("layers/virtual", layout)


def reference(file):
    file.create_dataset("layers/reference", (1,), h5py.ref_dtype)[0] = file["layers"].ref


def words(file):
    file["layers/words"] = "text"


def records(file):
    file["layers/records"] = np.zeros(2, [("a", "f4"), ("b", "i4")])


def kind(file):
    file["layers/kind"] = np.dtype("f8")


def bomb(file):
    file.create_dataset("layers/bomb", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")


REFUSED_VALUES = {
    "an external link": (external, "no soft or external links; 'other'"),
    "a soft link": (soft, "no soft or external links; 'layers/soft'"),
    "CVE-2026-1669, numbers in another file": (outside, "'layers/out' keeps its numbers elsewhere"),
    "numbers put together from other files": (virtual, "'layers/virtual' keeps its numbers elsewhere"),
    "references": (reference, "'layers/reference' holds something else"),
    "text": (words, "'layers/words' holds something else"),
    "records": (records, "'layers/records' holds something else"),
    "a type by name": (kind, "'layers/kind' is no array"),
    "CVE-2026-0897, a shape far beyond what is stored": (bomb, "'layers/bomb' says 4398046511104 bytes and stores 0"),
}


@pytest.mark.parametrize("name", REFUSED_VALUES)
def test_weights_that_are_no_plain_arrays_are_refused(tmp_path, name):
    fill, message = REFUSED_VALUES[name]
    path = write(tmp_path / "weights.keras", values=stored(fill))
    with pytest.raises(WeightsError, match="the weights' file") as refusal:
        inspect(path)
    assert message in str(refusal.value)


def hdf5(path):
    path.write_bytes(stored(lambda file: file.attrs.create("model_config", json.dumps(network(LAMBDA)))))


def pickled(path):
    path.write_bytes(pickle.dumps({"weights": [1, 2]}))


def twice(path):
    write(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", json.dumps(network(LAMBDA)))


def cut(path):
    write(path)
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    write(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"keras_version")] ^= 0xFF
    path.write_bytes(bytes(content))


def encrypted(path):
    write(path)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))


REFUSED_FILES = {
    "CVE-2025-9905, HDF5 with code under another name": (hdf5, "which is a zip; this is HDF5, the format of old"),
    "a pickle under another name": (pickled, "this is a pickle, which runs code when it is loaded"),
    "something else": (lambda path: path.write_text("hello"), "which is a zip; this is something else"),
    "nothing": (lambda path: path.touch(), "this is something else"),
    "a folder": (lambda path: path.mkdir(), "must be a zip that can be read; IsADirectoryError came"),
    "a file cut short": (cut, "this is something else"),
    "a bit that flipped": (flipped, "must be a zip that can be read; BadZipFile came"),
    "encrypted": (encrypted, "and not encrypted"),
    "no weights": (lambda path: write(path, model__weights__h5=None), "look at 'model.weights.h5'"),
    "CVE-2025-12060, a member that leaves the folder": (
        lambda path: write(path, **{"../../evil__py": b"x"}),
        "must hold exactly config.json, metadata.json, model.weights.h5; they hold 4 members, look at '../../evil.py'",
    ),
    "assets": (lambda path: write(path, **{"assets/words__txt": b"x"}), "look at 'assets/words.txt'"),
    "a member that is there twice": (twice, "they hold 4 members, look at those that are there twice"),
    "another codec": (lambda path: write(path, method=zipfile.ZIP_BZIP2), "must be stored or deflated"),
    "a zip bomb": (
        lambda path: write(path, values=bytes(1 << 24), method=zipfile.ZIP_DEFLATED),
        "must not expand by more than 100",
    ),
    "a config that is too large": (
        lambda path: write(path, b" " * ((1 << 24) + 1), method=zipfile.ZIP_DEFLATED),
        "config.json must have at most 16777216 bytes, it says 16777217",
    ),
    "a config that is no JSON": (lambda path: write(path, b"{"), "config.json must be JSON; JSONDecodeError came"),
    "a config nested beyond reason": (lambda path: write(path, b"[" * 100_000), "must be JSON; RecursionError came"),
    "a config that is no network": (lambda path: write(path, b"[]"), "must describe one network"),
    "weights that are no HDF5": (lambda path: write(path, values=b"x" * 3000), "an HDF5 file that can be read"),
}


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_file_that_is_not_what_keras_writes_is_refused(tmp_path, name):
    make, message = REFUSED_FILES[name]
    path = tmp_path / "weights.keras"
    make(path)
    with pytest.raises(WeightsError) as refusal:
        inspect(path)
    assert message in str(refusal.value)
    assert violations(path) == (str(refusal.value),)


def test_a_config_that_is_deep_is_told(tmp_path):
    value = "end"
    for _ in range(300):
        value = [value]
    path = write(tmp_path / "weights.keras", network(dense(activation=value)))
    assert violations(path) == ("config.json must not be nested more than 200 deep",)


def test_a_plain_network_passes_and_is_copied_without_its_training(tmp_path):
    config = network(network(dense("inner"), name="back"), layer("ReLU", "relu"), dense(activation="softmax"))
    config["compile_config"] = {"loss": function("my_losses", "dice")}
    config["config"]["layers"][1]["compile_config"] = {"optimizer": layer("Adam", "adam", "keras.optimizers")}
    path = write(tmp_path / "weights.keras", config)
    inside = inspect(path)
    assert [entry["name"] for entry in inside["config"]["layers"]] == ["image", "back", "relu", "logits"]
    assert "compile_config" not in json.dumps(inside)
    seal(path, tmp_path / "copy.keras")
    assert inspect(tmp_path / "copy.keras") == inside
    with zipfile.ZipFile(tmp_path / "copy.keras") as copy:
        assert copy.read("model.weights.h5") == stored()


def test_a_file_that_is_refused_is_not_copied(tmp_path):
    write(tmp_path / "weights.keras", network(LAMBDA))
    with pytest.raises(WeightsError, match="is a Lambda"):
        seal(tmp_path / "weights.keras", tmp_path / "copy.keras")
    assert not (tmp_path / "copy.keras").exists()


def test_shipped_weights_pass(shipped_model):
    assert violations(shipped_model.weights) == ()


WORDS = st.sampled_from(
    ["class_name", "config", "module", "registered_name", "name", "keras.layers", "Dense", "Lambda", "function",
     "__numpy__", "dtype", "relu", "builtins"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)


@given(value=JSON)
def test_no_config_is_too_odd_to_be_judged(value, tmp_path_factory):
    path = tmp_path_factory.mktemp("odd") / "weights.keras"
    found = violations(write(path, network(dense(activation=value))))
    assert all("weights must be made of built-in Keras layers only; " in text for text in found)
    if '"class_name": "Lambda"' in json.dumps(value):
        assert found
