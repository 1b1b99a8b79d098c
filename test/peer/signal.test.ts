import { describe, expect, it } from 'vitest'
import { sdpFingerprint, sdpMaxMessageBytes } from '../../src/peer/session-description.ts'
import { decodeSignal, encodeSignal, signalWithin } from '../../src/peer/signal.ts'

const FINGERPRINT = Array.from({ length: 32 }, (_, index) =>
  index.toString(16).padStart(2, '0'),
).join(':')

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  `a=fingerprint:sha-256 ${FINGERPRINT}`,
  'a=max-message-size:262144',
  '',
].join('\r\n')

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0' }

describe('signals', () => {
  it.each([
    ['an offer', { type: 'offer' as const, sdp: SDP }],
    ['an answer', { type: 'answer' as const, sdp: SDP }],
    ['a candidate', { type: 'candidate' as const, candidate }],
  ])('carry %s', (_, signal) => {
    expect(decodeSignal(encodeSignal(signal))).toEqual(signal)
  })

  it.each([
    ['no JSON', new TextEncoder().encode('{')],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe)],
    ['a request to renegotiate', bytes({ type: 'renegotiate', renegotiate: true })],
    ['a request for a transceiver', bytes({ type: 'transceiverRequest', transceiverRequest: {} })],
    ['an offer with a passenger', bytes({ type: 'offer', sdp: SDP, renegotiate: true })],
    ['a candidate with a passenger', bytes({ type: 'candidate', candidate, sdp: SDP })],
    ['a candidate that is too long', bytes({ type: 'candidate', candidate: 'x'.repeat(5000) })],
    ['a description that is too long', bytes({ type: 'offer', sdp: SDP + 'x'.repeat(16384) })],
    ['more than any signal', new Uint8Array(40_000).fill(0x20)],
  ])('are refused with %s', (_, message) => {
    expect(() => decodeSignal(message)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })
})

describe('signals over TCP only', () => {
  const udp = 'candidate:1 1 udp 2122260223 192.0.2.1 40000 typ host generation 0'
  const tcp = 'candidate:2 1 tcp 1518280447 192.0.2.1 40001 typ host tcptype passive generation 0'
  const udpNamedTcp = 'candidate:tcp 1 udp 1 192.0.2.1 40002 typ host'
  const over = (line: string) =>
    signalWithin(
      { transport: 'tcp' },
      { type: 'candidate', candidate: { candidate: line, sdpMid: '0' } },
    )

  it('leave out the candidates over anything else, alone and in a description', () => {
    expect(over(udp)).toBeUndefined()
    expect(over(udpNamedTcp)).toBeUndefined()
    expect(over('')).toBeUndefined()
    const sdp = `${SDP}a=${udp}\r\na=${tcp}\r\na=${udpNamedTcp}\r\na=end\r\n`
    const kept = signalWithin({ transport: 'tcp' }, { type: 'answer', sdp })
    expect(kept).toEqual({ type: 'answer', sdp: `${SDP}a=${tcp}\r\na=end\r\n` })
  })

  it('keep what runs over TCP, in any case', () => {
    expect(over(tcp)).toMatchObject({ candidate: { candidate: tcp } })
    expect(over(tcp.replace(' tcp ', ' TCP '))).toBeDefined()
  })

  it('are all of them where any transport will do', () => {
    const signal = { type: 'offer' as const, sdp: `${SDP}a=${udp}\r\n` }
    expect(signalWithin({ transport: 'any' }, signal)).toEqual(signal)
  })
})

describe('signals of a connection that takes one kind of path', () => {
  const host = 'candidate:1 1 udp 2122265343 10.0.0.7 57723 typ host generation 0'
  const tcp = 'candidate:2 1 tcp 1518 10.0.0.7 9 typ host tcptype active generation 0'
  const mapped = 'candidate:3 1 udp 1677 203.0.113.5 4711 typ srflx raddr 10.0.0.7 rport 57723'
  const relay = 'candidate:4 1 udp 418 198.51.100.1 35021 typ relay raddr 203.0.113.5 rport 4711'
  const unheardOf = 'candidate:5 1 udp 418 10.0.0.7 35021 typ host6'
  const all = [host, tcp, mapped, relay, unheardOf]
  const told = (only: 'direct' | 'relay', line: string) =>
    signalWithin({ transport: 'any', only }, { type: 'candidate', candidate: { candidate: line } })

  it('name no relay where it is to be direct', () => {
    expect(all.filter((line) => told('direct', line))).toEqual([host, tcp, mapped, unheardOf])
    expect(told('direct', mapped)).toMatchObject({ candidate: { candidate: mapped } })
  })

  it('name nothing but the relay where it is to be one, nor what is behind it', () => {
    expect(all.filter((line) => told('relay', line))).toEqual([relay])
    expect(told('relay', relay)).toMatchObject({
      candidate: {
        candidate: 'candidate:4 1 udp 418 198.51.100.1 35021 typ relay raddr 0.0.0.0 rport 0',
      },
    })
  })

  it('leave it out of descriptions too', () => {
    const lines = all.map((line) => `a=${line}\r\n`).join('')
    const sdp = `${SDP.replace('IP4 0.0.0.0', 'IP4 10.0.0.7')}${lines}a=end\r\n`
    const told = signalWithin({ transport: 'any', only: 'relay' }, { type: 'offer', sdp })
    expect(JSON.stringify(told)).not.toContain('10.0.0.7')
    expect(JSON.stringify(told)).not.toContain('203.0.113.5')
    expect(told).toMatchObject({ sdp: expect.stringContaining('a=candidate:4 ') })
  })
})

describe('descriptions', () => {
  it('name one certificate, in any case', () => {
    expect(sdpFingerprint(SDP)).toBe(`sha-256 ${FINGERPRINT.toUpperCase()}`)
    expect(sdpFingerprint(SDP.replace('a=fingerprint:sha-256', 'a=fingerprint:SHA-256'))).toBe(
      sdpFingerprint(SDP),
    )
  })

  it.each([
    ['no fingerprint', SDP.replace(/a=fingerprint.*\r\n/, '')],
    ['two fingerprints', `${SDP}a=fingerprint:sha-256 ${FINGERPRINT}\r\n`],
    ['a weak fingerprint', SDP.replace(/sha-256 .*/, 'sha-1 00:01:02')],
    ['a short fingerprint', SDP.replace(':1f', '')],
    ['video', `${SDP}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`],
    ['no section', SDP.replace(/m=.*\r\n/, '')],
  ])('are refused with %s', (_, sdp) => {
    expect(() => sdpFingerprint(sdp)).toThrow(expect.objectContaining({ code: 'protocol' }))
  })

  it.each([
    ['our own size', '262144', 262_144],
    ['a smaller size', '65536', 65_536],
    ['a gibibyte', '1073741823', 262_144],
    ['no limit', '0', 262_144],
  ])('announce %s', (_, announced, expected) => {
    expect(sdpMaxMessageBytes(SDP.replace('262144', announced))).toBe(expected)
  })

  it('mean 64 KiB where they announce nothing', () => {
    expect(sdpMaxMessageBytes(SDP.replace(/a=max.*\r\n/, ''))).toBe(65_536)
  })

  it('are refused where no frame of ours would fit', () => {
    expect(() => sdpMaxMessageBytes(SDP.replace('262144', '1000'))).toThrow(
      expect.objectContaining({ code: 'protocol' }),
    )
  })
})
