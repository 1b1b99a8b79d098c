import type { Finding } from './finding.ts'

const name = 'local-network'

/** Judges discovery: `find` announces something and looks for it, and tells whether it was found. */
export async function checkLocalNetwork(
  find: () => Promise<boolean>,
): Promise<Finding<'local-network'>> {
  if (await find()) {
    const message = 'Senders in the local network are found: multicast works on this machine'
    return { name, verdict: 'ok', message, hint: '' }
  }
  return {
    name,
    verdict: 'warning',
    message: 'Senders in the local network are not found: multicast does not work here',
    hint: 'Type the whole code with its @address, or allow mDNS (UDP 5353) in the firewall.',
  }
}
