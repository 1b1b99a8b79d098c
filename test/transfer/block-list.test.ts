import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { MAX_LISTED_BLOCKS } from '../../src/limits.ts'
import { BlockList } from '../../src/transfer/block-list.ts'
import type { BlockId } from '../../src/transfer/frame.ts'

function listed() {
  const told: BlockId[][] = []
  return { told, list: new BlockList((blocks) => told.push(blocks)) }
}

const block = (number: number): BlockId => ({ file: 0, block: number })

describe('a list of blocks', () => {
  it('is told once for one turn of the event loop', async () => {
    const { told, list } = listed()
    for (const number of [0, 1, 2]) list.add(block(number))
    expect(told).toEqual([])
    await turn()
    expect(told).toEqual([[0, 1, 2].map(block)])
    await turn()
    list.add(block(3))
    await turn()
    expect(told).toHaveLength(2)
  })

  it('is told at once when asked to, and not again', async () => {
    const { told, list } = listed()
    list.flush()
    expect(told).toEqual([])
    list.add(block(0))
    list.flush()
    list.flush()
    expect(told).toEqual([[block(0)]])
    await turn()
    expect(told).toHaveLength(1)
  })

  it('is told when it is as long as a frame takes', () => {
    const { told, list } = listed()
    for (let number = 0; number < MAX_LISTED_BLOCKS + 1; number += 1) list.add(block(number))
    expect(told.map(({ length }) => length)).toEqual([MAX_LISTED_BLOCKS])
    list.flush()
    expect(told.flat()).toHaveLength(MAX_LISTED_BLOCKS + 1)
  })
})
