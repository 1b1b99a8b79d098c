/**
 * One end of a bare RTCDataChannel, for comparison: no code of this project, no encryption but
 * DTLS, no disk. Run as a child process by bare-channel.mjs with `offer` or `answer`, the number
 * of bytes, ICE servers as JSON if there are any, and an IPC channel that carries the signalling to
 * the other end.
 */
import { createRequire } from 'node:module'

const { RTCPeerConnection } = createRequire(import.meta.url)('@roamhq/wrtc')

const MESSAGE_BYTES = 256 * 1024
const HIGH_WATER_MARK_BYTES = 4 * 1024 * 1024
const POLL_MS = 2

const [role, bytesText, iceServersText = '[]'] = process.argv.slice(2)
const totalBytes = Number(bytesText)
const connection = new RTCPeerConnection({ iceServers: JSON.parse(iceServersText) })
const channel = connection.createDataChannel('bare', { negotiated: true, id: 0 })
channel.binaryType = 'arraybuffer'

const say = (/** @type {object} */ message) => process.send?.(message)

connection.onicecandidate = (/** @type {RTCPeerConnectionIceEvent} */ { candidate }) => {
  if (candidate?.candidate) say({ candidate })
}

process.on('message', async (/** @type {any} */ message) => {
  if (message.description) {
    await connection.setRemoteDescription(message.description)
    if (message.description.type === 'offer') await describe(await connection.createAnswer())
  } else if (message.candidate) {
    await connection.addIceCandidate(message.candidate)
  } else if (message.end) {
    connection.close()
    process.exit(0)
  }
})

/** @param {RTCSessionDescriptionInit} description */
async function describe(description) {
  await connection.setLocalDescription(description)
  say({ description })
}

async function pump() {
  const message = new Uint8Array(MESSAGE_BYTES)
  crypto.getRandomValues(message.subarray(0, 65536))
  for (let sent = 0; sent < totalBytes; sent += message.length) {
    while (channel.bufferedAmount >= HIGH_WATER_MARK_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    channel.send(message.subarray(0, totalBytes - sent))
  }
}

let received = 0
let firstAtMs = 0
channel.onmessage = (/** @type {MessageEvent<ArrayBuffer>} */ { data }) => {
  if (received === 0) firstAtMs = performance.now()
  received += data.byteLength
  if (received < totalBytes) return
  say({ result: { bytes: received, seconds: (performance.now() - firstAtMs) / 1000 } })
}
channel.onopen = () => {
  if (role === 'offer') void pump()
}
if (role === 'offer') await describe(await connection.createOffer())
