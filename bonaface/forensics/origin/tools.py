"""Programs and devices that leave their name in files, and in which field. Only what is documented.

Sources: the programs' own source or manuals, and readers that list them: AUTOMATIC1111's
`parameters`, ComfyUI's `prompt` and `workflow`, InvokeAI's three generations of keys, NovelAI and
Fooocus as in stable-diffusion-prompt-reader and sd-parsers; SwarmUI's `sui_image_params` (SwarmUI,
Image.cs); InvokeAI 7 and ComfyUI-VideoHelperSuite write the same keys into MP4; `LvMetaInfo` of
CapCut (its metadata reader). Sora, Veo, Kling, Runway and ElevenLabs have no documented tag of
their own but their C2PA manifests, so none is guessed at here.
"""

import re
from dataclasses import dataclass
from typing import Final

from bonaface.forensics.origin.tags import Tag


@dataclass(frozen=True, slots=True)
class Tool:
    """A program, the fields it writes (lower case), and how the value begins or what it holds."""

    name: str
    fields: frozenset[str]
    holds: re.Pattern[str]

    def wrote(self, tag: Tag) -> bool:
        """Tell whether this tag is one that the program writes."""
        return tag.name.lower() in self.fields and bool(self.holds.search(tag.value))


def _tool(name: str, fields: str, holds: str) -> Tool:
    return Tool(name, frozenset(fields.lower().split()), re.compile(holds))


_NOTES = "parameters usercomment comment description prompt workflow"
_GRAPH = r'"(?:class_type|type)"\s*:\s*"[^"]{0,60}(?:Sampler|Checkpoint|UNETLoader|Diffusion)'
_NAMES = "software creatortool softwareagent encoder encoded_by comment"

# Records of a generation: prompts and settings, in the form that only such a program writes.
GENERATORS: Final = (
    _tool("SwarmUI", _NOTES, r'"sui_image_params"\s*:'),
    _tool("Fooocus", "fooocus_scheme", r"^(?:fooocus|a1111)$"),
    _tool("a Stable Diffusion program", _NOTES, r"(?:^|\n)Steps: \d+, Sampler: "),
    _tool("ComfyUI", _NOTES, _GRAPH),
    _tool("InvokeAI", "invokeai_metadata invokeai_graph sd-metadata", r"^\s*\{"),
    _tool("InvokeAI", "dream", r"-s ?\d+ .*-S ?\d+"),
    _tool("NovelAI", "software", r"^NovelAI$"),
)
# Programs in which people edit, paint, cut or mix. Nearly every published picture met one.
EDITORS: Final = (
    _tool("Adobe Photoshop", _NAMES, r"^Adobe Photoshop"),
    _tool("Adobe Lightroom", _NAMES, r"^Adobe (?:Photoshop )?Lightroom"),
    _tool("Adobe Premiere", _NAMES, r"^Adobe Premiere"),
    _tool("Adobe After Effects", _NAMES, r"^Adobe After Effects"),
    _tool("Adobe Firefly", _NAMES, r"^Adobe Firefly"),
    _tool("GIMP", _NAMES, r"^(?:GIMP|Created with GIMP)"),
    _tool("Shotwell", _NAMES, r"^Shotwell"),
    _tool("CapCut or Jianying", "lvmetainfo", r"^\s*\{"),
    _tool("DaVinci Resolve", _NAMES, r"DaVinci Resolve"),
    _tool("Audacity", _NAMES, r"^Audacity"),
    _tool("Logic Pro", _NAMES, r"^Logic Pro"),
    _tool("EV Capture (a screen recorder)", "comment title", r"^EVCapture|EV录屏"),
)
# What packs and compresses. Real and made files carry the same names.
ENCODERS: Final = (
    _tool("FFmpeg", "encoder comment", r"^Lav[fc]\d"),
    _tool("x264", "x264", r"^x264"),
    _tool("x265", "x265", r"^x265"),
    _tool("HandBrake", "encoder", r"^HandBrake"),
    _tool("LAME", "encoder", r"^LAME"),
    _tool("MKVToolNix", "encoder", r"^mkvmerge"),
    _tool("Chrome, which records what a web page gives it", "encoder", r"^Chrome$"),
    _tool("Apple's media library", "handler_name", r"^Core Media (?:Video|Audio)"),
    _tool("Google (YouTube)", "handler_name encoder", r"^(?:ISO Media file produced by )?Google\b"),
)


def find_tool(tools: tuple[Tool, ...], tag: Tag) -> str:
    """Name the program that wrote a tag; "" where none is known."""
    return next((tool.name for tool in tools if tool.wrote(tag)), "")
