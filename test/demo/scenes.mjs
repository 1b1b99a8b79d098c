import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Terminals } from './terminal.mjs'

const MIB = 1024 * 1024
const PHOTO_BYTES = 4 * MIB
const PHOTOS = 40
/** Fixed, so that lines break at the same places each time; a sender makes up its own. */
const CODE = '2204-tortoise-mosquito'
const WRONG_CODE = '2204-tortoise-tornado'
/** The line between the two: 40 megabytes a second. */
const SENDER = { P2PSHARE_CODE: CODE }
const RECEIVER = { P2PSHARE_LIMIT: '40M' }
const HALF_WAY = /^ *[3-8]\d% /m
const RESUMED = /^ *[4-9]\d% /m

/**
 * What one side's terminal shows in a scene.
 * @typedef {{ title: string, screens: { title: string, lines: string[] }[] }} Scene
 */

/**
 * Plays all scenes in terminals of `columns`, with real programs. Takes about a minute.
 * @param {number} columns
 * @returns {Promise<Scene[]>}
 */
export async function playScenes(columns) {
  const terminals = new Terminals(columns)
  const photos = join(terminals.home('sender'), 'photos')
  mkdirSync(photos)
  const photo = randomBytes(PHOTO_BYTES)
  for (let number = 1; number <= PHOTOS; number += 1) {
    writeFileSync(join(photos, `${number}.jpg`), photo)
  }
  try {
    return [
      await accepted(terminals),
      await declined(terminals),
      await wrongCode(terminals),
      await interrupted(terminals),
    ]
  } finally {
    await terminals.end()
  }
}

/** Both sides, up to the question. @param {Terminals} terminals @param {string} code */
async function begin(terminals, code = CODE) {
  terminals.open('sender', SENDER)
  await terminals.type('sender', 'p2pshare send photos')
  await terminals.shows('sender', /Waiting for the receiver/)
  terminals.open('receiver', RECEIVER)
  await terminals.type('receiver', `p2pshare receive ${code}`)
}

/** Both screens in the end. @param {Terminals} terminals */
async function finish(terminals) {
  const [sender, receiver] = await Promise.all(
    ['sender', 'receiver'].map((name) => terminals.ended(name)),
  )
  terminals.close('sender')
  terminals.close('receiver')
  return [
    { title: 'The sender', lines: sender ?? [] },
    { title: 'The receiver', lines: receiver ?? [] },
  ]
}

/** @param {Terminals} terminals */
async function accepted(terminals) {
  await begin(terminals)
  await terminals.shows('receiver', /Save it\?/)
  await terminals.type('receiver', 'y')
  const lines = await terminals.shows('receiver', HALF_WAY)
  const screens = [{ title: 'The receiver on the way', lines }, ...(await finish(terminals))]
  return { title: 'Sending and receiving', screens }
}

/** @param {Terminals} terminals */
async function declined(terminals) {
  await begin(terminals)
  await terminals.shows('receiver', /othing\?/)
  await terminals.type('receiver', 'r')
  await terminals.shows('receiver', /Save it\?/)
  await terminals.type('receiver', 'n')
  return { title: 'Declining', screens: await finish(terminals) }
}

/** @param {Terminals} terminals */
async function wrongCode(terminals) {
  await begin(terminals, WRONG_CODE)
  return { title: 'A wrong code', screens: await finish(terminals) }
}

/** @param {Terminals} terminals */
async function interrupted(terminals) {
  rmSync(join(terminals.home('receiver'), 'photos'), { recursive: true })
  await begin(terminals)
  await terminals.shows('receiver', /Save it\?/)
  await terminals.type('receiver', 'y')
  await terminals.shows('receiver', HALF_WAY)
  terminals.press('receiver', 'C-c')
  const stopped = await finish(terminals)
  await begin(terminals)
  await terminals.shows('receiver', /Save it\?/)
  await terminals.type('receiver', 'y')
  const lines = await terminals.shows('receiver', RESUMED)
  const [, receiver] = await finish(terminals)
  const going = [{ title: 'The receiver again, on the way', lines }]
  const last = receiver ? [{ ...receiver, title: 'And in the end' }] : []
  return { title: 'Interrupting and going on', screens: [...stopped, ...going, ...last] }
}
