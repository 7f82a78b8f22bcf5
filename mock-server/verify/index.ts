/** Public entry `planwire/verify`: holds a server of a vendor's protocol to what clients rely on. Runs in browsers and in Node. */
export { junitReport } from './junit-report.ts'
export { DIALECTS, type VerifyOptions, type VerifyUser } from './options.ts'
export type { VerifyPorts, VerifySocket, VerifySocketConstructor } from './platform.ts'
export type { ClauseResult, ClauseStatus, Finding, Report, SeenFrame, Severity, VerifyDialect } from './report.ts'
export { clauseLine, summaryText, textReport } from './text-report.ts'
export { verify } from './verify.ts'
