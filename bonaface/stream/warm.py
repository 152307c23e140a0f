"""What takes long only once is done before the first session: compiling, and loading models."""

from functools import partial

import numpy as np

from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import Sound
from bonaface.errors import WeightsError
from bonaface.speech.activity import Activity
from bonaface.speech.synthesize import open_voice
from bonaface.speech.transcribe import Transcriber
from bonaface.stream.own_voice import OwnVoice
from bonaface.stream.performer import Cast, Performer
from bonaface.stream.step import IDLE, QUIET, RATE, STEP, Block, Step
from bonaface.stream.turn import PieceMaker

OPEN = Step(QUIET, Lips(0, np.full(len(LIPS), 0.4, np.float32) * (np.array(LIPS) != "closure")))


def warm_up(cast: Cast) -> tuple[WeightsError, ...]:
    """Run every stage once. Takes seconds; answers which models are missing."""
    missing: list[WeightsError] = []
    performer = Performer(cast)
    for index in range(20):  # shut, then open: teeth and tongue are drawn by code of their own
        list(performer.push(Block(index * STEP, IDLE if index < 5 else OPEN)))
    for task in (partial(_say, cast.voice), _listen, _follow):
        try:
            task()
        except WeightsError as error:
            missing.append(error)
    return tuple(missing)


def _say(voice: str) -> None:
    maker = PieceMaker()
    for utterance in open_voice(voice).push("Good morning."):
        list(maker.push(utterance))


def _listen() -> None:
    noise = Sound(0, np.full(RATE, 0.001, np.float32), RATE)  # silence would not be judged
    list(Activity().push(noise))
    stage = Transcriber()
    list(stage.push(noise))
    list(stage.flush())


def _follow() -> None:
    list(OwnVoice().push(Sound(0, np.zeros(RATE, np.float32), RATE)))
