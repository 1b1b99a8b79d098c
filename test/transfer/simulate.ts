import { seededRandom } from './seeded-random.ts'
import { type FlowOptions, SimulatedFlow, type WindowSample } from './simulated-flow.ts'
import { SimulatedLink } from './simulated-link.ts'

type Varying = number | ((atMs: number) => number)

/** The line that all flows share. */
export interface LinkOptions {
  megabits: Varying
  rttMs: Varying
  /** At the first rate; never less than 64 KiB. */
  queueMs: number
  /** 0.01 loses one packet in a hundred. */
  loss?: number
}

export interface FlowResult {
  /** Payload that had arrived by the end of each 100 ms. */
  deliveredBytes: number[]
  collapses: number
  samples: readonly WindowSample[]
}

export interface SimulationResult {
  flows: FlowResult[]
  /** The queue at the bottleneck at the end of each 100 ms. */
  queueMs: number[]
  /** Payload that the line could have carried by then. */
  attainableBytes: number[]
  droppedPackets: number
}

/** Results are taken this often. */
export const BIN_MS = 100

const varying = (value: Varying) => (typeof value === 'number' ? () => value : value)

/** Runs flows over one bottleneck for so many seconds. */
export function simulate(
  options: LinkOptions,
  flowOptions: readonly FlowOptions[],
  seconds: number,
  seed = 1,
): SimulationResult {
  const random = seededRandom(seed)
  const link = linkOf(options, random)
  const flows = flowOptions.map((each) => new SimulatedFlow(link, each, random))
  const deliveredBytes = flows.map((): number[] => [])
  const queueMs: number[] = []
  const attainableBytes: number[] = []
  const stepsPerBin = Math.ceil(BIN_MS / Math.min(1, Math.max(0.1, link.rttMs(0) / 20)))
  const stepMs = BIN_MS / stepsPerBin
  let carriableBytes = 0
  const steps = Math.round((seconds * 1000) / stepMs)
  for (let step = 1; step <= steps; step += 1) {
    const atMs = step * stepMs
    link.step(atMs, stepMs)
    carriableBytes += (link.attainable(atMs) * stepMs) / 1000
    for (let at = 0; at < flows.length; at += 1) flows[(at + step) % flows.length]?.step(atMs)
    if (step % stepsPerBin !== 0) continue
    queueMs.push(link.queueMs(atMs))
    attainableBytes.push(carriableBytes)
    for (const [at, flow] of flows.entries()) deliveredBytes[at]?.push(flow.deliveredBytes)
  }
  const results = flows.map(({ collapses, samples }, at) => {
    return { collapses, samples, deliveredBytes: deliveredBytes[at] ?? [] }
  })
  return { flows: results, queueMs, attainableBytes, droppedPackets: link.droppedPackets }
}

function linkOf(options: LinkOptions, random: () => number): SimulatedLink {
  return new SimulatedLink({
    megabitsPerSecond: varying(options.megabits),
    rttMs: varying(options.rttMs),
    queueMs: options.queueMs,
    loss: options.loss ?? 0,
    random,
  })
}
