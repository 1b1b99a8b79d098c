import type { DiagnosticWatcher } from '../diagnostics.ts'
import { ShareError, toShareError } from '../errors.ts'
import {
  MAX_BURNED_CODES,
  MAX_RENDEZVOUS_RETRY_DELAY_MS,
  RECONNECT_ATTEMPT_MS,
  RENDEZVOUS_RETRY_DELAY_MS,
} from '../limits.ts'
import type { Connectivity } from './connectivity.ts'
import { Doorway } from './doorway.ts'
import type { PairingInit } from './pairing.ts'
import { Pause } from './pause.ts'
import type { Session } from './session.ts'

export interface DoorInit {
  /** The rendezvous server, as `parseRendezvousAddress` gives it. */
  url: string
  /** The code of one's own, which is not replaced; made by `newSecret` when absent. */
  custom?: { nameplate: string; secret: string } | undefined
  newSecret: () => string
  capabilities: Uint8Array
  connectivity: Connectivity
  answer?: PairingInit['answer']
  onEstablished?: PairingInit['onEstablished']
  /** The code is known, or there is another one. */
  onCode: (code: { nameplate: string; secret: string }) => void
  /** Somebody guessed, and wrongly. */
  onWrongCode: () => void
  onWarning: (message: string) => void
  /** Takes each session as it is made; `false` lets nobody else in until the door is opened. */
  onSession: (session: Session) => boolean
  /** Nobody can come any more. */
  onClosed: (error: ShareError) => void
  onDiagnostic?: DiagnosticWatcher | undefined
  signal: AbortSignal
}

/**
 * Where receivers come in, one after the other: the nameplate and the code. It outlives the loss of
 * the rendezvous; a code that was guessed at is replaced, unless it was chosen.
 */
export class Door {
  readonly #init: DoorInit
  readonly #stop = new AbortController()
  readonly #burned: Doorway[] = []
  #secret: string
  #nameplate: string | undefined
  #token: string | undefined
  #doorway: Doorway | undefined
  #isOpen = true
  #isUnreachable = false
  readonly #pause = new Pause()
  #running: Promise<void> = Promise.resolve()

  /** Opens it. Throws what `RendezvousClient.open` throws. */
  static async open(init: DoorInit): Promise<Door> {
    const door = new Door(init)
    await door.#enter(init.signal)
    door.#running = door.#run()
    return door
  }

  private constructor(init: DoorInit) {
    this.#init = init
    this.#secret = init.custom?.secret ?? init.newSecret()
    this.#nameplate = init.custom?.nameplate
  }

  /** Whether somebody is about to be let in. */
  get isBusy(): boolean {
    return this.#doorway?.isBusy ?? false
  }

  /** Lets receivers in, or not for now: those who come then wait. */
  setOpen(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return
    this.#isOpen = isOpen
    if (isOpen) this.#pause.end()
    else void this.#doorway?.close()
  }

  /** Never throws. */
  async close(): Promise<void> {
    this.#stop.abort(new ShareError('cancelled', 'Nobody is let in any more'))
    this.#pause.end()
    const doorways = [...this.#burned, ...(this.#doorway ? [this.#doorway] : [])]
    await Promise.all(doorways.map((doorway) => doorway.close()))
    await this.#running
  }

  async #run(): Promise<void> {
    let delayMs = RENDEZVOUS_RETRY_DELAY_MS
    while (!this.#stop.signal.aborted) {
      if (this.#doorway) {
        await this.#stay(this.#doorway)
        delayMs = RENDEZVOUS_RETRY_DELAY_MS
        continue
      }
      if (!this.#isOpen) {
        await this.#pause.wait()
        continue
      }
      try {
        await this.#enter(this.#stop.signal)
        this.#isUnreachable = false
      } catch (thrown) {
        if (!this.#bears(toShareError(thrown))) return
        if (!this.#stop.signal.aborted) await this.#pause.wait(delayMs)
        delayMs = Math.min(2 * delayMs, MAX_RENDEZVOUS_RETRY_DELAY_MS)
      }
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    const { onCode, onSession } = this.#init
    const isNew = this.#token === undefined
    const secret = this.#secret
    const doorway = await Doorway.open({
      ...this.#init,
      nameplate: this.#nameplate,
      secret,
      token: this.#token,
      onSession: (session) => {
        const goesOn = onSession(session)
        if (!goesOn) this.#isOpen = false
        return goesOn
      },
      signal,
      ...(!isNew && { connectTimeoutMs: RECONNECT_ATTEMPT_MS }),
    })
    this.#doorway = doorway
    this.#nameplate = doorway.nameplate
    this.#token = doorway.token
    if (isNew) onCode({ nameplate: doorway.nameplate, secret })
    if (!this.#isOpen || this.#stop.signal.aborted) await doorway.close()
  }

  /** Waits until `doorway` is of no more use. */
  async #stay(doorway: Doorway): Promise<void> {
    await doorway.over
    this.#token = doorway.token
    this.#doorway = undefined
    if (!doorway.isBurned) {
      await doorway.close()
      return
    }
    this.#burned.push(doorway)
    this.#init.onWrongCode()
    this.#renew('Somebody used a wrong code, so that it is used up')
  }

  #renew(why: string): void {
    const { custom, newSecret, onWarning, onClosed } = this.#init
    if (custom || this.#burned.length >= MAX_BURNED_CODES) {
      this.#stop.abort()
      onClosed(new ShareError('wrong-code', `${why}; nobody else can come with it`))
      return
    }
    onWarning(`${why}; there is a new one for those still to come`)
    this.#secret = newSecret()
    this.#nameplate = undefined
    this.#token = undefined
  }

  /** Whether the door can stay in spite of `error`. */
  #bears(error: ShareError): boolean {
    if (this.#stop.signal.aborted) return false
    const { custom, onWarning, onClosed } = this.#init
    // While the server was not reached it gave our nameplate to somebody else.
    if (error.code === 'usage' && custom === undefined) {
      this.#renew('Another sender has got the nameplate of the code')
      return true
    }
    if (error.code !== 'no-rendezvous' && error.code !== 'usage') {
      onClosed(error)
      return false
    }
    if (!this.#isUnreachable) onWarning('The rendezvous is lost; trying to get it back')
    this.#isUnreachable = true
    return true
  }
}
