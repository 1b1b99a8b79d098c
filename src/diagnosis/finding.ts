import type { CheckName, CheckResult } from '../events.ts'

/** What the check `Name` found. */
export type Finding<Name extends CheckName> = CheckResult & { name: Name }
