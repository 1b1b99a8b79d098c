/**
 * What one transfer took.
 * @typedef {object} Run
 * @property {number} bytes
 * @property {number | undefined} [seconds] the transfer alone, where the program tells it
 * @property {number} totalSeconds from the start of both sides to both exits
 * @property {number | undefined} cpuSeconds user and system time of both sides and of the servers
 *   between them; undefined where /proc is missing
 * @property {{ sender?: number | undefined, receiver?: number | undefined }} peakBytes resident
 *   memory; undefined where /proc is missing
 */

/**
 * A way to move a file from one process to another on this machine.
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} about its version, and what one must know to compare it
 * @property {boolean} [takesTrees] whether it can move a directory
 * @property {boolean} saves whether it leaves `target` behind; what does not is no more than a line
 * @property {(file: string, target: string, signal: AbortSignal) => Promise<Run>} run
 * @property {() => Promise<void>} close ends its servers
 */

/**
 * Where a contender may work and look for its program.
 * @typedef {object} Place
 * @property {string} directory of its own, removed at the end
 * @property {string | undefined} peersDirectory what install-peers.mjs filled
 */

export {}
