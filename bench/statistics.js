/** Owns what is made of measured figures: medians, percentiles, slopes, and rounds in which nobody has the better hour. */

/** @param {readonly number[]} values @param {number} share 0 to 1 @returns {number} NaN of none */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** @param {readonly number[]} values @returns {number} NaN of none */
export const median = (values) => percentile(values, 0.5)

/**
 * The exponent b of the power law y = a * x^b that fits best: 0 is a cost that does not grow, 1 one that grows in proportion.
 * @param {readonly (readonly [x: number, y: number])[]} points
 * @returns {number}
 */
export function growthExponent(points) {
  const logs = points.map(([x, y]) => /** @type {const} */ ([Math.log(x), Math.log(y)]))
  const mean = (/** @type {0 | 1} */ at) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const over = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return over / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}

/**
 * Measures each subject once per round, in an order that turns with the rounds: what the machine does meanwhile meets all
 * alike. @template {string} Subject @template Figures
 * @param {readonly Subject[]} subjects
 * @param {number} rounds
 * @param {(subject: Subject) => Promise<Figures>} measure
 * @returns {Promise<Map<Subject, Figures[]>>} what each round brought
 */
export async function interleaved(subjects, rounds, measure) {
  /** @type {Map<Subject, Figures[]>} */
  const results = new Map(subjects.map((subject) => [subject, []]))
  for (let round = 0; round < rounds; round++) {
    const at = round % subjects.length
    for (const subject of [...subjects.slice(at), ...subjects.slice(0, at)]) {
      results.get(subject)?.push(await measure(subject))
    }
  }
  return results
}
