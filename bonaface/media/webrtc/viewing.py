"""The pictures one peer gets: from the feed of its codec and rung, beginning with a key picture."""

from collections.abc import Callable
from dataclasses import replace

from bonaface.marks.marked import MarkedPicture
from bonaface.media.webrtc.codecs import Encoded, PictureCodec
from bonaface.media.webrtc.feeds import Feeds, PictureFeed
from bonaface.media.webrtc.rate import Rung


class Viewing:
    """Follows one feed; changes to another when that has a key picture, so that none is missed.

    `put` takes each coded picture, and answers False when it lost some before.
    """

    def __init__(self, feeds: Feeds, codec: PictureCodec, put: Callable[[Encoded], bool]) -> None:
        self.codec: PictureCodec = codec
        self._feeds, self._put = feeds, put
        self._feed: PictureFeed | None = None
        self._next: PictureFeed | None = None
        self._awaits_key = False
        self._last_pts = -1

    def show(self, picture: MarkedPicture) -> None:
        """Have a picture encoded, unless another viewer already has."""
        for feed in (self._feed, self._next):
            if feed is not None:
                feed.show(picture)

    def follow(self, rung: Rung) -> None:
        """Change to another rung."""
        leads = self._next or self._feed
        if leads is not None and leads.rung == rung:
            return
        self._drop_next()
        if self._feed is not None and self._feed.rung == rung:
            return
        self._next = self._feeds.pictures(self.codec, rung)
        self._next.takers.add(self._change_over)
        self._next.ask_key()

    def _change_over(self, picture: Encoded) -> None:
        if not picture.key or self._next is None:
            return
        fresh = self._next
        self.stop()
        self._feed, self._awaits_key = fresh, False
        fresh.takers.add(self._take)
        self._take(picture)

    def _take(self, picture: Encoded) -> None:
        if self._awaits_key and not picture.key:
            return
        self._awaits_key = False
        if picture.pts <= self._last_pts:
            # both feeds coded the picture of the change; one time must not name two pictures
            picture = replace(picture, pts=self._last_pts + 1)
        self._last_pts = picture.pts
        if not self._put(picture):
            self._awaits_key = True
            self.ask_key()

    def ask_key(self) -> None:
        """The viewer cannot go on without a key picture."""
        if self._feed is not None:
            self._feed.ask_key()

    def stop(self) -> None:
        """Nobody watches."""
        self._drop_next()
        if self._feed is not None:
            self._feed.takers.discard(self._take)
            self._feed = None

    def _drop_next(self) -> None:
        if self._next is not None:
            self._next.takers.discard(self._change_over)
            self._next = None

    @property
    def dropped(self) -> int:
        """Pictures of the feed that came faster than they could be encoded."""
        return self._feed.dropped if self._feed is not None else 0
