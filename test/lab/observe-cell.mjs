import { Disturbance } from './disturbance.mjs'
import { RENDEZVOUS } from './nat-network.mjs'
import { natTransfer } from './nat-transfer.mjs'
import { relayChannel } from './relay-channel.mjs'

/**
 * @typedef {object} CellSetting
 * @property {import('./nat-network.mjs').NatNetwork} network
 * @property {import('./nat-server.mjs').LabServer} server
 * @property {string} program p2pshare's
 * @property {import('./nat-server.mjs').Certificate} certificate
 * @property {import('./nat-transfer.mjs').Parcel} parcel
 * @property {string} target
 * @property {number} runs
 */

/**
 * Connects the two machines of a cell and lets them transfer, several times where that is timed.
 * @param {import('./nat-cells.mjs').Cell} cell
 * @param {CellSetting} setting
 * @returns {Promise<import('./nat-marks.mjs').Observation>}
 */
export async function observeCell(cell, setting) {
  const { network, server, parcel } = setting
  const { alice, bob, expected, reason, flags = [], meanwhile } = cell
  const runs = expected === 'no path' || meanwhile || flags.length > 0 ? 1 : setting.runs
  const machines = cell.onOneLan
    ? await network.connectOnOneLan()
    : await network.connect(alice, bob)
  const host = alice === 'ipv6' ? `[${RENDEZVOUS.ipv6}]` : RENDEZVOUS.ipv4
  const disturbance = meanwhile && new Disturbance(meanwhile, { network, machines, parcel })
  const options = {
    ...setting,
    certificate: setting.certificate.certificate,
    rendezvous: `https://${host}`,
    flags,
    ...(disturbance && { onEvent: disturbance.onEvent }),
  }
  const transfers = []
  const bareBytesPerSecond = []
  try {
    for (let run = 0; run < runs; run += 1) {
      transfers.push(await natTransfer(machines, options))
      if (!cell.isCompared) continue
      bareBytesPerSecond.push(await relayChannel(machines, parcel.bytes, server.iceServers()))
    }
    const unmet = disturbance?.unmet() ?? []
    return { expected, transfers, bareBytesPerSecond, unmet, ...(reason && { reason }) }
  } finally {
    await machines.close()
  }
}
