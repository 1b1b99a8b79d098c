import { describe, expect, it } from 'vitest'
import {
  combineShares,
  confirmationTag,
  createKeyShare,
  deriveGenerator,
  deriveIntermediateKey,
} from '../../src/secure/cpace.ts'
import { agreeOnKey, createSessionShare } from '../../src/secure/key-agreement.ts'
import { lengthValueConcat } from '../../src/secure/length-value.ts'
import { seededRandom } from './seeded-random.ts'
import { bytesOf } from './text.ts'

const sessionId = seededRandom('session')(32)
const secret = bytesOf('crossover-clockwork')
const capabilities = bytesOf('the same on both sides')

const createShare = (name: string) =>
  createSessionShare(
    { nameplate: '7', secret, capabilities, randomBytes: seededRandom(name) },
    sessionId,
  )

describe('the key agreement', () => {
  it('runs CPace over version, nameplate and roles', () => {
    const channel = lengthValueConcat('p2pshare/1', '7', 'receiver', 'sender')
    const generator = deriveGenerator(secret, channel, sessionId)
    const receiver = createKeyShare(generator, seededRandom('receiver'))
    const sender = createKeyShare(generator, seededRandom('sender'))
    const party = (role: string, { share }: typeof receiver) => ({
      share,
      associatedData: lengthValueConcat('p2pshare/1', role, capabilities),
    })
    const [a, b] = [party('receiver', receiver), party('sender', sender)]
    const point = combineShares(receiver, sender.share)
    const key = deriveIntermediateKey(sessionId, point, a, b)

    const peer = { share: sender.share, capabilities }
    const own = createShare('receiver')
    const agreement = agreeOnKey('receiver', capabilities, sessionId, own, peer)
    expect(agreement.intermediateKey).toEqual(key)
    expect(agreement.confirmations).toEqual({
      receiver: confirmationTag(key, sessionId, a),
      sender: confirmationTag(key, sessionId, b),
    })
  })

  it('wipes the scalar', () => {
    const own = createShare('receiver')
    const peer = { share: createShare('sender').share, capabilities }
    agreeOnKey('receiver', capabilities, sessionId, own, peer)
    expect(own.scalar).toEqual(new Uint8Array(32))
  })
})
