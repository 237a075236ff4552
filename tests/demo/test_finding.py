"""Guided cases found in a folder: which images are asked, what is found, and what nobody can tell."""

import pytest

from medimg_core.demo import KINDS, demo_folder, find_stories, rehearse
from medimg_core.errors import Cancelled, NotApplicableError, UnreadableFileError
from medimg_core.phantoms import write_phantom
from tests.evaluation.small_folder import square, write_folder, write_mask


def labelled(root, *rows):
    """A folder of pictures: label and split of each."""
    lines = [(f"secret{place}.png", label, split) for place, (label, split) in enumerate(rows)]
    return write_folder(root / "name", lines, ("image", "label", "split"))


def marked(root):
    """Four pictures of a malignant lesion, drawn, and four of a benign one."""
    lines = []
    for place in range(8):
        write_mask(root / f"mask{place}.png", square(4 + place))
        lines.append((f"image{place}.png", f"mask{place}.png", "malignant" if place % 2 else "benign"))
    return write_folder(root, lines, ("image", "mask", "label"))


def test_each_kind_is_found_or_its_lack_is_told(tmp_path, tiny_multi, tiny_model):
    found = find_stories(marked(tmp_path), cards=[tiny_multi, tiny_model])
    kinds = [story.kind for story in found.stories]
    assert sorted((*kinds, *found.missing)) == sorted(KINDS)
    assert found.images == 8
    assert {"miss", "refusal"} <= set(kinds)  # its weights are random: it says the same of all
    for story in found.stories:
        card = tiny_multi if story.model_id == "tiny_multi" else tiny_model
        assert rehearse(story, card=card).holds or story.kind == "hit"
    refusal = next(story for story in found.stories if story.kind == "refusal")
    assert refusal.model_id == "tiny_model"  # it reads radiographs, and the folder is of ultrasound
    assert "image0" not in repr(found) + repr(found.stories)


def test_images_that_a_model_may_have_learned_are_left_out(tmp_path, tiny_multi):
    folder = labelled(tmp_path, ("benign", "train"), ("malignant", "train"), ("malignant", "val"), ("benign", "val"))
    assert find_stories(folder, cards=[tiny_multi]).images == 2


def test_no_more_images_are_asked_than_wanted_of_both_answers(tmp_path, tiny_multi):
    folder = labelled(tmp_path, *[("benign", "")] * 9, ("malignant", ""))
    assert find_stories(folder, cards=[tiny_multi], most=4).images == 3  # two benign of nine, and the only other


def test_an_image_that_cannot_be_read_keeps_nobody_from_the_others(tmp_path, tiny_multi):
    folder = labelled(tmp_path, ("benign", ""), ("malignant", ""), ("malignant", ""))
    (folder / "secret1.png").write_bytes(b"no picture")
    assert find_stories(folder, cards=[tiny_multi]).images == 2


def test_of_files_without_labels_nobody_knows_what_is_true(tmp_path, tiny_multi, tiny_model):
    write_phantom("breast_ultrasound_benign", tmp_path / "one")
    write_phantom("orientation_axial", tmp_path / "two")
    found = find_stories(tmp_path, cards=[tiny_multi, tiny_model])
    assert found.images == 2
    assert (found.missing["hit"], found.missing["miss"]) == ("no_truth", "no_truth")
    refusal = next(story for story in found.stories if story.kind == "refusal")
    assert refusal.scene.series.modality == "MR"
    assert refusal.positive is None


def test_a_folder_that_asks_for_something_else_is_told(tmp_path, tiny_multi):
    with pytest.raises(NotApplicableError, match="those of an installed model"):
        find_stories(labelled(tmp_path, ("cat", ""), ("dog", "")), cards=[tiny_multi])


def test_a_folder_that_is_not_there_or_is_empty_is_told(tmp_path, tiny_multi):
    with pytest.raises(UnreadableFileError, match="must name a folder") as caught:
        find_stories(tmp_path / "secret", cards=[tiny_multi])
    assert "secret" not in str(caught.value)
    with pytest.raises(UnreadableFileError, match="one image"):
        find_stories(tmp_path, cards=[tiny_multi])


def test_it_can_be_stopped(tmp_path, tiny_multi):
    def stop(done, total, text):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        find_stories(labelled(tmp_path, ("benign", ""), ("malignant", "")), cards=[tiny_multi], progress=stop)


@pytest.mark.parametrize(("value", "name"), [("", None), ("  ", None), ("/data/cases", "cases")])
def test_the_folder_is_named_by_the_environment(monkeypatch, value, name):
    monkeypatch.setenv("MEDIMG_DEMO_DATA", value)
    folder = demo_folder()
    assert (None if folder is None else folder.name) == name
