import { formatShareCode } from '../code/share-code.ts'
import { ShareError } from '../errors.ts'
import type { Appointment } from './appointment.ts'
import { type ChosenServer, chooseServer } from './choose-server.ts'
import { type ComebackPlaces, OwnPlaces } from './comeback-places.ts'
import { Meeting, type MeetingInit } from './meeting.ts'
import type { Session } from './session.ts'

export type HostInit = Pick<
  MeetingInit,
  | 'role'
  | 'nameplate'
  | 'secret'
  | 'capabilities'
  | 'connectivity'
  | 'onEvent'
  | 'onDiagnostic'
  | 'signal'
> & {
  /** The server as the user wrote it; one is run here where there is none. */
  rendezvous: string | undefined
}

/** The side that makes the code, and waits at a rendezvous for the one that is told it. */
export class Host implements Appointment {
  readonly nameplate: string
  readonly secret: string
  /** For the network that this machine is in, and with the server in it. */
  readonly code: string
  readonly full: string
  readonly #init: HostInit
  readonly #server: ChosenServer
  readonly #meeting: Meeting

  /** Throws `usage` for an address that is none, and what `Meeting.open` throws. */
  static async open(init: HostInit): Promise<Host> {
    const server = await chooseServer(init, init.signal)
    try {
      return new Host(init, server, await Meeting.open({ ...init, url: server.url }))
    } catch (thrown) {
      await server.close()
      throw thrown
    }
  }

  private constructor(init: HostInit, server: ChosenServer, meeting: Meeting) {
    this.#init = init
    this.#server = server
    this.#meeting = meeting
    const { nameplate } = meeting
    const { secret } = init
    this.nameplate = nameplate
    this.secret = secret
    const { address } = server
    server.announce(nameplate)
    this.code = formatShareCode({ nameplate, secret })
    this.full = formatShareCode({
      nameplate,
      secret,
      ...(address !== undefined && { server: address }),
    })
    init.onEvent({ event: 'code', code: this.code, full: this.full })
    init.onEvent({ event: 'waiting' })
  }

  get session(): Promise<Session> {
    return this.#meeting.session
  }

  get isEstablished(): boolean {
    return this.#meeting.isEstablished
  }

  get places(): ComebackPlaces {
    const { role, connectivity } = this.#init
    const { nameplate, token } = this.#meeting
    const { url, announce } = this.#server
    return new OwnPlaces({ role, connectivity, url, nameplate, token, announce })
  }

  nobodyCame(): ShareError {
    return new ShareError('nobody-came', 'Nobody came in time')
  }

  leave(): Promise<void> {
    return this.#meeting.close()
  }

  async close(): Promise<void> {
    await this.#meeting.close()
    await this.#server.close()
  }
}
