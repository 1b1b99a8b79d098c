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

  it('is done on many items in their order, as on one', async () => {
    const work = new PromptWork()
    const items = Array.from({ length: 100 }, (_, item) => item)
    const done: number[] = []
    let turns = 0
    const timer = setInterval(() => (turns += 1), 1)
    const atOnce = (item: number) => {
      busyFor(item === 50 ? 20 : 0.2)
      done.push(item)
      return undefined
    }
    const inBackground = async (item: number) => {
      done.push(-item)
    }
    await work.runAll(items, atOnce, inBackground)
    clearInterval(timer)
    expect(done.map(Math.abs)).toEqual(items)
    // A busy machine may make another piece look slow later on.
    expect(done.slice(51, 59).every((item) => item < 0)).toBe(true)
    expect(done.slice(0, 51).some((item) => item > 0)).toBe(true)
    expect(turns).toBeGreaterThan(3)
  })

  it('on many items waits for those that take longer', async () => {
    const work = new PromptWork()
    let done = 0
    const atOnce = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      done += 1
    }
    await work.runAll([1, 2, 3], atOnce, atOnce)
    expect(done).toBe(3)
  })

  it('on many items begins no more after one has failed, and waits for the others', async () => {
    const work = new PromptWork()
    const begun: number[] = []
    let ended = 0
    const piece = (item: number) => {
      begun.push(item)
      if (item === 3) throw new Error('no')
      return new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => {
        ended += 1
      })
    }
    await expect(work.runAll([1, 2, 3, 4], piece, async () => {})).rejects.toThrow('no')
    expect([begun, ended]).toEqual([[1, 2, 3], 2])
  })

  it('passes on what is thrown', async () => {
    const work = new PromptWork()
    const fail = () => {
      throw new Error('no')
    }
    await expect(work.run(fail, async () => {})).rejects.toThrow('no')
  })
})
