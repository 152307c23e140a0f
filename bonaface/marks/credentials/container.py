"""What kind of file is this, by its first bytes? A name may lie; the reader needs the truth."""

from pathlib import Path

HEAD = 64  # bytes that are enough
_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
)
_RIFF = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/avi"}
_BRANDS = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}
_MP3 = (0xE2, 0xF2, 0xFA)  # second byte of a frame: MPEG 2.5, 2 and 1, layer 3; unprotected


def sniff(head: bytes) -> str | None:
    """Tell the MIME type of a file that can carry C2PA credentials; None for any other."""
    for start, mime in _STARTS:
        if head.startswith(start):
            return mime
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xFE in _MP3:
        return "audio/mpeg"
    return None


def sniff_file(path: Path) -> str | None:
    """Tell the MIME type of a file, as `sniff`. Raises OSError."""
    with path.open("rb") as file:
        return sniff(file.read(HEAD))
