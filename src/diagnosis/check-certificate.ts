import { CERTIFICATE_WARNING_MS } from '../limits.ts'
import type { Finding } from './finding.ts'
import type { ServerAnswer, ServerCertificate } from './probe-server.ts'

const name = 'certificate'

/** What Node calls it, and what a person does. */
const PROBLEMS: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'who signed it is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'who signed it is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server leaves out who signed it',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
}
const HINTS: Record<string, string> = {
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use the name in the certificate, or get one for this name.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Have the server send the whole chain.',
  CERT_HAS_EXPIRED: 'Renew it on the server.',
}

/**
 * Judges the certificate of a server that answered; `isTls` tells whether it should have one, and
 * `nowMs` is this machine's clock.
 */
export function checkCertificate(
  isTls: boolean,
  answer: ServerAnswer | undefined,
  nowMs: number,
): Finding<'certificate'> {
  if (!isTls) return skipped('The rendezvous has none: it is in this network, without TLS')
  const certificate = answer?.certificate
  if (certificate === undefined) return skipped('The rendezvous showed no certificate')
  const { problem, validToMs } = certificate
  const validTo = Number.isFinite(validToMs) ? new Date(validToMs).toISOString() : undefined
  const figures = validTo === undefined ? {} : { validTo }
  if (problem !== undefined) {
    const message = `The certificate is not trusted: ${PROBLEMS[problem] ?? problem}`
    return { name, verdict: 'failed', message, hint: hintFor(certificate, answer), ...figures }
  }
  const message = `The certificate is trusted, and valid until ${validTo?.slice(0, 10) ?? 'some day'}`
  if (validToMs - nowMs < CERTIFICATE_WARNING_MS) {
    const hint = 'It is time to renew it on the server.'
    return { name, verdict: 'warning', message, hint, ...figures }
  }
  return { name, verdict: 'ok', message, hint: '', ...figures }
}

function hintFor(certificate: ServerCertificate, answer: ServerAnswer | undefined): string {
  const { problem = '', validFromMs, validToMs } = certificate
  const isTimely = problem === 'CERT_HAS_EXPIRED' || problem === 'CERT_NOT_YET_VALID'
  const thereMs = answer?.dateMs
  if (isTimely && thereMs !== undefined && thereMs >= validFromMs && thereMs <= validToMs) {
    return "Set this machine's clock: by the server's the certificate is valid."
  }
  return (
    HINTS[problem] ??
    'Get one that is trusted everywhere, or name its authority in NODE_EXTRA_CA_CERTS.'
  )
}

function skipped(message: string): Finding<'certificate'> {
  return { name, verdict: 'skipped', message, hint: '' }
}
