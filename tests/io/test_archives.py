import gzip
import io
import stat
import zipfile
import zlib

import pytest

from medimg_core.errors import InputError, LimitError, UnreadableFileError, UnsafeArchiveError, UnsupportedFileError
from medimg_core.io import Limits, open_study
from medimg_core.io.archives import Allowance, gunzip, inflate_raw, zip_members
from medimg_core.io.contents import Content
from tests.io import made

MEBIBYTE = 2**20


def archive(*members: tuple[zipfile.ZipInfo | str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members:
            file.writestr(name, data, compress_type=method)
    return buffer.getvalue()


def read(data: bytes, **limits: int) -> dict[str, bytes | str]:
    members = zip_members(Content.of(data), Allowance(Limits(**limits)))
    return {member.name: member.data if member.reason is None else str(member.reason) for member in members}


def test_members_come_with_their_bytes():
    assert read(archive(("a", b"1"), ("folder/", b""), ("folder/b", b"22"))) == {"a": b"1", "folder/b": b"22"}


@pytest.mark.parametrize("name", ["../out", "a/../../out", "/etc/passwd", "..\\out", "C:\\out", "\\\\server\\out"])
def test_traversal_is_refused_and_the_rest_read(name):
    entry = zipfile.ZipInfo("placeholder")
    entry.filename = name
    got = read(archive((entry, b"bad"), ("good", b"ok")))
    assert got.pop("good") == b"ok"
    (reason,) = got.values()
    assert reason == "a member's name must stay inside the archive; this one points outside it"


def test_symbolic_link_is_refused():
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert read(archive((entry, b"/etc/passwd"))) == {
        "link": "an archive member must be a file; this one is a symbolic link"
    }


def test_encrypted_member_is_refused():
    data = bytearray(archive(("secret", b"x"), method=zipfile.ZIP_STORED))
    data[6] |= 1  # the flag in the local header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the list of members
    assert read(bytes(data)) == {"secret": "the archive member is encrypted; unpack it with its password first"}


@pytest.mark.parametrize("name", ["__MACOSX/._a.dcm", ".DS_Store", "folder/Thumbs.db"])
def test_system_files_are_refused_by_name(name):
    (reason,) = read(archive((name, b"x"))).values()
    assert "operating system" in reason


@pytest.mark.parametrize(("method", "named"), [(zipfile.ZIP_BZIP2, "bzip2"), (zipfile.ZIP_LZMA, "LZMA")])
def test_only_stored_and_deflated_members_are_read(method, named):
    data = archive(("bomb", bytes(64 * MEBIBYTE)), method=method)
    allowance = Allowance(Limits())
    (member,) = zip_members(Content.of(data), allowance)
    assert isinstance(member.reason, UnsupportedFileError)
    assert str(member.reason) == f"a zip member must be stored or deflated; this one is compressed with {named}"
    assert allowance.expanded == 0


def test_a_damaged_lzma_member_does_not_escape_the_door():
    data = bytearray(archive(("a", b"some content" * 9), method=zipfile.ZIP_LZMA))
    data[45:60] = b"\xff" * 15
    opened = open_study([("a.zip", bytes(data))])
    assert "compressed with LZMA" in opened.refused[0].reason


def test_bomb_is_stopped_while_reading_and_nothing_after_it_is_read():
    bomb = archive(("before", b"1"), ("bomb", bytes(64 * MEBIBYTE)), ("after", b"2"))
    got = read(bomb)
    assert got["before"] == b"1"
    assert got["bomb"] == "the archive expands to more than 200 times its size, as archives made to do harm do"
    assert got["after"].startswith("not read, because the archive expands")


def test_a_lying_header_does_not_help_a_bomb():
    data = bytearray(archive(("bomb", bytes(64 * MEBIBYTE))))
    for marker, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(marker) + offset
        data[place : place + 4] = (1000).to_bytes(4, "little")
    (reason,) = read(bytes(data)).values()
    assert isinstance(reason, str)


def test_blank_slices_compress_well_and_are_no_bomb():
    assert len(read(archive(("blank", bytes(8 * MEBIBYTE))))["blank"]) == 8 * MEBIBYTE


def test_total_expansion_is_limited():
    got = read(archive(("a", bytes(600)), ("b", bytes(600)), ("c", bytes(600))), decompressed_bytes=1000)
    assert got["a"] == bytes(600)
    assert got["b"] == "archives may expand to at most 1,000 bytes in one drop"
    assert got["c"].startswith("not read, because archives may expand")


def test_members_are_limited():
    with pytest.raises(LimitError, match="at most 2 members, got 3"):
        read(archive(("a", b""), ("b", b""), ("c", b"")), members=2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04 and then nothing", "list of members cannot be read"),
        (archive(), "holds no files"),
        (archive(("a", b"1"))[:-10], "list of members cannot be read"),
    ],
    ids=["no list", "empty", "cut short"],  # an archive holds the time, a name must not
)
def test_damaged_archives(data, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        read(data)


def test_damaged_member_leaves_the_others():
    data = bytearray(archive(("a", bytes(range(256)) * 4), ("b", b"good")))
    data[40:60] = bytes(20)
    got = read(bytes(data))
    assert got == {"a": "the archive member is damaged: it cannot be decompressed", "b": b"good"}


@pytest.mark.parametrize("expand", [gunzip, inflate_raw])
def test_streams(expand):
    content = bytes(range(256)) * 5000
    packer = zlib.compressobj(wbits=31 if expand is gunzip else -15)
    packed = packer.compress(content) + packer.flush()
    assert expand(packed, Allowance(Limits())) == content
    with pytest.raises(UnreadableFileError, match="ends too early"):
        expand(packed[: len(packed) // 2], Allowance(Limits()))
    with pytest.raises(LimitError, match="expand to at most"):
        expand(packed, Allowance(Limits(decompressed_bytes=1000)))
    with pytest.raises(UnreadableFileError, match="damaged"):
        expand(packed[:10] + b"\xff" * 40, Allowance(Limits()))


def test_gzip_of_several_parts_and_a_gzip_bomb():
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two"), Allowance(Limits())) == b"one two"
    with pytest.raises(UnsafeArchiveError, match="200 times"):
        gunzip(gzip.compress(bytes(64 * MEBIBYTE)), Allowance(Limits()))


def test_nesting_is_limited():
    data = made.packed(made.ct_slice())
    for depth in range(5):
        data = archive((f"level{depth}.zip" if depth else "slice.dcm", data))
    deep = open_study([("a.zip", data)])
    assert not deep.studies
    assert deep.refused[0].reason == "archives may be nested 3 deep; this one lies deeper"
    assert len(open_study([("a.zip", data)], limits=Limits(nesting=5)).studies) == 1


def test_deflated_dicom_is_expanded_under_the_limits():
    data = made.ct_slice(rows=500, columns=500)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    packed = made.packed(data)
    assert len(open_study([("x", packed)]).studies) == 1
    opened = open_study([("x", packed)], limits=Limits(decompressed_bytes=1000))
    assert opened.refused[0].reason == "archives may expand to at most 1,000 bytes in one drop"


def test_refusals_are_input_errors():
    assert all(issubclass(kind, InputError) for kind in (LimitError, UnsafeArchiveError, UnreadableFileError))
