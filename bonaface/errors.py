"""Everything that bonaface raises on purpose.

BonafaceError                 something a user can act on; the message says how
├── WeightsError
│   ├── WeightsMissing        a model is not on this machine; names the command that fetches it
│   ├── WeightsDamaged        its bytes are not those that were pinned
│   ├── DetectorRefused       a published detector is of no kind that can be run here
│   └── FetchFailed           the network, the index or the disk refused
├── MediaError
│   ├── UnreadableMedia       broken, empty, hostile or not what it claims to be
│   └── UnwritableMedia       no permission, no space, no such folder
├── PortraitRefused           no likeness can be made from this photo
├── SpeechError               nothing to say, or a voice that is not there
├── MindError
│   ├── ScenarioInvalid       a scenario that makes no sense; names the line
│   └── MindUnreachable       a chat endpoint that is silent, refuses or breaks off
├── ConsentError
│   ├── ConsentMissing        no record was given
│   ├── ConsentInvalid        unsigned, altered, or unreadable
│   └── ConsentDenied         expired, revoked, or for another portrait or purpose
├── MarkError
│   ├── Unmarked              an exit was offered something that carries no mark
│   ├── CredentialsError      credentials could not be made or signed
│   ├── ResolverFailed        a server of manifests is silent, refuses or makes no sense
│   └── ReceiptRefused        a receipt of a live call proves nothing; has a reason
├── KeysError                 a private file could not be made, read or kept private
├── RequestRefused            the server does not do what was asked; has an HTTP status
└── SettingsError             an option or environment variable makes no sense

Those that a caller may want to treat as a builtin inherit it too.
"""


class BonafaceError(Exception):
    """Something a user can act on. `remedy` is the command or the step that helps."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message} {self.remedy}".strip()


class WeightsError(BonafaceError):
    """A model file is not usable."""


class WeightsMissing(WeightsError, FileNotFoundError):
    """A model is not on this machine."""

    def __init__(self, name: str) -> None:
        remedy = f"Run: bonaface models fetch {name}"
        super().__init__(f"The model {name!r} is not on this machine.", remedy)


class WeightsDamaged(WeightsError, ValueError):
    """The bytes of a model file are not those that were pinned."""


class DetectorRefused(WeightsError, ValueError):
    """A published detector is damaged, or of no kind that can be run here."""


class FetchFailed(WeightsError, OSError):
    """A model could not be fetched."""


class MediaError(BonafaceError):
    """A media file could not be read or written."""


class UnreadableMedia(MediaError, ValueError):
    """Broken, empty, hostile, or not what it claims to be."""


class UnwritableMedia(MediaError, OSError):
    """The result could not be written."""


class PortraitRefused(BonafaceError, ValueError):
    """No likeness can be made from this photo; the message says why and what to do."""


class SpeechError(BonafaceError, ValueError):
    """Nothing to say, or a voice that is not there."""


class MindError(BonafaceError):
    """A mind cannot answer."""


class ScenarioInvalid(MindError, ValueError):
    """A scenario that makes no sense; the message names the line."""


class MindUnreachable(MindError, ConnectionError):
    """A chat endpoint that is silent, refuses or breaks off."""


class ConsentError(BonafaceError, PermissionError):
    """There is no yes for this face, and so no face."""


class ConsentMissing(ConsentError):
    """No consent record was given."""


class ConsentInvalid(ConsentError):
    """The record is unsigned, altered, or unreadable."""


class ConsentDenied(ConsentError):
    """The record is expired, revoked, or for another portrait or purpose."""


class MarkError(BonafaceError):
    """A mark could not be made; nothing leaves without one."""


class Unmarked(MarkError, TypeError):
    """An exit was offered something that carries no mark."""


class CredentialsError(MarkError):
    """Credentials could not be made, signed or read."""


class ResolverFailed(MarkError):
    """A server that was asked for a manifest did not answer as it should."""


class ReceiptRefused(MarkError):
    """A receipt of a live call proves nothing. `reason` is a slug of docs/receipts.md."""

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason


class KeysError(BonafaceError):
    """A private file could not be made, read or kept private."""


class RequestRefused(BonafaceError):
    """The server does not do what was asked.

    `status` is of RFC 9110, `reason` a slug for programs, `wait` seconds after which to ask again.
    """

    def __init__(
        self, status: int, message: str, remedy: str = "", reason: str = "", wait: int | None = None
    ) -> None:
        super().__init__(message, remedy)
        self.status, self.reason, self.wait = status, reason, wait


class SettingsError(BonafaceError, ValueError):
    """An option or environment variable makes no sense."""
