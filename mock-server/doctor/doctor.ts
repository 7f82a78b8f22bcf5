/** Owns the findings: told once for each cause, counted, bounded; and which checks look at what crosses the wire. */
import type { WireEntry } from '../recorder/recording.ts'
import { Divergence } from './divergence.ts'
import { FieldChecks } from './field-checks.ts'
import { type Finding, findingOf, type Sighting } from './finding.ts'
import { LineChecks } from './line-checks.ts'
import { LoopChecks } from './loop-checks.ts'
import { messageOf, type WireMessage } from './wire-message.ts'

/** Looks at one thing. Keeps no more than a bound, whatever crosses the wire. */
export interface Check {
  /** `message` is what the entry says, if it says anything. */
  take(entry: WireEntry, message: WireMessage | undefined): readonly Sighting[]
  /** Time has passed, and nothing else happened. `now` in milliseconds since the epoch. */
  passed?(now: number): readonly Sighting[]
}

/** Finds what is wrong on a wire. */
export interface Doctor {
  /** The worst first, then the oldest. */
  readonly findings: readonly Finding[]
  /** Looks at what crossed the wire, in order; returns the findings that are new, or were seen again. */
  take(entries: readonly WireEntry[]): readonly Finding[]
  /** Looks at what did not come: `now` in milliseconds since the epoch, as `at` of the entries. */
  passed(now: number): readonly Finding[]
  /** Forgets everything. */
  clear(): void
}

/** Findings of one code; further causes are counted on the last of them. */
const MOST_OF_A_CODE = 50
const MOST_ENTRIES = 20
const ORDER = { error: 0, warning: 1 }
/** How often checks are told that time has passed. */
const PASSED_EVERY_MS = 500

/**
 * A doctor without a patient: hand it the entries of a recorder. It never throws, and keeps little whatever it sees.
 * @example
 * const doctor = createDoctor()
 * mock.recorder.subscribe((entries) => {
 *   for (const { code, message, link } of doctor.take(entries)) console.warn(code, message, link)
 * })
 */
export function createDoctor(): Doctor {
  let checks = allChecks()
  const findings = new Map<string, Finding>()
  const counts = new Map<string, number>()
  let told = 0
  /** Number of the entry that it looked at last. */
  let last: number | undefined

  function file(sightings: readonly Sighting[], changed: Map<string, Finding>): void {
    for (const sighting of sightings) {
      let key = `${sighting.code} ${sighting.cause}`
      let known = findings.get(key)
      const ofCode = counts.get(sighting.code) ?? 0
      if (known === undefined && ofCode >= MOST_OF_A_CODE) {
        key = `${sighting.code} `
        known = findings.get(key)
      }
      const entries = [...new Set([...(known?.entries ?? []), ...sighting.entries])]
        .slice(0, MOST_ENTRIES)
        .sort((a, b) => a - b)
      if (known === undefined) counts.set(sighting.code, ofCode + 1)
      const finding =
        known === undefined ? findingOf({ ...sighting, entries }) : { ...known, entries, count: known.count + 1 }
      findings.set(key, finding)
      changed.set(key, finding)
    }
  }

  function pass(now: number, changed: Map<string, Finding>): void {
    told = now
    for (const check of checks) if (check.passed) file(check.passed(now), changed)
  }

  return {
    get findings() {
      return [...findings.values()].sort((a, b) => ORDER[a.severity] - ORDER[b.severity])
    },
    take(entries) {
      const changed = new Map<string, Finding>()
      for (const entry of entries) {
        // What it missed may have been the ack, the close, the other edit: what it followed is not certain any more.
        if (last !== undefined && entry.n !== last + 1) checks = allChecks()
        last = entry.n
        const message = messageOf(entry)
        if (entry.at - told >= PASSED_EVERY_MS) pass(entry.at, changed)
        for (const check of checks) file(check.take(entry, message), changed)
      }
      return [...changed.values()]
    },
    passed(now) {
      const changed = new Map<string, Finding>()
      pass(now, changed)
      return [...changed.values()]
    },
    clear() {
      checks = allChecks()
      findings.clear()
      counts.clear()
      told = 0
      last = undefined
    },
  }
}

function allChecks(): readonly Check[] {
  return [new FieldChecks(), new LoopChecks(), new LineChecks(), new Divergence()]
}
