// Finds the frames that arrived in the receipts of what was sent; bonaface/marks/receipts/match.py has
// the same rules. A frame is known by its digest and by its place: RTP time and the session's time
// differ by one offset, which is learnt from three frames that agree; a frame may be a little late.

const TICKS = {audio: 48000, video: 90000}; // a second
const SETTLED = 3000; // ms after which a frame that came is in a receipt, if it ever is
const KEPT = 8000; // ms for which a frame that was sent may still come
const AGREE = 3; // frames that teach an offset
const MOVES = 3; // times that a relay may change it
const TOLERANCE = 10; // ms: pictures are 16 ms apart or more, sound 20
const BEHIND = 250; // ms
const PENDING = 2000; // frames that wait for their receipt, at most
const VOTES = 16;

/** @typedef {{kind: string, rtp: number, digest: string, at: number}} Arrived at in ms, by the sender's clock */

/** The frames of one kind. */
export class Match {
  /** @param {"audio" | "video"} kind */
  constructor(kind) {
    this.hz = TICKS[kind];
    this.kind = kind;
    this.counts = {checked: 0, lost: 0, strange: 0, untold: 0, last: null, listed: null};
    this.offset = null;
    this.moves = 0;
    this.expected = new Map(); // lists of frames by digest
    this.order = [];
    this.pending = [];
    this.votes = [];
    this.found = []; // [pts, name of the track], in the order of pts
    this.excused = 0; // ms until which a frame may be in a receipt that never came
  }

  /** @param {Arrived} frame */
  arrive(frame) {
    if (!this.#find(frame, null)) this.pending = [...this.pending.slice(1 - PENDING), frame];
  }

  /** @param {import("./receipt.js").Receipt} receipt @param {{first: boolean, missing: number}} how */
  expect(receipt, {first, missing}) {
    for (const track of receipt.sent.filter(({kind}) => kind === this.kind)) {
      this.#add(track, receipt.issued);
      this.counts.listed = receipt.issued;
    }
    if (first || missing) this.excused = receipt.issued + (missing > 0 ? SETTLED : 0);
    this.#settle(receipt.issued);
    this.#judge(receipt.issued);
    this.#forget(receipt.issued);
  }

  #add({codec, bits, frames}, issued) {
    for (const {pts, digest} of frames) {
      const one = {track: `${codec} ${bits}`, pts, digest, issued, found: false};
      if (this.expected.has(digest)) this.expected.get(digest).push(one);
      else this.expected.set(digest, [one]);
      this.order.push(one);
    }
  }

  /** Look again for those that wait, as often as that teaches another offset. */
  #settle(issued) {
    let moves = -1;
    while (moves !== this.moves) {
      moves = this.moves;
      this.pending = this.pending.filter((frame) => !this.#find(frame, issued));
    }
  }

  /** A frame votes as it comes, or with the receipt issued now that lists it. */
  #find(frame, issued) {
    const open = (this.expected.get(frame.digest) ?? []).filter((one) => !one.found);
    let one = this.#place(frame, open);
    if (one && this.offset !== null) {
      this.votes = []; // the offset holds: who is elsewhere is not at its place
    } else if (open.length === 1 && (issued === null || issued === open[0].issued)) {
      this.#vote(frame.digest, frame.rtp - open[0].pts);
      one = this.#place(frame, open);
    }
    if (!one) return false;
    one.found = true;
    this.counts.checked += 1;
    this.counts.last = Math.max(this.counts.last ?? 0, frame.at);
    this.found.splice(place(this.found, one.pts), 0, [one.pts, one.track]);
    return true;
  }

  /** The one of several alike whose place in time is this frame's. */
  #place(frame, open) {
    if (this.offset === null) return open[0];
    const late = new Map(open.map((one) => [one, this.#apart(frame.rtp - one.pts, this.offset)]));
    const fits = open.filter((one) => late.get(one) >= -TOLERANCE && late.get(one) <= BEHIND);
    return fits.sort((one, other) => Math.abs(late.get(one)) - Math.abs(late.get(other)))[0];
  }

  /** From one offset to another, ms; RTP counts in 32 bits. */
  #apart(one, other) {
    const [half, whole] = [2 ** 31, 2 ** 32];
    const ticks = ((((one - other + half) % whole) + whole) % whole) - half;
    return (ticks * 1000) / this.hz;
  }

  #vote(digest, offset) {
    if (!this.votes.some((vote) => vote.digest === digest && vote.offset === offset)) {
      this.votes = [...this.votes.slice(1 - VOTES), {digest, offset}];
    }
    const agreeing = new Set(this.votes.filter((vote) => Math.abs(this.#apart(offset, vote.offset)) <= TOLERANCE).map((vote) => vote.digest));
    if (agreeing.size < AGREE || this.moves > MOVES) return;
    this.offset = offset;
    this.moves += 1;
    this.votes = [];
  }

  /** Those that came long before this receipt was written should have been in one. */
  #judge(issued) {
    const over = this.pending.filter((frame) => frame.at + SETTLED < issued);
    const untold = over.filter((frame) => frame.at <= this.excused).length;
    this.counts.untold += untold;
    this.counts.strange += over.length - untold;
    this.pending = this.pending.filter((frame) => frame.at + SETTLED >= issued);
  }

  #forget(issued) {
    while (this.order.length && this.order[0].issued + KEPT < issued) {
      const one = this.order.shift();
      const same = this.expected.get(one.digest).filter((other) => other !== one);
      if (same.length) this.expected.set(one.digest, same);
      else this.expected.delete(one.digest);
      if (!one.found && this.#between(one)) this.counts.lost += 1;
    }
    if (this.order.length) {
      const oldest = this.order[0].pts - (KEPT * this.hz) / 1000;
      this.found.splice(0, place(this.found, oldest));
    }
  }

  /** Whether the frames that came before and after it are of the same track. */
  #between(one) {
    const at = place(this.found, one.pts);
    const around = this.found.slice(Math.max(0, at - 1), at + 1);
    return around.length === 2 && around.every(([, track]) => track === one.track);
  }
}

/** Where a time belongs among sorted ones. */
function place(found, pts) {
  let [low, high] = [0, found.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[middle][0] < pts) low = middle + 1;
    else high = middle;
  }
  return low;
}
