"""What a file is, by its first bytes; names and extensions are never asked."""

import struct
from dataclasses import dataclass

__all__ = ["Sniffed", "sniff"]


@dataclass(frozen=True)
class Sniffed:
    """What the first bytes say.

    Attributes:
        kind: ``"dicom"``, ``"zip"``, ``"gzip"``, ``"nifti"``, ``"raster"`` or ``"other"``.
        name: In words, for a refusal: ``"a PDF document"``.
    """

    kind: str
    name: str


_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"PK\x03\x04", "zip", "a zip archive"),
    (0, b"PK\x05\x06", "zip", "an empty zip archive"),
    (0, b"\x1f\x8b", "gzip", "a gzip file"),
    (0, b"\x89PNG\r\n\x1a\n", "raster", "a PNG image"),
    (0, b"\xff\xd8\xff", "raster", "a JPEG image"),
    (0, b"II*\x00", "raster", "a TIFF image"),
    (0, b"MM\x00*", "raster", "a TIFF image"),
    (344, b"n+1\x00", "nifti", "a NIfTI-1 image"),
    (4, b"n+2\x00\r\n\x1a\n", "nifti", "a NIfTI-2 image"),
    (344, b"ni1\x00", "other", "half of a NIfTI .hdr/.img pair; MedImg reads single .nii or .nii.gz files"),
    (4, b"ni2\x00\r\n\x1a\n", "other", "half of a NIfTI .hdr/.img pair; MedImg reads single .nii or .nii.gz files"),
    (0, b"II+\x00", "other", "a BigTIFF image"),
    (0, b"MM\x00+", "other", "a BigTIFF image"),
    (0, b"GIF8", "other", "a GIF image"),
    (0, b"BM", "other", "a BMP image"),
    (8, b"WEBP", "other", "a WebP image"),
    (0, b"\x00\x00\x00\x0cjP  ", "other", "a bare JPEG 2000 image"),
    (0, b"\xff\x4f\xff\x51", "other", "a bare JPEG 2000 codestream"),
    (0, b"%PDF", "other", "a PDF document"),
    (0, b"7z\xbc\xaf\x27\x1c", "other", "a 7-Zip archive; pack it as zip"),
    (0, b"Rar!", "other", "a RAR archive; pack it as zip"),
    (257, b"ustar", "other", "a tar archive; pack it as zip"),
    (0, b"BZh", "other", "a bzip2 file; pack it as zip"),
    (0, b"\xfd7zXZ\x00", "other", "an xz file; pack it as zip"),
    (0, b"\x28\xb5\x2f\xfd", "other", "a zstd file; pack it as zip"),
    (0, b"NRRD", "other", "an NRRD image"),
    (0, b"ObjectType", "other", "a MetaImage header"),
    (0, b"\x89HDF", "other", "an HDF5 file"),
    (0, b"MATLAB", "other", "a MATLAB file"),
    (0, b"\x93NUMPY", "other", "a NumPy array"),
    (0, b"MZ", "other", "a Windows program"),
    (0, b"\x7fELF", "other", "a program"),
    (0, b"<?xml", "other", "an XML document"),
    (0, b"\x00\x05\x16\x07", "other", "a macOS resource file"),
)


def sniff(head: bytes, size: int) -> Sniffed:
    """Tell what a file is.

    DICOM goes first, because a DICOM preamble may hold the magic of another format (dual-personality
    TIFF, PS3.10 7.1).

    Args:
        head: First bytes of the file, 1024 or all of them.
        size: Size of the whole file, in bytes.

    Examples:
        >>> sniff(b"%PDF-1.7", 8)
        Sniffed(kind='other', name='a PDF document')
    """
    if size == 0:
        return Sniffed("other", "empty: it holds no bytes")
    if head[128:132] == b"DICM":
        return Sniffed("dicom", "a DICOM file")
    for offset, magic, kind, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return Sniffed(kind, name)
    if _starts_like_dicom(head, size):
        return Sniffed("dicom", "a DICOM file without preamble")
    return Sniffed("other", _other_name(head))


def _other_name(head: bytes) -> str:
    if _analyze(head):
        return "an Analyze 7.5 header, which does not say where left is"
    if _is_plain_text(head):
        return "plain text"
    return f"of a kind MedImg does not know (it begins with {head[:4].hex(' ')})"


def _starts_like_dicom(head: bytes, size: int) -> bool:
    """Whether the bytes parse as a first data element, in any of the three encodings."""
    for start in (0, 132):  # a preamble of zeros whose DICM was lost is seen in the wild
        first = head[start : start + 12]
        if len(first) < 8:
            continue
        for order in ("<", ">"):
            group, element = struct.unpack_from(f"{order}HH", first)
            if group not in (0x0002, 0x0004, 0x0008) or element > 0x3010:
                continue
            if first[4:6].isalpha() and first[4:6].isupper():
                return True
            (length,) = struct.unpack_from(f"{order}I", first, 4)
            if order == "<" and (length <= min(size, 1024) or length == 0xFFFFFFFF) and length % 2 == 0:
                return True
    return False


def _analyze(head: bytes) -> bool:
    return len(head) >= 348 and struct.pack("<i", 348) in (head[:4], head[3::-1]) and head[344:348] == b"\0\0\0\0"


def _is_plain_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    if len(text.encode()) < len(head) - 3:  # more is lost than a character cut at the end: not UTF-8
        text = head.decode("latin-1")
    return sum(character.isprintable() or character in "\t\r\n" for character in text) > 0.97 * len(text)
