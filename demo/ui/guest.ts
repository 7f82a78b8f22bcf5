/** A name for whoever comes without one, the same for as long as the tab lives. */

const NAMES = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Leslie', 'Frances', 'Ken', 'Margaret']
const KEY = 'planwire-demo-guest'

/** The name of this tab's guest. */
export function guestName(): string {
  const picked = NAMES[Math.floor(Math.random() * NAMES.length)] ?? 'Guest'
  try {
    const kept = sessionStorage.getItem(KEY) ?? picked
    sessionStorage.setItem(KEY, kept)
    return kept
  } catch {
    return picked
  }
}
