/** Owns how numbers and times read. */

/** `14:03:59.120`, in the reader's own zone. */
export function clockTime(at: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** `4 s`, `3 min`, `2 h`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** `532 B`, `4.1 kB`, `2.3 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** `12,345`, or `9.9k` where there is no room. */
export function short(count: number): string {
  return count < 1000
    ? String(count)
    : count < 100_000
      ? `${(Math.floor(count / 100) / 10).toFixed(1)}k`
      : `${Math.floor(count / 1000)}k`
}
