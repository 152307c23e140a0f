// A worker that looks at coded frames on their way to the decoder and tells their digests. Frames are
// passed on first, untouched, and nothing here can hold them up.

import {digestFrame} from "./digest.js";

addEventListener("rtctransform", ({transformer}) => {
  const look = new TransformStream({
    transform(frame, way) {
      const note = copy(frame, transformer.options.kind);
      way.enqueue(frame);
      if (note) tell(note);
    },
  });
  transformer.readable.pipeThrough(look).pipeTo(transformer.writable).catch(() => {}); // closed
});

/** What is told of a frame; its data is gone once it is passed on. */
function copy(frame, kind) {
  try {
    const {rtpTimestamp = frame.timestamp, mimeType = ""} = frame.getMetadata();
    const data = new Uint8Array(frame.data.slice(0));
    return {kind, rtp: rtpTimestamp, codec: codec(kind, mimeType, data), data, at: performance.timeOrigin + performance.now()};
  } catch {
    return null; // what cannot be read is found in no receipt, and so not believed either
  }
}

function codec(kind, mimeType, data) {
  if (kind === "audio") return "OPUS";
  if (mimeType) return mimeType.split("/")[1].toUpperCase();
  // An H.264 byte stream begins with a start code, a frame of VP8 cannot (RFC 6386, section 9.1).
  return data[0] === 0 && data[1] === 0 && data[2] <= 1 ? "H264" : "VP8";
}

async function tell({kind, rtp, codec, data, at}) {
  postMessage({kind, rtp, at, digest: await digestFrame(codec, data)});
}
