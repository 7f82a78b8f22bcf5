/**
 * When a line is worth another look: the network came back or went away, the tab became visible, or it returned from the
 * back/forward cache. A network that goes closes no socket: without a question its page says "live" until the silence is noticed.
 */
import type { Cancel } from '../ports/ports.ts'

/**
 * Calls `woken` on `online`, on `offline`, on becoming visible and on a persisted `pageshow`, until the returned function is called.
 * Outside of a page it never calls.
 */
export function browserWakeups(woken: () => void): Cancel {
  if (typeof document === 'undefined' || typeof addEventListener !== 'function') return () => {}
  const visible = (): void => {
    if (document.visibilityState === 'visible') woken()
  }
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) woken()
  }
  addEventListener('online', woken)
  addEventListener('offline', woken)
  addEventListener('pageshow', shown)
  document.addEventListener('visibilitychange', visible)
  return () => {
    removeEventListener('online', woken)
    removeEventListener('offline', woken)
    removeEventListener('pageshow', shown)
    document.removeEventListener('visibilitychange', visible)
  }
}
