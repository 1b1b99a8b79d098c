import { describe, expect, it } from 'vitest'
import { displayPath, summaryLine } from '../../src/cli/summary-line.ts'
import { done } from './recorded-events.ts'

describe('summaryLine', () => {
  it('says how it went', () => {
    expect(summaryLine('Sent', 'a.zip', done, ['udp'])).toBe(
      `Sent a.zip: 100.0 MiB in 8 s (13.1 MB/s), direct over UDP. Digest ${'ab'.repeat(32)}`,
    )
  })

  it('says how little had to travel where that was less', () => {
    const compressed = { ...done, sent: 10 * 1024 ** 2, path: 'relay' } as const
    expect(summaryLine('Saved', './a.zip', compressed, [])).toContain(
      'Saved ./a.zip: 100.0 MiB in 8 s (13.1 MB/s), 10.0 MiB on the wire, through a relay. Digest',
    )
  })

  it.each([
    [200, /direct over UDP\. Digest (ab){32}$/],
    [80, /^Saved \.\/photos: 312 files, 100\.0 MiB in 8 s \(13\.1 MB\/s\), direct over UDP\.$/],
    [60, /^Saved \.\/photos: 312 files, 100\.0 MiB in 8 s \(13\.1 MB\/s\)\.$/],
    [45, /^Saved \.\/photos: 312 files, 100\.0 MiB in 8 s\.$/],
    [20, /^Saved \.\/photos: 312 files, 100\.0 MiB in 8 s\.$/],
  ])('leaves out what matters least in %i columns', (columns, line) => {
    const several = { ...done, files: 312 }
    expect(summaryLine('Saved', './photos', several, ['udp'], columns)).toMatch(line)
  })

  it('counts files where there is not one, and those left out', () => {
    const several = { ...done, files: 312, skipped: 2 }
    expect(summaryLine('Saved', './photos', several, ['udp'])).toContain(
      'Saved ./photos: 312 files, 100.0 MiB in 8 s (13.1 MB/s), 2 files left out, direct over UDP.',
    )
    expect(summaryLine('Sent', 'a', { ...done, files: 0, bytes: 0 }, [])).toContain(
      'Sent a: 0 files, 0 B in 8 s',
    )
  })

  it('divides by no time', () => {
    const empty = { ...done, bytes: 0, sent: 0, seconds: 0 }
    expect(summaryLine('Sent', 'a', empty, ['udp'])).toContain(
      'Sent a: 0 B in 0 s, direct over UDP.',
    )
  })

  it('escapes the name', () => {
    expect(summaryLine('Saved', './\u001b[2J', done, ['udp'])).toContain('Saved ./\\u{1b}[2J:')
  })
})

describe('displayPath', () => {
  it.each([
    ['/home/me/a.zip', './a.zip'],
    ['/home/me/in/a.zip', './in/a.zip'],
    ['/home/me/..a.zip', './..a.zip'],
    ['/home/a.zip', '/home/a.zip'],
    ['/tmp/a.zip', '/tmp/a.zip'],
  ])('shows %s in /home/me as %s', (path, shown) =>
    expect(displayPath(path, '/home/me')).toBe(shown),
  )
})
