export type { CandidateInfo, Diagnostic, DiagnosticWatcher } from './diagnostics.ts'
export { type ErrorCode, ShareError, toShareError } from './errors.ts'
export {
  EVENT_SCHEMA_VERSION,
  type EventLine,
  type OfferInfo,
  type PathInfo,
  type TransferEvent,
  type TransferSummary,
  type TransferWatcher,
  type VerifyEvent,
  type VerifySummary,
  type VerifyWatcher,
} from './events.ts'
export { completeCode, type Received, type ReceiveOptions, receive } from './receive.ts'
export { type ReceivingStream, receiveStream } from './receive-stream.ts'
export { type Sending, type SendOptions, send } from './send.ts'
export {
  createServerLogger,
  type ServeOptions,
  type ServerLogger,
  type Serving,
  serve,
} from './serve.ts'
export { type VerifyOptions, verify } from './verify.ts'
export { type Versions, versions } from './versions.ts'
