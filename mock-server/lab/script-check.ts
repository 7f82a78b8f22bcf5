/** Owns the refusal of scripts that cannot be: they come from files, URLs and panels. Every error names the path. */
import { assertNever, PlanwireError } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { FaultName, FaultOf, LabScript, LabStep, LabTarget, Picking, Timing } from './script.ts'

type Rule =
  | { readonly kind: 'number'; readonly least: number; readonly most: number; readonly whole?: boolean }
  | { readonly kind: 'text' }
  | { readonly kind: 'oneOf'; readonly values: readonly (string | number)[] }
  | { readonly kind: 'code' }
  | { readonly kind: 'target' }
  | { readonly kind: 'trigger' }

type Rules<T> = { readonly [K in keyof Required<T>]: Rule }

/** Bounds of a script. */
const LAB_BOUNDS = { steps: 1000, ms: 86_400_000, times: 10_000, text: 1000 } as const

const text: Rule = { kind: 'text' }
const target: Rule = { kind: 'target' }
const ms: Rule = { kind: 'number', least: 0, most: LAB_BOUNDS.ms }
const share: Rule = { kind: 'number', least: 0, most: 1 }
const count: Rule = { kind: 'number', least: 1, most: 1_000_000_000, whole: true }
const rate: Rule = { kind: 'number', least: 0.001, most: 1_000_000_000_000 }
const code: Rule = { kind: 'code' }
const direction: Rule = { kind: 'oneOf', values: ['up', 'down'] }
const seed: Rule = { kind: 'number', least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }
const errorStatus: Rule = { kind: 'number', least: 400, most: 599, whole: true }
const picking: Rules<Picking> = { chance: share, count, match: text }

/** What each fault may say beside its timing, what it must say, and whether it lasts. */
const FAULTS: {
  readonly [Name in FaultName]: {
    readonly keys: Rules<Omit<FaultOf<Name>, 'fault'>>
    readonly required: readonly string[]
    readonly lasts: boolean
  }
} = {
  latency: { keys: { ms, jitterMs: ms, direction }, required: ['ms'], lasts: true },
  bandwidth: { keys: { bytesPerSecond: rate, direction }, required: ['bytesPerSecond'], lasts: true },
  'slow-consumer': { keys: { framesPerSecond: rate }, required: ['framesPerSecond'], lasts: true },
  pause: { keys: {}, required: [], lasts: true },
  'half-open': { keys: {}, required: [], lasts: true },
  offline: { keys: {}, required: [], lasts: true },
  'lose-before-commit': { keys: picking, required: [], lasts: true },
  'lose-ack': { keys: picking, required: [], lasts: true },
  drop: { keys: { code, reason: text }, required: [], lasts: false },
  duplicate: { keys: picking, required: [], lasts: true },
  reorder: { keys: { ...picking, ms }, required: [], lasts: true },
  status: { keys: { ...picking, status: errorStatus }, required: ['status'], lasts: true },
  'refuse-handshake': { keys: { status: errorStatus }, required: [], lasts: true },
  'expired-token': { keys: { token: text }, required: [], lasts: true },
  restart: {
    keys: { memory: { kind: 'oneOf', values: ['kept', 'lost'] }, downMs: ms, code },
    required: ['memory'],
    lasts: false,
  },
}

/** Every fault. */
export const FAULT_NAMES: readonly FaultName[] = Object.keys(FAULTS).filter(isFaultName)

const TIMING: Rules<Timing> = {
  id: text,
  at: ms,
  after: { kind: 'trigger' },
  for: ms,
  every: { kind: 'number', least: 1, most: LAB_BOUNDS.ms },
  times: { kind: 'number', least: 1, most: LAB_BOUNDS.times, whole: true },
  to: target,
}
const TARGET: Rules<LabTarget> = {
  user: text,
  client: text,
  token: text,
  tab: text,
  party: text,
  path: text,
  via: { kind: 'oneOf', values: ['socket', 'request'] },
  share,
}
const TRIGGERS: { readonly [event: string]: { readonly [key: string]: Rule } } = {
  commit: { count },
  connect: { count, to: target },
  frame: { count, match: text, direction, to: target },
  request: { count, match: text, to: target },
  begin: { step: text },
  end: { step: text },
}
const SCRIPT = {
  format: { kind: 'oneOf', values: ['planwire-lab'] },
  version: { kind: 'oneOf', values: [1] },
  name: text,
  seed,
} satisfies { readonly [key: string]: Rule }

/** True for a fault that lasts, false for one that is over at once. */
export function lasts(fault: FaultName): boolean {
  return FAULTS[fault].lasts
}

/**
 * Checks a script. Throws `invalid-argument` that names the path, such as `steps[2].ms`, and says what is allowed.
 */
export function checkScript(script: unknown): LabScript {
  if (!isObject(script)) refuse('the script', 'an object', script)
  const { steps, ...head } = script
  checkKeys(head, SCRIPT, ['format', 'version'], '', ['steps'])
  if (!Array.isArray(steps)) refuse('steps', 'a list', steps)
  if (steps.length > LAB_BOUNDS.steps) refuse('steps', `a list of at most ${LAB_BOUNDS.steps} steps`, steps)
  const ids = new Set<unknown>()
  for (const [at, step] of steps.entries()) {
    checkStep(step, `steps[${at}]`)
    const id = isObject(step) ? step['id'] : undefined
    if (id !== undefined && ids.has(id)) refuse(`steps[${at}].id`, 'another one than an earlier step has', id)
    ids.add(id)
  }
  for (const [at, step] of steps.entries()) {
    const after: unknown = isObject(step) ? step['after'] : undefined
    const named = isObject(after) ? after['step'] : undefined
    if (named !== undefined && !ids.has(named)) refuse(`steps[${at}].after.step`, 'the id of a step', named)
  }
  // Every key was checked against the table of its type.
  return script as unknown as LabScript
}

/** Checks one step; `path` says which in errors. Throws `invalid-argument`. */
export function checkStep(step: unknown, path: string): LabStep {
  if (!isObject(step)) refuse(path, 'an object', step)
  const { fault, ...rest } = step
  if (!isFaultName(fault)) refuse(`${path}.fault`, FAULT_NAMES.map((name) => `"${name}"`).join(', '), fault)
  const known = FAULTS[fault]
  checkKeys(rest, { ...TIMING, ...known.keys }, known.required, path, ['fault'])
  if (!known.lasts && rest['for'] !== undefined)
    refuse(`${path}.for`, `left out: ${fault} is over at once`, rest['for'])
  if (rest['times'] !== undefined && rest['every'] === undefined)
    refuse(`${path}.every`, 'given beside times', undefined)
  if (rest['every'] !== undefined && known.lasts && rest['for'] === undefined)
    refuse(`${path}.for`, 'given beside every', undefined)
  if (Number(rest['for'] ?? 0) > Number(rest['every'] ?? Number.POSITIVE_INFINITY))
    refuse(`${path}.for`, 'at most as long as every', rest['for'])
  return step as unknown as LabStep
}

function isFaultName(value: unknown): value is FaultName {
  return typeof value === 'string' && Object.hasOwn(FAULTS, value)
}

function checkKeys(
  value: { readonly [key: string]: unknown },
  rules: { readonly [key: string]: Rule },
  required: readonly string[],
  path: string,
  others: readonly string[] = [],
): void {
  const place = (key: string): string => (path === '' ? key : `${path}.${key}`)
  for (const key of required) if (value[key] === undefined) refuse(place(key), allowedBy(rules[key] ?? text), undefined)
  for (const [key, each] of Object.entries(value)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    if (!rule) refuse(place(key), `left out, or one of ${[...others, ...Object.keys(rules)].join(', ')}`, each)
    else if (each !== undefined) checkValue(each, rule, place(key))
  }
}

function checkValue(value: unknown, rule: Rule, path: string): void {
  if (!fits(value, rule)) refuse(path, allowedBy(rule), value)
  if (rule.kind === 'target' && isObject(value)) checkKeys(value, TARGET, [], path)
  if (rule.kind !== 'trigger' || !isObject(value)) return
  const { event, ...rest } = value
  const rules = typeof event === 'string' && Object.hasOwn(TRIGGERS, event) ? TRIGGERS[event] : undefined
  if (!rules)
    refuse(
      `${path}.event`,
      Object.keys(TRIGGERS)
        .map((name) => `"${name}"`)
        .join(', '),
      event,
    )
  checkKeys(rest, rules, rules['step'] ? ['step'] : [], path, ['event'])
}

function fits(value: unknown, rule: Rule): boolean {
  switch (rule.kind) {
    case 'number':
      return isBetween(value, rule.least, rule.most) && (rule.whole !== true || Number.isInteger(value))
    case 'text':
      return typeof value === 'string' && value !== '' && value.length <= LAB_BOUNDS.text
    case 'oneOf':
      return rule.values.some((each) => each === value)
    case 'code':
      return (isBetween(value, 1000, 1014) && value !== 1004 && Number.isInteger(value)) || isWhole(value, 3000, 4999)
    case 'target':
    case 'trigger':
      return isObject(value)
    default:
      return assertNever(rule)
  }
}

const isBetween = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most
const isWhole = (value: unknown, least: number, most: number): boolean =>
  isBetween(value, least, most) && Number.isInteger(value)

function allowedBy(rule: Rule): string {
  switch (rule.kind) {
    case 'number':
      return `a ${rule.whole === true ? 'whole ' : ''}number from ${rule.least} to ${rule.most}`
    case 'text':
      return `a text of 1 to ${LAB_BOUNDS.text} characters`
    case 'oneOf':
      return rule.values.map((each) => JSON.stringify(each)).join(' or ')
    case 'code':
      return 'a close code (1000 to 1014, or 3000 to 4999)'
    case 'target':
      return 'an object that says who'
    case 'trigger':
      return 'an object that says what happens'
    default:
      return assertNever(rule)
  }
}

function refuse(path: string, allowed: string, found: unknown): never {
  throw new PlanwireError(
    'invalid-argument',
    `Lab script: ${path} must be ${allowed}, not ${inWords(found)}`,
    'fatal',
    {
      path,
    },
  )
}

function inWords(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  if (typeof value === 'string') return value.length > 40 ? 'a long text' : JSON.stringify(value)
  return typeof value === 'function' ? 'a function' : String(value)
}
