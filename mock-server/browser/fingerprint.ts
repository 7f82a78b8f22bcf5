/** Tells whether two configurations are the same text without keeping both. */

/** A short print of a text: FNV-1a twice, with different starts and factors, and the length. */
export function fingerprintOf(config: string): string {
  let a = 0x811c9dc5
  let b = 0x01000193
  for (let at = 0; at < config.length; at++) {
    const unit = config.charCodeAt(at)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x85ebca6b)
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}-${config.length}`
}
