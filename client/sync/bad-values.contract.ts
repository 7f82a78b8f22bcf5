/** Values that JSON loses or cannot say: no face takes them as a field of a record. */
/** An object that holds itself. */
export const cycle: { self?: unknown; other?: unknown } = {}
cycle.self = [cycle]
cycle.other = { cycle }
let deep: unknown = 1
for (let at = 0; at < 10_000; at++) deep = [deep]

/** By what is wrong with them. */
export const BAD_VALUES: { readonly [what: string]: unknown } = {
  'an invalid date': new Date(Number.NaN),
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'a function': () => 1,
  'a symbol': Symbol('x'),
  'a big integer': 10n,
  'a cycle': cycle,
  'a value nested without end': deep,
  'a Map': new Map([[1, 2]]),
  'a Set': new Set([1]),
  'a typed array': new Uint8Array(2),
  'a function within an object within an array': [{ render: () => 1 }],
  'NaN within an object': { left: Number.NaN },
}

/** How they are refused. */
export const REFUSED = { code: 'invalid-argument', recovery: 'fatal' } as const
