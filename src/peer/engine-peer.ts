import SimplePeer from 'simple-peer'
import { loadEngine } from './engine.ts'
import { patientPeerConnection } from './patient-peer-connection.ts'

export interface EnginePeerInit {
  /** Who makes the offer. */
  initiator: boolean
  configuration: RTCConfiguration
  /** Told what a server did not do that it was asked for. */
  onCandidateError: (event: RTCPeerConnectionIceErrorEvent) => void
}

/** A peer with the one ordered, reliable data channel, and the engine's connection under it. */
export interface EnginePeer {
  peer: SimplePeer.Instance
  /** Undefined where the engine does not make one: then the peer fails. */
  connection: RTCPeerConnection | undefined
}

export function enginePeer(init: EnginePeerInit): EnginePeer {
  const { initiator, configuration: config, onCandidateError } = init
  const { RTCSessionDescription, RTCIceCandidate } = loadEngine()
  let connection: RTCPeerConnection | undefined
  class WatchedPeerConnection extends patientPeerConnection() {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connection = this
      this.addEventListener('icecandidateerror', onCandidateError)
    }
  }
  const peer = new SimplePeer({
    initiator,
    objectMode: true,
    trickle: true,
    channelName: 'p2pshare',
    // Both sides create it under the same id before they negotiate: no message comes before its handler.
    channelConfig: { negotiated: true, id: 0, ordered: true },
    config,
    wrtc: {
      RTCPeerConnection: WatchedPeerConnection,
      RTCSessionDescription,
      RTCIceCandidate,
    },
  })
  return { peer, connection }
}
