// What this browser remembers from one visit to the next: choices, never what was said.

const KEY = "bonaface-studio";

/**
 * @typedef {{likeness?: string, voice?: string, manner?: string, size?: string, sound?: boolean,
 *   ownVoice?: boolean, captions?: boolean, captionSize?: string}} Choices
 */

/** The choices, as properties. */
export class Memory {
  constructor() {
    Object.assign(this, JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  }

  /** @param {Choices} change */
  keep(change) {
    Object.assign(this, change);
    localStorage.setItem(KEY, JSON.stringify(this));
  }
}
