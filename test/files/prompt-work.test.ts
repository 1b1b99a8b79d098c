import { describe, expect, it } from 'vitest'
import { PromptWork } from '../../src/files/prompt-work.ts'

const busyFor = (durationMs: number) => {
  const endMs = performance.now() + durationMs
  while (performance.now() < endMs);
}

describe('prompt work', () => {
  it('is done at once while that is fast, and in the background after it was slow', async () => {
    const work = new PromptWork()
    const ways: string[] = []
    const piece = (durationMs: number) =>
      work.run(
        () => {
          busyFor(durationMs)
          ways.push('at once')
        },
        async () => {
          ways.push('background')
        },
      )
    await piece(0)
    await piece(20)
    for (let pieces = 0; pieces < 200; pieces += 1) await piece(0)
    expect(ways.slice(0, 4)).toEqual(['at once', 'at once', 'background', 'background'])
    expect(ways.at(-1)).toBe('at once')
  })

  it('lets others have their turn, however much there is to do', async () => {
    const work = new PromptWork()
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    const pieces = Array.from({ length: 300 }, () =>
      work.run(
        () => busyFor(0.2),
        async () => {},
      ),
    )
    await Promise.all(pieces)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
  })

  it('is done in the order in which it came, however many turns that takes', async () => {
    const work = new PromptWork()
    const done: number[] = []
    const pieces = Array.from({ length: 100 }, (_, piece) =>
      work.run(
        () => {
          busyFor(0.2)
          done.push(piece)
        },
        async () => {
          done.push(piece)
        },
      ),
    )
    await Promise.all(pieces)
    expect(done).toEqual(Array.from(pieces.keys()))
  })

  it('goes to the background for longer each time that it is slow again', async () => {
    const work = new PromptWork()
    let inBackground = 0
    const between: number[] = []
    for (let trials = 0; trials < 3; ) {
      await work.run(
        () => {
          busyFor(5)
          between.push(inBackground)
          inBackground = 0
          trials += 1
        },
        async () => {
          inBackground += 1
        },
      )
    }
    expect(between).toEqual([0, 8, 16])
  })

  it('passes on what is thrown', async () => {
    const work = new PromptWork()
    const fail = () => {
      throw new Error('no')
    }
    await expect(work.run(fail, async () => {})).rejects.toThrow('no')
  })
})
