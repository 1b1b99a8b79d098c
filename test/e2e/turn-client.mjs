/**
 * Asks relays what they would do: takes a JSON list of requests from the command line and prints the
 * answers as one. `url` is a turn URL, `family` that of the address to be allocated (4 or 6), `peers`
 * are the addresses that permissions are asked for. RFC 8656 as far as that goes.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, isIPv6 } from 'node:net'

const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42])
const METHODS = { allocate: 0x003, createPermission: 0x008 }
const ATTRIBUTES = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  peerAddress: 0x0012,
  realm: 0x0014,
  nonce: 0x0015,
  requestedFamily: 0x0017,
  requestedTransport: 0x0019,
}
const UDP = Buffer.from([17, 0, 0, 0])
const ANSWER_TIMEOUT_MS = 10_000

/** @param {keyof typeof ATTRIBUTES} type @param {Buffer} value */
const attribute = (type, value) => {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(ATTRIBUTES[type], 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)])
}

/** @param {string} address */
const addressBytes = (address) => {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number))
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  /** @param {string | undefined} text */
  const groups = (text) => (text ? text.split(':').map((group) => Number.parseInt(group, 16)) : [])
  const tail = groups(right)
  const head = groups(left)
  const all = [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail]
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** @param {string} address @param {Buffer} transaction */
const peerAddress = (address, transaction) => {
  const mask = Buffer.concat([COOKIE, transaction])
  const bytes = addressBytes(address).map((byte, index) => byte ^ (mask[index] ?? 0))
  const port = 9 ^ 0x2112
  return Buffer.concat([
    Buffer.from([0, bytes.length === 16 ? 2 : 1, port >> 8, port & 0xff]),
    bytes,
  ])
}

/**
 * @param {keyof typeof METHODS} method
 * @param {Buffer} transaction
 * @param {Buffer[]} attributes
 * @param {Buffer} [key]
 */
const message = (method, transaction, attributes, key) => {
  const body = Buffer.concat(attributes)
  const head = Buffer.alloc(4)
  head.writeUInt16BE(METHODS[method], 0)
  head.writeUInt16BE(body.length + (key ? 24 : 0), 2)
  const text = Buffer.concat([head, COOKIE, transaction, body])
  if (!key) return text
  const hmac = createHmac('sha1', key).update(text).digest()
  return Buffer.concat([text, attribute('messageIntegrity', hmac)])
}

/** @param {Buffer} answer */
const parse = (answer) => {
  /** @type {Record<number, Buffer>} */
  const found = {}
  for (let at = 20; at + 4 <= answer.length; ) {
    const length = answer.readUInt16BE(at + 2)
    found[answer.readUInt16BE(at)] = answer.subarray(at + 4, at + 4 + length)
    at += 4 + length + (-length & 3)
  }
  const error = found[ATTRIBUTES.errorCode]
  return {
    /** 0 for a success. */
    code: error ? error.readUInt8(2) * 100 + error.readUInt8(3) : 0,
    realm: found[ATTRIBUTES.realm] ?? Buffer.alloc(0),
    nonce: found[ATTRIBUTES.nonce] ?? Buffer.alloc(0),
  }
}

/**
 * A connection to a relay: what is sent, and the answers one by one.
 * @param {string} url
 */
const open = async (url) => {
  const [, host = '', port, transport] = /^turn:\[?(.+?)\]?:(\d+)\?transport=(\w+)$/.exec(url) ?? []
  if (transport === 'tcp') {
    const socket = connect({ host, port: Number(port) })
    await once(socket, 'connect')
    /** @param {Buffer} bytes */
    const send = async (bytes) => {
      const answered = once(socket, 'data', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
      socket.write(bytes)
      return (await answered)[0]
    }
    return { send, close: () => socket.destroy() }
  }
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  /** @param {Buffer} bytes */
  const send = async (bytes) => {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
    socket.send(bytes, Number(port), host)
    return (await answered)[0]
  }
  return { send, close: () => socket.close() }
}

/**
 * @typedef {object} Request
 * @property {string} url
 * @property {string} username
 * @property {string} credential
 * @property {4 | 6} [family]
 * @property {string[]} [peers]
 */

/**
 * They stay open until the end: an allocation over UDP outlasts its socket, whose port may come again.
 * @type {{ close(): void }[]}
 */
const opened = []

/** @param {Request} request */
const ask = async ({ url, username, credential, family = 4, peers = [] }) => {
  const relay = await open(url)
  opened.push(relay)
  /**
   * @param {keyof typeof METHODS} method
   * @param {(transaction: Buffer) => Buffer[]} attributes
   * @param {ReturnType<typeof parse>} [session]
   */
  const request = async (method, attributes, session) => {
    const transaction = randomBytes(12)
    const own = attributes(transaction)
    if (!session) return parse(await relay.send(message(method, transaction, own)))
    const { realm, nonce } = session
    const proof = [
      attribute('username', Buffer.from(username)),
      attribute('realm', realm),
      attribute('nonce', nonce),
    ]
    const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest()
    return parse(await relay.send(message(method, transaction, [...own, ...proof], key)))
  }
  const allocation = () => [
    attribute('requestedTransport', UDP),
    attribute('requestedFamily', Buffer.from([family === 6 ? 2 : 1, 0, 0, 0])),
  ]
  const challenge = await request('allocate', allocation)
  const { code } = await request('allocate', allocation, challenge)
  /** @type {Record<string, number>} */
  const permissions = {}
  for (const peer of peers) {
    const permission = await request(
      'createPermission',
      (transaction) => [attribute('peerAddress', peerAddress(peer, transaction))],
      challenge,
    )
    permissions[peer] = permission.code
  }
  return { challenge: challenge.code, allocate: code, permissions }
}

const answers = []
for (const request of JSON.parse(process.argv[2] ?? '')) answers.push(await ask(request))
for (const relay of opened) relay.close()
console.log(JSON.stringify(answers))
