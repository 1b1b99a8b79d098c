import { BlockList, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AddressRange, deniedRanges } from '../../src/relay/denied-ranges.ts'

/** The bytes of an address. */
function bytesOf(address: string): number[] {
  if (!isIPv6(address)) return address.split('.').map(Number)
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | undefined) =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [head, tail] = [groups(left), groups(right)]
  const zeros = Array<number>(8 - head.length - tail.length).fill(0)
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 0xff])
}

/** As coturn compares before 4.13: an IPv6 address byte by byte, each on its own. */
function isDeniedByOldCoturn(address: string, ranges: readonly AddressRange[]): boolean {
  return ranges.some(([first, last]) => {
    if (isIPv6(first) !== isIPv6(address)) return false
    const [from, bytes, to] = [bytesOf(first), bytesOf(address), bytesOf(last)]
    if (!isIPv6(address)) return compare(from, bytes) <= 0 && compare(bytes, to) <= 0
    return bytes.every((byte, at) => byte >= (from[at] ?? 0) && byte <= (to[at] ?? 0))
  })
}

/** As it does since then, and anybody would. */
function isDeniedByNewCoturn(address: string, ranges: readonly AddressRange[]): boolean {
  return ranges.some(([first, last]) => {
    if (isIPv6(first) !== isIPv6(address)) return false
    const bytes = bytesOf(address)
    return compare(bytesOf(first), bytes) <= 0 && compare(bytes, bytesOf(last)) <= 0
  })
}

function compare(one: number[], other: number[]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

/** RFC 6890 and its registries, as of 2025, and where providers keep secrets. */
const SPECIAL = new BlockList()
for (const network of [
  '0.0.0.0/8 100.100.100.200/32 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 192.0.0.0/24',
  '192.88.99.0/24 224.0.0.0/4 240.0.0.0/4',
].flatMap((line) => line.split(' '))) {
  const [address = '', prefix] = network.split('/')
  SPECIAL.addSubnet(address, Number(prefix))
}
const PRIVATE = new BlockList()
for (const network of [
  '10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15',
  '198.51.100.0/24 203.0.113.0/24',
].flatMap((line) => line.split(' '))) {
  const [address = '', prefix] = network.split('/')
  PRIVATE.addSubnet(address, Number(prefix))
}
/** Whether an IPv6 address is one of the internet: RFC 4291, 4380, 3056, 3849, 9637. */
function isGlobal([first = 0, second = 0, third = 0, fourth = 0]: number[]): boolean {
  if (first >> 5 !== 1) return false
  const [head, next] = [(first << 8) | second, (third << 8) | fourth]
  if (head === 0x2002 || (head === 0x2001 && (next < 0x200 || next === 0xdb8))) return false
  return !(head === 0x3fff && next < 0x1000)
}

const ipv4 = fc.ipV4()
const ipv6 = fc
  .array(
    fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), fc.integer({ min: 0, max: 255 })),
    {
      minLength: 16,
      maxLength: 16,
    },
  )
  .filter((bytes) => bytes.some((byte) => byte > 0))
const text = (bytes: number[]): string =>
  Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  ).join(':')

describe.each([
  ['coturn before 4.13', isDeniedByOldCoturn],
  ['coturn since 4.13', isDeniedByNewCoturn],
])('what %s denies', (_version, isDenied) => {
  const strict = deniedRanges({ isPrivate: false })
  const inside = deniedRanges({ isPrivate: true })

  it('is all of IPv4 that is no address of the internet, and nothing else', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        expect(isDenied(address, strict)).toBe(SPECIAL.check(address) || PRIVATE.check(address))
        expect(isDenied(address, inside)).toBe(SPECIAL.check(address))
      }),
      { numRuns: 2000 },
    )
  })

  it('is all of IPv6 that is no address of the internet, and nothing else', () => {
    fc.assert(
      fc.property(ipv6, (bytes) => {
        expect(isDenied(text(bytes), strict)).toBe(!isGlobal(bytes))
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:0:10.0.0.1',
    '::10.0.0.0',
    '::100',
    '64:ff9b::a00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a9fe:a9fe',
    '2002:7f00:1::1',
    '2001:0:a00:1::1',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
  ])('is %s, inside a private network too', (address) => {
    expect(isDenied(address, strict)).toBe(true)
    expect(isDenied(address, inside)).toBe(true)
  })

  it('is no private network where the relay is inside it', () => {
    for (const address of ['10.0.0.1', '100.64.0.1', '192.168.1.1', 'fc00::1', 'fdff::1']) {
      expect(isDenied(address, strict)).toBe(true)
      expect(isDenied(address, inside)).toBe(false)
    }
  })
})

it('no range is one that coturn takes for all of IPv4', () => {
  for (const [first, last] of deniedRanges({ isPrivate: false })) {
    expect(isIPv6(first)).toBe(isIPv6(last))
    if (isIPv6(first)) expect(bytesOf(first).some((byte) => byte > 0)).toBe(true)
    expect(compare(bytesOf(first), bytesOf(last))).toBeLessThanOrEqual(0)
  }
})
