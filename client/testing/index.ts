/** Public entry `planwire/testing`: time, randomness and a network under a test's hand. */
export { ManualClock } from './manual-clock.ts'
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
export { seededRandom } from './seeded-random.ts'
