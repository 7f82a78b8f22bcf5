/** Matchers for `expect.extend` of Vitest and Jest: whether clients of this process converge. */
import { PlanwireError } from '../protocol/errors.ts'
import {
  type CompareOptions,
  type Convergence,
  convergenceInWords,
  convergenceOf,
  type Holder,
  holderOf,
  holdersOfServer,
  type ServerRecords,
} from './convergence.ts'
import { readClients } from './reading.ts'

/** Every platform has it; this code is type-checked without any. */
declare const setTimeout: (run: () => void, ms: number) => unknown

/** Something that tells what a server holds: the mock server on any host. */
export interface ServerSource {
  export(): ServerRecords | Promise<ServerRecords>
}

/** What `toConverge` may be told. */
export interface ConvergeOptions extends CompareOptions {
  /** Has to hold the same records as well. */
  readonly server?: ServerSource
  /** Longest wait, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  /**
   * How time passes between two looks. Default: by itself.
   * @example
   * await expect([ann, bob]).toConverge({ advance: (ms) => clock.advance(ms) }) // a ManualClock
   */
  readonly advance?: (ms: number) => unknown
}

/** Clients, by themselves or by name: `[ann, bob]` or `{ ann, bob }`. */
export type Converging = readonly object[] | Readonly<Record<string, object>>

/** Milliseconds between two looks. Most of what is waited for is there soon. */
const pauseMs = (passedMs: number): number => (passedMs < 1_000 ? 20 : 200)

/**
 * Looks again and again until nothing differs and nothing waits (`wanted`: or until something does), or the time is up; answers
 * with what was found last. `pause` lets some time pass and says how much.
 */
export async function convergedWithin(
  wanted: boolean,
  timeoutMs: number,
  pause: (lookMs: number) => Promise<number>,
  holders: () => Promise<readonly Holder[]>,
  options: CompareOptions,
): Promise<Convergence> {
  for (let passedMs = 0; ; passedMs += await pause(passedMs)) {
    const found = convergenceOf(await holders(), options)
    if ((found.state === 'converged') === wanted || passedMs >= timeoutMs) return found
  }
}

/** What the runner tells a matcher. */
interface MatcherState {
  readonly isNot?: boolean
}

interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
}

/** For `expect.extend(planwireMatchers)`. */
export const planwireMatchers: {
  toConverge(this: MatcherState, received: Converging, options?: ConvergeOptions): Promise<MatcherResult>
} = {
  async toConverge(received, options = {}) {
    const named = Object.entries(received).map(([key, client]): [string, object] => [
      Array.isArray(received) ? `client ${Number(key) + 1}` : key,
      client,
    ])
    if (named.length === 0) throw new PlanwireError('invalid-argument', 'toConverge: there is no client', 'fatal')
    const { server, timeoutMs = 5_000, advance } = options
    const holders = async (): Promise<readonly Holder[]> => {
      const state = await server?.export()
      const theirs = state ? holdersOfServer(state) : []
      const stores = [...new Set(theirs.flatMap((holder) => Object.keys(holder.stores)))]
      const readings = await Promise.all(
        named.map(async ([name, client]) => {
          const [reading] = (await readClients({ clients: [client], stores })) ?? []
          return reading
            ? [holderOf(name, reading)]
            : [{ name, of: 'nothing', settled: false, waits: 'is closed', stores: {} }]
        }),
      )
      return [...readings.flat(), ...theirs]
    }
    const pause = async (passedMs: number): Promise<number> => {
      const ms = pauseMs(passedMs)
      if (advance) await advance(ms)
      else await new Promise<void>((resolve) => setTimeout(resolve, ms))
      return ms
    }
    const found = await convergedWithin(this.isNot !== true, timeoutMs, pause, holders, options)
    return {
      pass: found.state === 'converged',
      message: () =>
        found.state === 'converged'
          ? `Expected the clients to differ, but ${convergenceInWords(found)}`
          : `The clients do not converge within ${timeoutMs} ms: ${convergenceInWords(found)}`,
    }
  },
}

/**
 * The matchers as `expect` of Vitest has them.
 * @example
 * declare module 'vitest' {
 *   interface Matchers<T> extends PlanwireMatchers {}
 * }
 */
export interface PlanwireMatchers {
  /** Waits until all clients, and the server if one is given, hold the same records and nothing waits; names the first difference otherwise. */
  toConverge(options?: ConvergeOptions): Promise<void>
}
