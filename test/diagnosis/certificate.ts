import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scratchDirectory } from '../files/scratch.ts'

/** A certificate that nobody but itself has signed, for `name`, with its key and where it is. */
export function selfSigned(name: string): { key: Buffer; cert: Buffer; path: string } {
  const directory = scratchDirectory()
  const [key, path] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '30']
  execFileSync('openssl', [...request, ...subject, '-nodes', '-keyout', key, '-out', path], {
    stdio: 'pipe',
  })
  return { key: readFileSync(key), cert: readFileSync(path), path }
}
