/** A scheduler before a server under the test's hand: loaded, connected, quiet. */
import type { PlanwireError } from '../protocol/errors.ts'
import { createScheduler, type Scheduler } from './event-store.ts'
import { type HandServer, settle } from './hand-server.contract.ts'
import type { DataProcessor } from './live-client.ts'
import type { LiveConflict, LiveRejection } from './live-state.ts'
import type { DataProcessorOptions } from './rest-client.ts'

/** The event that the server holds. */
export const EVENT = { id: 7, text: 'Freeze', start_date: '2025-04-21 09:00', end_date: '2025-04-21 10:00', note: 'n' }
const { id: _, ...fields } = EVENT
/** The body that it travels in. */
export const BODY = fields

/** Values of the broadcasts. */
export const update = (event: object): unknown => ({ type: 'update-event', event })
export const add = (event: object): unknown => ({ type: 'add-event', event })
export const gone = (id: unknown): unknown => ({ type: 'delete-event', event: { id } })

/** A scheduler and what it told so far. */
export interface OpenScheduler {
  readonly scheduler: Scheduler
  readonly dp: DataProcessor
  readonly errors: PlanwireError[]
  readonly conflicts: LiveConflict[]
  readonly rejections: LiveRejection[]
  readonly changes: unknown[]
}

/** A scheduler that loaded {@link EVENT} and hears of changes, or does not. */
export async function open(
  server: HandServer,
  { live = true, ...options }: Partial<DataProcessorOptions> & { live?: boolean } = {},
): Promise<OpenScheduler> {
  const scheduler = createScheduler(server.ports)
  const errors: PlanwireError[] = []
  const conflicts: LiveConflict[] = []
  const rejections: LiveRejection[] = []
  const changes: unknown[] = []
  scheduler.on('error', (error) => errors.push(error))
  scheduler.on('conflict', (conflict) => conflicts.push(conflict))
  scheduler.on('rejected', (rejection) => rejections.push(rejection))
  scheduler.on('change', ({ origin, stores }) => changes.push({ origin, ...stores.events }))
  void scheduler.load('/events')
  const dp = scheduler.createDataProcessor({ url: '/events', mode: 'REST-JSON', ...options })
  if (live) {
    const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await settle()
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    server.socket.start()
  }
  await settle()
  await answerLoads(server)
  await server.pass(10_000)
  await answerLoads(server)
  changes.length = 0
  return { scheduler, dp, errors, conflicts, rejections, changes }
}

/** Answers every load that waits, and those that follow. */
export async function answerLoads(server: HandServer, events: readonly object[] = [EVENT]): Promise<void> {
  for (let i = 0; i < server.requests.length; i++) {
    const request = server.requests[i]
    if (request?.method === 'GET' && request.url === '/events') await request.answer(200, events)
  }
}
