/** Owns the names and colours of bots. */

const NAMES = ['Mia', 'Noah', 'Aiko', 'Omar', 'Lena', 'Diego', 'Priya', 'Jonas', 'Zuri', 'Emil', 'Nadia', 'Theo']

/** Each is readable as white on colour and as colour on white (contrast of 4.5 or more). */
const COLORS = ['#b4235a', '#1f6feb', '#1a7f37', '#8250df', '#b35900', '#0e7490', '#a40e26', '#5a6b00']

/** A name that is not taken: the list's from `start` on, then `Mia 2` and so on. */
export function freeName(taken: (name: string) => boolean, start: number): string {
  for (let round = 1; ; round += 1) {
    for (let at = 0; at < NAMES.length; at += 1) {
      const base = NAMES[(start + at) % NAMES.length]
      const name = round === 1 ? `${base}` : `${base} ${round}`
      if (!taken(name)) return name
    }
  }
}

/** The colour that the fewest have. */
export function freeColor(taken: readonly string[], start: number): string {
  const uses = (color: string): number => taken.filter((other) => other === color).length
  const order = COLORS.map((_, at) => COLORS[(start + at) % COLORS.length] ?? '')
  return order.reduce((best, color) => (uses(color) < uses(best) ? color : best))
}
