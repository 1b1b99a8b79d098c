/**
 * Of all bytes, what has arrived when it happens. A direct path is looked for after three seconds; if
 * it comes later than that, after 24.
 * @type {Record<NonNullable<import('./nat-cells.mjs').Cell['meanwhile']>, number>}
 */
const SHARES = { 'kill the relay': 1 / 4, 'let UDP out': 1 / 16 }

/**
 * @typedef {object} Scene
 * @property {import('./nat-network.mjs').NatNetwork} network
 * @property {import('./nat-network.mjs').Machines} machines
 * @property {import('./nat-transfer.mjs').Parcel} parcel
 */

/** What happens to the network in the middle of a transfer. */
export class Disturbance {
  #isDone = false
  #what
  #scene
  /** @type {number[]} */
  #killed = []

  /**
   * @param {NonNullable<import('./nat-cells.mjs').Cell['meanwhile']>} what
   * @param {Scene} scene
   */
  constructor(what, scene) {
    this.#what = what
    this.#scene = scene
  }

  /**
   * Looks at the receiver's progress.
   * @param {import('./nat-network.mjs').Side} side
   * @param {import('./linked-program.mjs').Event} event
   */
  onEvent = (side, { event, bytes }) => {
    if (side !== 'bob' || event !== 'progress' || this.#isDone) return
    if (Number(bytes) < SHARES[this.#what] * this.#scene.parcel.bytes) return
    this.#isDone = true
    if (this.#what === 'let UDP out') this.#scene.machines.unblock('alice')
    else this.#killed = this.#scene.network.server.kill('turnserver')
  }

  /** What did not come about. */
  unmet() {
    if (!this.#isDone) return ['it was over before anything happened to it']
    if (this.#what === 'let UDP out') return []
    const now = this.#scene.network.server.processes('turnserver')
    const isRestarted = this.#killed.length > 0 && now.some((pid) => !this.#killed.includes(pid))
    return isRestarted ? [] : ['the relay must be started again']
  }
}
