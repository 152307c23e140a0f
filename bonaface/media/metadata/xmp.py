"""XMP packets (ISO 16684-1): the few properties that say how something was made.

Expat reads them as a stream. A document type ends the reading, so there are no entities but the
five of XML: nothing expands and nothing is fetched. Only what the packet says of the file itself
is taken, never what it says of ingredients, but for the programs in its history.
"""

from contextlib import suppress
from typing import Final
from xml.parsers import expat

from bonaface.forensics.origin.tags import LONGEST, Tag

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ "
_WANTED: Final = frozenset(
    {
        *(_IPTC + name for name in ("DigitalSourceType", "DigitalSourcefileType", "AISystemUsed")),
        "http://www.tc260.org.cn/ns/AIGC/1.0/ AIGC",
        "http://ns.adobe.com/xap/1.0/ CreatorTool",
        "http://ns.adobe.com/photoshop/1.0/ Credit",
        "http://ns.adobe.com/exif/1.0/ UserComment",
        *("http://ns.adobe.com/tiff/1.0/ " + name for name in ("Make", "Model", "Software")),
    }
)
_AGENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent# softwareAgent"
_DEEPEST, _MOST = 64, 50  # elements in elements; tags


class _Refused(Exception):
    """Whatever this is, it is no XMP packet as anybody writes it."""


def read_xmp(packet: bytes) -> tuple[Tag, ...]:
    """Read a packet; of a broken or hostile one, what came before that."""
    reader = _Reader()
    # what was read until then is in the file all the same
    with suppress(expat.ExpatError, _Refused, ValueError, LookupError):
        reader.parser.Parse(packet.strip(b"\0 \r\n\t"), True)
    return tuple(reader.tags)


class _Reader:
    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._read
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > _DEEPEST or len(self.tags) > _MOST:
            raise _Refused
        if self._is_property():
            self._text, self._length = [attributes.get(f"{_RDF}resource", "")], 0
        for key, value in attributes.items():
            if key == _AGENT or (key in _WANTED and self._is_description(len(self._path))):
                self._keep(key, value)

    def _end(self, name: str) -> None:
        if self._is_property():
            self._keep(name, "".join(self._text))
        self._path.pop()

    def _read(self, text: str) -> None:
        if self._length < LONGEST:
            self._text.append(text)
            self._length += len(text)

    def _is_description(self, depth: int) -> bool:
        """Whether the element at a depth is a description of the file itself."""
        return self._path[depth - 2 : depth] == [f"{_RDF}RDF", f"{_RDF}Description"]

    def _is_property(self) -> bool:
        name, depth = self._path[-1], len(self._path)
        return name == _AGENT or (name in _WANTED and self._is_description(depth - 1))

    def _keep(self, name: str, value: str) -> None:
        if value.strip():
            self.tags.append(Tag("XMP", name.rpartition(" ")[2], value.strip()[:LONGEST]))


def _refuse(*_: object) -> None:
    raise _Refused
