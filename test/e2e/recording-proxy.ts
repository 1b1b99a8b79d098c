import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RecordingProxy {
  /** For `--rendezvous`. */
  server: string
  /** What went through so far: as it is, without its WebSocket masks, and out of its base64. */
  recorded(): Buffer
}

/** Stands between the programs under test and the rendezvous at `target`, and keeps all it hears. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const streams: Buffer[][] = []
  const sockets = new Set<Socket>()
  const record = (from: Socket, to: Socket) => {
    const chunks: Buffer[] = []
    streams.push(chunks)
    sockets.add(from)
    from.on('data', (chunk) => {
      chunks.push(chunk)
      to.write(chunk)
    })
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }
  const proxy = createServer((client) => {
    const server = connect(Number(new URL(target).port), '127.0.0.1')
    record(client, server)
    record(server, client)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new TypeError('not a TCP server')
  return {
    server: `http://127.0.0.1:${address.port}`,
    recorded: () => Buffer.concat(streams.map((chunks) => readable(Buffer.concat(chunks)))),
  }
}

function readable(stream: Buffer): Buffer {
  const payloads = unframed(stream)
  const decoded = [...payloads.toString('latin1').matchAll(/"data":"([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64'),
  )
  return Buffer.concat([stream, payloads, ...decoded])
}

/** The payloads of the WebSocket frames (RFC 6455, section 5.2) behind the HTTP head, joined. */
function unframed(stream: Buffer): Buffer {
  const payloads: Buffer[] = []
  let at = stream.indexOf('\r\n\r\n') + 4
  while (at + 2 <= stream.length) {
    const second = stream.readUInt8(at + 1)
    const isMasked = second >= 0x80
    const short = second & 0x7f
    at += 2
    if (short === 127) throw new RangeError('longer than any message of ours')
    const length = short < 126 ? short : stream.readUInt16BE(at)
    if (short === 126) at += 2
    const mask = isMasked ? stream.subarray(at, at + 4) : Buffer.alloc(4)
    if (isMasked) at += 4
    const payload = Buffer.from(stream.subarray(at, at + length))
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0)
    payloads.push(payload)
    at += length
  }
  return Buffer.concat(payloads)
}
