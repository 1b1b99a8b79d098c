export type { CandidateInfo, Diagnostic, DiagnosticWatcher } from './diagnostics.ts'
export { type Diagnosis, type DoctorOptions, doctor } from './doctor.ts'
export { type DoctorWithOptions, doctorWith } from './doctor-with.ts'
export { type ErrorCode, ShareError, toShareError } from './errors.ts'
export {
  type CheckFigures,
  type CheckName,
  type CheckResult,
  type DoctorEvent,
  type DoctorSummary,
  type DoctorWatcher,
  EVENT_SCHEMA_VERSION,
  type EventLine,
  type Failure,
  type NatMapping,
  type OfferInfo,
  type PathInfo,
  type ReceiverResult,
  type ReceiversSummary,
  type TransferEvent,
  type TransferSummary,
  type TransferWatcher,
  type Verdict,
  type VerifyEvent,
  type VerifySummary,
  type VerifyWatcher,
} from './events.ts'
export {
  completeCode,
  type Received,
  type ReceiveNewOptions,
  type ReceiveOptions,
  type Receiving,
  receive,
  receiveNew,
} from './receive.ts'
export { type ReceivingStream, receiveStream } from './receive-stream.ts'
export { type Sending, type SendOptions, type SeveralReceivers, send } from './send.ts'
export {
  createServerLogger,
  type ServeOptions,
  type ServerLogger,
  type Serving,
  serve,
} from './serve.ts'
export { type VerifyOptions, verify } from './verify.ts'
export { type Versions, versions } from './versions.ts'
