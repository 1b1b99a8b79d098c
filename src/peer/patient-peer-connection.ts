import { loadEngine } from './engine.ts'

const STATE_EVENTS = new Set(['iceconnectionstatechange', 'connectionstatechange'])

/**
 * The engine's RTCPeerConnection, except that once it was connected it no longer tells of the
 * state `failed`. simple-peer destroys a connection in that state, but the engine itself goes on
 * answering checks and recovers when a stopped process or a lost network comes back; how long to
 * wait for that is for the lane's silence timer to say.
 */
export function patientPeerConnection(): typeof RTCPeerConnection {
  const Base = loadEngine().RTCPeerConnection
  return class PatientPeerConnection extends Base {
    #wasConnected = false

    override dispatchEvent(event: Event): boolean {
      if (this.iceConnectionState === 'connected') this.#wasConnected = true
      const failed = this.iceConnectionState === 'failed' || this.connectionState === 'failed'
      if (failed && this.#wasConnected && STATE_EVENTS.has(event.type)) return true
      return super.dispatchEvent(event)
    }
  }
}
