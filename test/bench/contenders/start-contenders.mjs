import { join } from 'node:path'
import { bareChannel } from './bare-channel.mjs'
import { startCroc } from './croc.mjs'
import { startMagicWormhole } from './magic-wormhole.mjs'
import { startP2pshare } from './p2pshare.mjs'
import { startScp } from './scp.mjs'

const PEERS = { 'magic-wormhole': startMagicWormhole, croc: startCroc, scp: startScp }

/**
 * p2pshare, the bare engine and, if wanted, those peers that this machine has.
 * @param {import('./contender.mjs').Place & { peers: boolean }} options
 * @returns {Promise<{
 *   contenders: import('./contender.mjs').Contender[],
 *   skipped: { name: string, reason: string }[]
 * }>}
 */
export async function startContenders({ directory, peersDirectory, peers }) {
  const contenders = [await startP2pshare(), bareChannel('udp'), bareChannel('tcp')]
  const skipped = []
  for (const [name, start] of peers ? Object.entries(PEERS) : []) {
    try {
      contenders.push(await start({ directory: join(directory, name), peersDirectory }))
    } catch (error) {
      skipped.push({ name, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { contenders, skipped }
}
