/** Public entry `planwire/testing`: time, randomness and a network under a test's hand, and whether clients converge. */
export type { CompareOptions, Held, ServerRecords } from './convergence.ts'
export { ManualClock } from './manual-clock.ts'
export {
  type ConvergeOptions,
  type Converging,
  type PlanwireMatchers,
  planwireMatchers,
  type ServerSource,
} from './matchers.ts'
export { MemoryConnection, type MemoryConnectionState } from './memory-connection.ts'
export {
  type Accept,
  type Delivery,
  type Direction,
  type FarListener,
  type FarSocket,
  MemoryNetwork,
} from './memory-network.ts'
export { MemoryLocks, MemoryOutbox } from './memory-outbox.ts'
export { exposeForTests, type RecordSource, type StoreRecords } from './reading.ts'
export { seededRandom } from './seeded-random.ts'
