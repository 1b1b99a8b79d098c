import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { natRules } from './nat-rules.mjs'
import { NetworkNamespace } from './network-namespace.mjs'

/** Each command, and the Debian package that it is in. */
const COMMANDS = {
  ip: 'iproute2',
  nft: 'nftables',
  turnserver: 'coturn',
  openssl: 'openssl',
  nsenter: 'util-linux',
}

/**
 * What this machine lacks for the lab, in a few words; nothing where it has all.
 * @returns {Promise<string | undefined>}
 */
export async function missingForNats() {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'Linux, and to be root'
  const packages = Object.entries(COMMANDS).flatMap(([name, pack]) => (isThere(name) ? [] : [pack]))
  if (packages.length > 0) return `these packages: ${packages.join(', ')}`
  try {
    const setUp = `ip link add near type veth peer name far
      ip link add bridge type bridge
      nft -f - <<'RULES'\n${natRules('symmetric')}\nRULES`
    const namespace = await NetworkNamespace.open(setUp)
    await namespace.close()
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    return `a kernel with network namespaces, veth, bridges and nftables NATs. ${message}`
  }
}

/** @param {string} command */
function isThere(command) {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
