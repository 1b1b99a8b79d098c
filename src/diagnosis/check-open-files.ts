import { FEW_OPEN_FILES } from '../limits.ts'
import type { Finding } from './finding.ts'

const name = 'open-files'

/** Judges the limit of open files and sockets; undefined where the system has none. */
export function checkOpenFiles(limit: number | undefined): Finding<'open-files'> {
  if (limit === undefined) {
    const message = 'A process may have as many files and sockets open as it likes'
    return { name, verdict: 'ok', message, hint: '' }
  }
  const message = `A process may have ${limit} files and sockets open`
  if (limit >= FEW_OPEN_FILES) return { name, verdict: 'ok', message, hint: '', limit }
  const hint = 'Raise the limit (ulimit -n 4096), or keep transfers small with --lanes 1.'
  return { name, verdict: 'warning', message, hint, limit }
}

/** The limit of this process; undefined where there is none, or none that is told (Windows). */
export function ownOpenFilesLimit(): number | undefined {
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } }
  }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : undefined
}
