/** What keeps edits of live updates beyond the life of a tab: loaded beside the client that keeps them, when it knows where to. */
import { browserOutbox } from '../adapters/client-locks.ts'
import type { Clock } from '../ports/ports.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import type { OutboxPorts } from '../sync/keeper.ts'
import { LiveOutbox } from './live-outbox.ts'
import type { LiveRunner } from './live-runner.ts'
import * as saver from './saving.ts'

/** The outbox of an engine: what it brings back goes to the engine, and what the engine saves is its own as long as the outbox says so. */
export function outboxOf(
  runner: LiveRunner,
  clock: Clock,
  failed: (error: PlanwireError) => void,
  given: OutboxPorts | undefined,
): LiveOutbox {
  // What the outbox brings back is the engine's at once: storage forgets what no lane holds.
  runner.dispatch({ type: 'saver', saver })
  runner.lease = new LiveOutbox(runner.state, given ?? browserOutbox(), clock, {
    restored(edits) {
      if (edits.length > 0) runner.dispatch({ type: 'restored', edits })
      // Nothing is sent before the outbox was read: what it brings stands before everything made since.
      runner.startSaving()
    },
    takenOver: (ids, changed) => runner.dispatch({ type: 'takenOver', ids, changed }),
    failed,
  })
  return runner.lease
}
