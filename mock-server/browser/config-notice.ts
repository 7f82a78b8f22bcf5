/** What a {@link ConfigNotice} means, in words for whoever reads the console. */
import { assertNever } from '../../client/protocol/errors.ts'
import type { ConfigNotice } from './port-messages.ts'

/** Undefined when there is nothing to tell. */
export function wordsOf(notice: ConfigNotice): string | undefined {
  switch (notice) {
    case 'current':
      return undefined
    case 'other-config-running':
      return 'The mock server runs on another configuration than this page brought, and keeps its state and users. Call reset() to start from this one.'
    case 'other-config-stored':
      return 'The stored state was made from another configuration and is kept. Call reset() to start from this one.'
    default:
      return assertNever(notice)
  }
}
