// Talking to the server: JSON over HTTP, refusals as sentences, a token where one is asked for.

/** A "no" from the server, in its own words. */
export class Refusal extends Error {
  /**
   * @param {string} message what is wrong
   * @param {{remedy?: string, status?: number, retryAfter?: number}} [more]
   *   retryAfter in seconds; status 0 where no answer came at all
   */
  constructor(message, {remedy = "", status = 0, retryAfter = 0} = {}) {
    super(message);
    this.remedy = remedy;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  get sentence() {
    return `${this.message} ${this.remedy}`.trim();
  }
}

const KEY = "bonaface-token";
/** @type {(() => Promise<void>) | null} asks the person for a token; set by the Studio */
let askForToken = null;

/** @param {() => Promise<void>} ask */
export function whenTokenNeeded(ask) {
  askForToken = ask;
}

/** @param {string} token */
export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** @returns {Record<string, string>} */
export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token ? {Authorization: `Bearer ${token}`} : {};
}

/**
 * Send a request; answers the response, or throws a Refusal.
 * @param {string} method
 * @param {string} path
 * @param {{json?: object, body?: BodyInit, type?: string, wait?: number, keepalive?: boolean}} [what]
 *   wait in milliseconds, after which no answer counts as none
 * @returns {Promise<Response>}
 */
export async function send(method, path, what = {}) {
  const response = await reach(method, path, what);
  if (response.status === 401 && askForToken) {
    await askForToken();
    return send(method, path, what);
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

/** Send a request and read its JSON. @returns {Promise<any>} */
export async function ask(method, path, json = undefined) {
  const response = await send(method, path, json === undefined ? {} : {json});
  return response.status === 204 ? null : response.json();
}

/** A picture as an address that <img> can show, also where a token is needed. */
export async function picture(path) {
  if (!sessionStorage.getItem(KEY)) return path;
  return URL.createObjectURL(await (await send("GET", path)).blob());
}

async function reach(method, path, {json, body, type, wait = 15000, keepalive = false}) {
  const headers = authorization();
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (type) headers["Content-Type"] = type;
  try {
    return await fetch(path, {
      method,
      headers,
      keepalive,
      body: json === undefined ? body : JSON.stringify(json),
      signal: AbortSignal.timeout(wait),
    });
  } catch (cause) {
    throw new Refusal("The server does not answer.", {
      remedy: "It may be starting again; or check that it runs: bonaface serve",
      cause,
    });
  }
}

async function refusal(response) {
  const said = await response.json().catch(() => ({}));
  const message = said.error ?? said.reason ?? `The server refused (${response.status}).`;
  return new Refusal(message, {
    remedy: said.remedy ?? "",
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}
