/** DNS messages (RFC 1035) as this project's tests need them, without name compression. */
const CLASS_IN = 1
const RESPONSE = 0x8400
const PTR = 12
const TXT = 16
const A = 1
const SRV = 33

const SERVICE = '_p2pshare._tcp.local'

export function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(label))
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
    Buffer.from([0]),
  ])
}

function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(CLASS_IN, 2)
  fixed.writeUInt32BE(120, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([encodeName(name), fixed, data])
}

/** A valid record of few bytes. */
export const ADDRESS_RECORD = record('x', A, Buffer.from([10, 0, 0, 1]))

export function response(records: Buffer[]): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(RESPONSE, 2)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, ...records])
}

export function query(names: string[]): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt16BE(names.length, 4)
  const tail = Buffer.from([0, PTR, 0, CLASS_IN])
  return Buffer.concat([head, ...names.flatMap((name) => [encodeName(name), tail])])
}

export interface FakeService {
  instance: string
  port: number
  /** Strings of the TXT record; none at all when absent. */
  txt?: string[]
  /** IPv4 addresses. */
  addresses?: string[]
}

export function serviceRecords({ instance, port, txt, addresses = [] }: FakeService): Buffer[] {
  const name = `${instance}.${SERVICE}`
  const target = `${instance}.local`
  const srv = Buffer.alloc(6)
  srv.writeUInt16BE(port, 4)
  const strings = txt?.map((each) => Buffer.from(each))
  return [
    record(SERVICE, PTR, encodeName(name)),
    record(name, SRV, Buffer.concat([srv, encodeName(target)])),
    ...(strings === undefined
      ? []
      : [record(name, TXT, Buffer.concat(strings.flatMap((s) => [Buffer.from([s.length]), s])))]),
    ...addresses.map((address) => record(target, A, Buffer.from(address.split('.').map(Number)))),
  ]
}
