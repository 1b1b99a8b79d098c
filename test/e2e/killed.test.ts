import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIB } from '../../src/limits.ts'
import { scratchDirectory } from '../files/scratch.ts'
import { sha256Of } from './content.ts'
import type { Program } from './program.ts'
import { sharedFile, startServer, startTransfer, type Transfer } from './transfer.ts'

/** In which the other side of one that was killed must have ended. */
const NOTICE_MS = 30_000
/** Shorter than NOTICE_MS: a side that has met nobody ends after it. */
const WAIT = '10s'
const BYTES = 256 * MIB

const file = sharedFile(BYTES)

interface Moment {
  title: string
  /** Resolves when it has come for the side that is to be killed. */
  reached: (victim: Program) => Promise<unknown>
  /** How the other side may end. */
  statuses: number[]
}

function whileConnecting(delayMs: number): Moment {
  return {
    title: `${delayMs} ms after both had started`,
    reached: () => new Promise((resolve) => setTimeout(resolve, delayMs)),
    statuses: [4, 6],
  }
}

function inMidTransfer(bytes: number): Moment {
  return {
    title: `after ${bytes} of ${BYTES} bytes`,
    reached: (victim) => victim.event('progress', (progress) => progress.bytes >= bytes),
    statuses: [6],
  }
}

function moments(): Moment[] {
  return [
    whileConnecting(randomInt(0, 500)),
    whileConnecting(randomInt(500, 1000)),
    whileConnecting(randomInt(1000, 1500)),
    { title: 'once connected', reached: (victim) => victim.event('connected'), statuses: [6] },
    inMidTransfer(1),
    inMidTransfer(randomInt(25 * MIB, 128 * MIB)),
    {
      title: 'when all is written',
      reached: (victim) => victim.event('progress', ({ bytes }) => bytes === BYTES),
      statuses: [0, 6],
    },
  ]
}

/** Kills one side at a moment; resolves once it is dead, with what the other came to. */
async function kill(side: keyof Transfer, { title, reached, statuses }: Moment, server: string) {
  const output = scratchDirectory()
  const env = { P2PSHARE_WAIT: WAIT, P2PSHARE_RECONNECT: '0' }
  const transfer = await startTransfer({ file: file.path, output }, { server, env })
  const victim = transfer[side]
  const other = transfer[side === 'sender' ? 'receiver' : 'sender']
  await reached(victim)
  const killedMs = performance.now()
  victim.kill('SIGKILL')
  await victim.exit
  const outcome = other.exit.then(({ status, signal }) => {
    return { status, signal, tookMs: performance.now() - killedMs }
  })
  return { title, statuses, other, outcome, saved: join(output, file.name) }
}

describe.each(['sender', 'receiver'] as const)('a %s that is killed', (side) => {
  it('is noticed by the other side, and leaves no half of a file', async () => {
    const { server } = await startServer()
    const killed: Awaited<ReturnType<typeof kill>>[] = []
    // The others take their time to notice, so that is waited for only when all are killed.
    for (const moment of moments()) killed.push(await kill(side, moment, server))
    for (const { title, statuses, other, outcome, saved } of killed) {
      const { status, signal, tookMs } = await outcome
      const about = `${title}\n${other.describe()}`
      expect(signal, about).toBeNull()
      expect(statuses, about).toContain(status)
      expect(tookMs, about).toBeLessThan(NOTICE_MS)
      const isComplete = existsSync(saved) && (await sha256Of(saved)) === file.sha256
      expect(existsSync(saved), about).toBe(isComplete)
      if (status === 0) expect(isComplete, about).toBe(true)
    }
  })
})
