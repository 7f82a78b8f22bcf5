/** Owns how a JSON value is written in TypeScript: as people write it, in lines of at most 120 columns. */

const WIDTH = 120
const NAME = /^[A-Za-z_$][\w$]*$/

/** A value as an expression. `indent`: columns of the line it begins in; `used`: columns that stand before and behind it there. */
export function jsLiteral(value: unknown, indent: number, used: number): string {
  const flat = inOneLine(value)
  if (flat !== undefined && used + flat.length <= WIDTH) return flat
  const inner = ' '.repeat(indent + 2)
  const end = ' '.repeat(indent)
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => `${inner}${jsLiteral(item, indent + 2, indent + 3)},`)
    return value.length === 0 ? '[]' : ['[', ...items, `${end}]`].join('\n')
  }
  if (typeof value !== 'object' || value === null) return scalar(value)
  const fields = Object.entries(value).map(([key, each]) => {
    const name = keyOf(key)
    return `${inner}${name}: ${jsLiteral(each, indent + 2, indent + 2 + name.length + 3)},`
  })
  return fields.length === 0 ? '{}' : ['{', ...fields, `${end}}`].join('\n')
}

/** Undefined for what reads better in several lines: lists of several records. */
function inOneLine(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const isTable =
      value.length > 1 &&
      value.every((item) => typeof item === 'object' && item !== null && Object.keys(item).length > 1)
    if (isTable) return undefined
    const items = value.map(inOneLine)
    return items.every((item) => item !== undefined) ? `[${items.join(', ')}]` : undefined
  }
  if (typeof value !== 'object' || value === null) return scalar(value)
  const fields = Object.entries(value).map(([key, each]) => {
    const text = inOneLine(each)
    return text === undefined ? undefined : `${keyOf(key)}: ${text}`
  })
  if (fields.length === 0) return '{}'
  return fields.every((field) => field !== undefined) ? `{ ${fields.join(', ')} }` : undefined
}

const keyOf = (key: string): string => (NAME.test(key) ? key : jsText(key))

function scalar(value: unknown): string {
  return typeof value === 'string' ? jsText(value) : JSON.stringify(value ?? null)
}

/** A string, in the quotes of which it holds fewer. */
export function jsText(text: string): string {
  const json = JSON.stringify(text)
  const single = text.split("'").length
  const double = text.split('"').length
  return single > double ? json : `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
