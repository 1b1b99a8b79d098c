/**
 * One end of a check of the link, to be run in one of its networks:
 *
 *     link-probe.mjs sink                        counts what comes over UDP and TCP, echoes pings
 *     link-probe.mjs blast HOST MBIT SECONDS     sends UDP at a rate of IP bits
 *     link-probe.mjs ping HOST COUNT             tells round trips in milliseconds
 *     link-probe.mjs pour HOST PORT SECONDS      sends as much over TCP as goes
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const UDP_PORT = 9
const TCP_PORTS = [7342, 5001]
const BLAST_BYTES = 1200
const HEADER_BYTES = 28
const PING_BYTES = 16
const PING_EVERY_MS = 20
const PING_LIMIT_MS = 1500
const REPORT_MS = 100
const SOCKET_BUFFER_BYTES = 8 * 1024 * 1024

/** @type {Record<string, (...args: string[]) => unknown>} */
const roles = { sink, blast, ping, pour }
const [role = '', ...args] = process.argv.slice(2)
await roles[role]?.(...args)

/** @param {unknown} value */
function tell(value) {
  console.log(JSON.stringify(value))
}

async function sink() {
  const counts = { packets: 0, bytes: 0, tcpBytes: 0 }
  const socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES })
  socket.on('message', (message, { address, port }) => {
    if (message.length === PING_BYTES) return socket.send(message, port, address)
    counts.packets += 1
    counts.bytes += message.length + HEADER_BYTES
  })
  socket.bind(UDP_PORT)
  await once(socket, 'listening')
  for (const port of TCP_PORTS) {
    const server = createServer((from) => {
      from.on('data', (data) => {
        counts.tcpBytes += data.length
      })
      from.on('error', () => from.destroy())
    })
    await once(server.listen(port), 'listening')
  }
  setInterval(() => tell({ atMs: Date.now(), ...counts }), REPORT_MS)
}

/**
 * @param {string} host
 * @param {string} mbit
 * @param {string} seconds
 */
async function blast(host, mbit, seconds) {
  const socket = createSocket('udp4')
  const packet = Buffer.alloc(BLAST_BYTES)
  const packetsPerMs = (Number(mbit) * 1000) / 8 / (BLAST_BYTES + HEADER_BYTES)
  const startMs = performance.now()
  let sent = 0
  for (let nowMs = 0; nowMs < Number(seconds) * 1000; nowMs = performance.now() - startMs) {
    for (; sent < nowMs * packetsPerMs; sent += 1) socket.send(packet, UDP_PORT, host)
    await sleep(1)
  }
  socket.close(() => tell({ sent }))
}

/**
 * @param {string} host
 * @param {string} count
 */
async function ping(host, count) {
  const socket = createSocket('udp4')
  /** @type {number[]} */
  const roundTripsMs = []
  socket.on('message', (message) => roundTripsMs.push(performance.now() - message.readDoubleLE()))
  for (let sent = 0; sent < Number(count); sent += 1) {
    const packet = Buffer.alloc(PING_BYTES)
    packet.writeDoubleLE(performance.now())
    socket.send(packet, UDP_PORT, host)
    await sleep(PING_EVERY_MS)
  }
  await sleep(PING_LIMIT_MS)
  socket.close()
  tell({ roundTripsMs })
}

/**
 * @param {string} host
 * @param {string} port
 * @param {string} seconds
 */
async function pour(host, port, seconds) {
  const socket = connect(Number(port), host)
  const limit = setTimeout(() => socket.destroy(), Number(seconds) * 1000)
  socket.on('error', () => socket.destroy()).on('close', () => clearTimeout(limit))
  const isConnected = await Promise.race([
    once(socket, 'connect').then(() => true),
    new Promise((resolve) => socket.once('close', () => resolve(false))),
  ])
  tell({ isConnected })
  const data = Buffer.alloc(65536)
  const more = () => {
    while (!socket.destroyed && socket.write(data));
  }
  socket.on('drain', more)
  if (isConnected) more()
}
