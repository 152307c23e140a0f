"""The digital source types of the IPTC in words (cv.iptc.org/newscodes/digitalsourcetype).

Cameras, generators and editors write them into XMP and into C2PA actions alike. The words follow
the definitions of the vocabulary; C2PA 2.4, section 18.15, adds one term of its own.
"""

from typing import Final

BY_AI: Final = frozenset(
    {
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "trainedAlgorithmicData",
    }
)
BY_CAMERA: Final = frozenset({"digitalCapture", "computationalCapture"})
_WORDS = {
    "trainedAlgorithmicMedia": "AI generated it",
    "compositeWithTrainedAlgorithmicMedia": "AI edited it",
    "compositeSynthetic": "it was put together, and AI generated at least one part of it",
    "trainedAlgorithmicData": "AI generated data for it",
    "digitalCapture": "a digital camera or recorder took it from life",
    "computationalCapture": "a device computed it from several exposures taken from life",
    "negativeFilm": "it was digitised from a film negative",
    "positiveFilm": "it was digitised from a film positive",
    "print": "it was digitised from a print or another opaque medium",
    "humanEdits": "a person edited it without generative AI",
    "minorHumanEdits": "a person made small edits to a recording",
    "compositeCapture": "it was put together from several recordings taken from life",
    "composite": "it was put together from several parts",
    "algorithmicallyEnhanced": "an algorithm enhanced it",
    "dataDrivenMedia": "it was drawn from data",
    "digitalArt": "a person made it with digital tools",
    "digitalCreation": "a person made it with digital tools",
    "virtualRecording": "it is a recording of a virtual scene",
    "algorithmicMedia": "an algorithm that was not trained on samples made it",
    "screenCapture": "it was captured from a screen",
    "softwareImage": "software made it",
}


def term(value: str) -> str:
    """Take the term of a source type that is written as address, as QCode or bare; "" for none."""
    found = value.strip().rstrip("/").rpartition("/")[2].rpartition(":")[2]
    return found if found in _WORDS else ""


def describe_source(value: str) -> str:
    """Say a source type in words, to go on after "that"; "" for one that is not known."""
    return _WORDS.get(term(value), "")
