/** Stories: what a fleet is made of and what happens to it, as plain data. A story is a function of its kind and seed. */
import type { Random } from '../../client/ports/ports.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'

/** Servers, and how clients talk to them. */
export const KINDS = [
  'core',
  'core-revisions-extension',
  'core-revisions',
  'core-flat-serial',
  'core-flat',
  'document-serial',
  'document',
  'late',
  'faulty',
  'revisions',
] as const

/** A kind of fleet. */
export type Kind = (typeof KINDS)[number]

/** What happens in a step. */
export type StepKind =
  | 'edit'
  | 'deliver'
  | 'drop'
  | 'stall'
  | 'time'
  | 'sleep'
  | 'offline'
  | 'back'
  | 'reset'
  | 'restart'
  | 'forget'
  | 'tail'
  | 'reload'
  | 'crash'
  | 'duplicate'
  | 'relogin'
  | 'load'
  | 'repeat'

/** One step. `tab` and `seed` decide everything in it, so that a step means much the same when others are taken away. */
export interface Step {
  readonly kind: StepKind
  readonly tab: number
  readonly seed: number
}

/** A whole story. */
export interface Story {
  readonly kind: Kind
  readonly seed: number
  readonly tabs: number
  /** People at work; tabs are shared out among them. */
  readonly users: number
  /** Whether tabs keep what is pending in storage; only then do they crash. */
  readonly outbox: boolean
  /** Whether frames arrive when their latency is over, instead of in whatever order the steps say. */
  readonly latency: boolean
  /** Revisions that the server keeps for catch-up. */
  readonly history: number
  readonly steps: readonly Step[]
}

const EVERYWHERE: readonly StepKind[] = [
  'drop',
  'drop',
  'stall',
  'time',
  'sleep',
  'offline',
  'back',
  'reset',
  'relogin',
  'load',
  'repeat',
]
const WITH_OUTBOX: readonly StepKind[] = ['reload', 'crash', 'duplicate']
/** Only who has the extension can tell a server that lost its memory from the same one. */
const WITH_EXTENSION: readonly StepKind[] = ['restart', 'forget', 'tail']

/** The story of a seed. Half of them are told without anything breaking. */
export function storyOf(kind: Kind, seed: number): Story {
  const random = seededRandom(`${kind} ${seed}`)
  const below = (count: number): number => Math.floor(random.next() * count)
  const tabs = below(10) === 0 ? 5 + below(4) : 2 + below(3)
  const outbox = below(2) === 0
  const faults: StepKind[] = below(3) === 0 ? [] : [...EVERYWHERE, ...(outbox ? WITH_OUTBOX : [])]
  if (faults.length) faults.push(...(hasExtension(kind) ? WITH_EXTENSION : (['restart'] as const)))
  return {
    kind,
    seed,
    tabs,
    users: below(3) === 0 ? tabs : 1 + below(tabs),
    outbox,
    latency: below(3) === 0,
    history: below(3) === 0 ? 4 : 10_000,
    steps: Array.from({ length: 20 + below(40) }, () => ({
      kind: stepOf(random, faults),
      tab: below(8),
      seed: below(2 ** 30),
    })),
  }
}

function hasExtension(kind: Kind): boolean {
  return kind === 'core' || kind === 'core-revisions-extension'
}

function stepOf(random: Random, faults: readonly StepKind[]): StepKind {
  const roll = random.next() * 100
  if (faults.length && roll < 14) return faults[Math.floor(random.next() * faults.length)] ?? 'drop'
  return roll < 58 ? 'edit' : 'deliver'
}
