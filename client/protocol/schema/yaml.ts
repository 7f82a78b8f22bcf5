/** Owns YAML as far as a JSON value needs it: one way to write each value, so that two runs never differ. */

const PLAIN = /^[A-Za-z][A-Za-z0-9 _./#{}()-]*$/
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i

function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  // What could be read as something else, and what holds `: ` or ` #`, goes in quotes, which YAML shares with JSON.
  return PLAIN.test(value) && !WORDS.test(value) && !/ #|\s$/.test(value) && !/[{}]/.test(value)
    ? value
    : JSON.stringify(value)
}

/** A JSON value as a YAML document. */
export function yaml(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    return value
      .map((entry) => {
        const written = isBranch(entry) ? yaml(entry, `${indent}  `).slice(indent.length + 2) : `${leaf(entry)}\n`
        return `${indent}- ${written}`
      })
      .join('')
  }
  return Object.entries(Object(value))
    .filter(([, entry]) => entry !== undefined)
    .map(([key, entry]) =>
      isBranch(entry)
        ? `${indent}${scalar(key)}:\n${yaml(entry, `${indent}  `)}`
        : `${indent}${scalar(key)}: ${leaf(entry)}\n`,
    )
    .join('')
}

function isBranch(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

function leaf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : scalar(value)
}
