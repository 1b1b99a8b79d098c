/** The first and the last address of a range, as coturn's `denied-peer-ip` has it. */
export type AddressRange = readonly [first: string, last: string]

const END = 'ffff:ffff:ffff:ffff:ffff:ffff'

/** What no peer of a relay on the internet can have (RFC 6890 and its registries). */
const ALWAYS: readonly AddressRange[] = [
  ['0.0.0.0', '0.255.255.255'],
  // What providers of virtual machines answer secrets at, outside of the link-local range.
  ['100.100.100.200', '100.100.100.200'],
  ['168.63.129.16', '168.63.129.16'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['224.0.0.0', '255.255.255.255'],
  ...belowGlobalUnicast(),
  // Teredo and other tunnels, 6to4: IPv6 addresses that lead to an IPv4 one.
  ['2001::', `2001:1ff:${END}`],
  ['2002::', `2002:ffff:${END}`],
  ['4000::', `fbff:ffff:${END}`],
  ['fd00:ec2::254', 'fd00:ec2::254'],
  ['fd20:ce::254', 'fd20:ce::254'],
  ['fe00::', `ffff:ffff:${END}`],
]

/** What stays within a network, and what is set aside for documentation and measurements. */
const PRIVATE: readonly AddressRange[] = [
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['2001:db8::', `2001:db8:${END}`],
  ['3fff::', `3fff:fff:${END}`],
  ['fc00::', `fdff:ffff:${END}`],
]

/**
 * Where a relay sends nothing: a relay of a private network may reach that network, and none may
 * reach the machine itself from within, link-local or multicast addresses.
 */
export function deniedRanges({ isPrivate }: { isPrivate: boolean }): AddressRange[] {
  return isPrivate ? [...ALWAYS] : [...ALWAYS, ...PRIVATE]
}

/**
 * `::/3`, where everything is that maps or translates to IPv4 (`::ffff:0:0/96`, `64:ff9b::/96`), and
 * loopback; global unicast begins above it. In coturn a range that begins with `::` contains all of
 * IPv4 as well, and before 4.13 it compares byte by byte, so this takes a range for each byte of an
 * address that may be the one that is not 0. Coturn itself refuses `::`.
 */
function belowGlobalUnicast(): AddressRange[] {
  const last = `1fff:ffff:${END}`
  return Array.from({ length: 16 }, (_, byte) => {
    const groups = Array.from({ length: 8 }, (_group, index) => {
      if (index !== byte >> 1) return '0'
      return byte % 2 === 0 ? '100' : '1'
    })
    return [groups.join(':'), last]
  })
}
