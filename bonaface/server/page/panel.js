// The live figures: what the server says once a second, and what this browser sees.

/** @type {Record<string, [string, string]>} label and unit of what the server counts */
const NAMES = {
  seconds: ["Live for", "s"],
  pictures: ["Pictures shown", ""],
  dropped: ["Pictures not drawn", ""],
  late: ["Pictures too late", ""],
  sounds: ["Sounds played", ""],
  sounds_late: ["Sounds too late", ""],
  gaps: ["Sounds missing", ""],
  lead: ["Made ahead", "ms"],
  skew_p99: ["Sound against picture, p99", "ms"],
  first_sound: ["Text to sound", "ms"],
  interruption: ["Interruption to silence", "ms"],
  answer: ["Your last word to its first", "ms"],
  camera_dropped: ["Camera pictures skipped", ""],
  microphone_dropped: ["Microphone lost", ""],
};
const KEPT = 60; // seconds on a sparkline

export class Panel {
  /** @param {(id: string) => HTMLElement} part finds an element of the page */
  constructor(part) {
    this.part = part;
    this.rates = [];
    this.trips = [];
    this.before = null;
  }

  get open() {
    return !this.part("figures").hidden;
  }

  /** @param {boolean} on */
  turn(on) {
    this.part("figures").hidden = !on;
    this.part("figures-on").setAttribute("aria-pressed", String(on));
  }

  /** @param {Record<string, unknown>} figures as the server sends them, its stages nested */
  tell(figures) {
    const rows = Object.entries(figures).filter(([, value]) => typeof value === "number");
    const stages = Object.entries(figures.stages ?? {});
    fill(this.part("figures-there"), rows.map(([name, value]) => named(name, value)));
    fill(this.part("figures-stages"), stages.map(([name, value]) => [plain(name), said(value, "ms")]));
    this.part("stages-title").hidden = stages.length === 0;
  }

  /** Read the connection's own counts. @param {RTCPeerConnection | undefined} pc */
  async look(pc) {
    if (!pc || pc.connectionState !== "connected") return;
    const seen = count(await pc.getStats());
    const before = this.before;
    this.before = seen;
    if (!before) return;
    const over = Math.max(0.2, (seen.at - before.at) / 1000);
    const rate = Math.max(0, seen.frames - before.frames) / over;
    const held = seen.emitted - before.emitted;
    const buffer = held > 0 ? ((seen.buffered - before.buffered) / held) * 1000 : 0;
    this.#draw("rate", this.rates, rate, 0, 30);
    this.#draw("trip", this.trips, seen.trip, 0, 50);
    fill(this.part("figures-here"), [
      ["Picture", `${seen.width} × ${seen.height}`],
      ["Waits in the buffer", said(buffer, "ms")],
      ["Sound ahead of picture", seen.skew === null ? "–" : said(seen.skew, "ms")],
      ["Pictures dropped", String(seen.dropped)],
      ["Packets lost", String(seen.lost)],
      ["Comes in", said(Math.max(0, (seen.bytes - before.bytes) * 8) / 1000 / over, "kbit/s")],
    ]);
  }

  #draw(name, values, value, least, most) {
    values.push(value);
    if (values.length > KEPT) values.shift();
    const top = Math.max(most, ...values) * 1.05;
    const x = (i) => (120 * (i + KEPT - values.length)) / (KEPT - 1);
    const y = (v) => 31 - (30 * (v - least)) / (top - least);
    const points = values.map((v, i) => `${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(" ");
    this.part(`spark-${name}`).querySelector("polyline").setAttribute("points", points);
    this.part(`spark-${name}-now`).textContent = value.toFixed(value < 10 && name === "trip" ? 1 : 0);
  }
}

/** @param {RTCStatsReport} report */
function count(report) {
  const seen = {
    at: 0, frames: 0, dropped: 0, lost: 0, bytes: 0, buffered: 0, emitted: 0,
    width: 0, height: 0, trip: 0, skew: null,
  };
  const shown = {};
  report.forEach((one) => {
    if (one.type === "inbound-rtp") {
      seen.at = one.timestamp;
      seen.lost += one.packetsLost ?? 0;
      seen.bytes += one.bytesReceived ?? 0;
      shown[one.kind] = one.estimatedPlayoutTimestamp;
    }
    if (one.type === "inbound-rtp" && one.kind === "video") {
      seen.frames = one.framesDecoded ?? 0;
      seen.dropped = one.framesDropped ?? 0;
      seen.buffered = one.jitterBufferDelay ?? 0;
      seen.emitted = one.jitterBufferEmittedCount ?? 0;
      seen.width = one.frameWidth ?? 0;
      seen.height = one.frameHeight ?? 0;
    }
    if (one.type === "candidate-pair" && one.nominated) seen.trip = (one.currentRoundTripTime ?? 0) * 1000;
  });
  if (shown.audio && shown.video) seen.skew = shown.audio - shown.video;
  return seen;
}

function named(name, value) {
  const [label, unit] = NAMES[name] ?? [plain(name), ""];
  return [label, said(value, unit)];
}

function plain(name) {
  return name.replaceAll(/[_-]/g, " ").replace(/^./, (letter) => letter.toUpperCase());
}

function said(value, unit) {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits)}${unit && `\u202f${unit}`}`;
}

function fill(list, rows) {
  list.replaceChildren(...rows.flatMap(([label, value]) => {
    const term = document.createElement("dt");
    const says = document.createElement("dd");
    term.textContent = label;
    says.textContent = value;
    return [term, says];
  }));
}
