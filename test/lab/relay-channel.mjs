import { spawn } from 'node:child_process'
import { BARE_CHANNEL_END, channelResult } from '../bench/contenders/bare-channel.mjs'
import { startProcess, stopProcess } from './processes.mjs'

const LIMIT_MS = 60_000

/**
 * How fast the engine alone gets data from Alice to Bob: one data channel, no file on either side.
 * @param {import('./nat-network.mjs').Machines} machines
 * @param {number} bytes
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<number>} bytes a second
 */
export async function relayChannel(machines, bytes, iceServers) {
  const start = (/** @type {'alice' | 'bob'} */ side, /** @type {string} */ role) => {
    const end = [BARE_CHANNEL_END, role, String(bytes), JSON.stringify(iceServers)]
    const [command = '', ...argv] = machines.inside(side, [process.execPath, ...end])
    return startProcess(spawn(command, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
  }
  const ends = [start('alice', 'offer'), start('bob', 'answer')]
  const limit = setTimeout(() => ends.forEach((end) => void end.kill('SIGKILL')), LIMIT_MS)
  try {
    const { seconds } = await channelResult(ends)
    return bytes / seconds
  } finally {
    clearTimeout(limit)
    await Promise.all(ends.map((end) => stopProcess(end, 'SIGKILL')))
  }
}
