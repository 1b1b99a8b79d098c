const METHODS = ['GET', 'GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']
const RESOURCES = ['orders', 'customers', 'invoices', 'sessions', 'products', 'shipments']
const STATUSES = [200, 200, 200, 200, 200, 201, 204, 304, 400, 401, 404, 500, 503]
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5',
  'curl/8.9.1',
  'okhttp/4.12.0',
  'Prometheus/2.53.1',
]
const NOTES = [
  'request completed',
  'cache miss, read from the replica',
  'retried after a timeout of the upstream',
  'token refreshed',
  'rate limit close',
]
const START_MS = Date.UTC(2026, 0, 1)
const MAX_GAP_MS = 40

/**
 * Endless lines as a web service logs them: the same words again and again, with times, ids,
 * addresses and durations that differ. The same seed gives the same lines.
 * @param {number} seed a whole number other than 0
 * @returns {Generator<string, never>}
 */
export function* logLines(seed) {
  const below = randomBelow(seed)
  const oneOf = (/** @type {readonly (string | number)[]} */ list) => list[below(list.length)]
  let timeMs = START_MS
  while (true) {
    timeMs += below(MAX_GAP_MS)
    const resource = oneOf(RESOURCES)
    yield `${new Date(timeMs).toISOString()} INFO web-${below(12)} ` +
      `client=10.${below(4)}.${below(256)}.${below(256)} "${oneOf(METHODS)} ` +
      `/api/v2/${resource}/${below(200_000)}?page=${below(20)}" status=${oneOf(STATUSES)} ` +
      `bytes=${below(60_000)} duration_ms=${below(900)} ` +
      `request_id=${hex(below)}${hex(below)}${hex(below)} agent="${oneOf(AGENTS)}" msg="${oneOf(NOTES)}"\n`
  }
}

/** @param {(limit: number) => number} below */
function hex(below) {
  return below(2 ** 16)
    .toString(16)
    .padStart(4, '0')
}

/**
 * Marsaglia's xorshift with 32 bits of state (Journal of Statistical Software 8(14), 2003).
 * @param {number} seed
 * @returns {(limit: number) => number} a whole number from 0 to below `limit`
 */
function randomBelow(seed) {
  let state = seed
  return (limit) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
