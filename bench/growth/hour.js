/**
 * An hour of ten people's work on a core, by a clock that is moved by hand; run with `--expose-gc` as a process of its own.
 * Says what the heap holds after half of it, when history and log are as long as they get, and at the end. Tasks are edited,
 * added and removed, people come and go.
 */
import { tasks } from '../plan.js'

const dist = (/** @type {string} */ file) => new URL(`../../dist/${file}`, import.meta.url).href
/** @type {typeof import('../../mock-server/core/mock-core.ts')} */
const { createMockCore } = await import(dist('mock-server/core/mock-core.js'))
/** @type {typeof import('../../mock-server/core/memory-log.ts')} */
const { createMemoryLog } = await import(dist('mock-server/core/memory-log.js'))
/** @type {typeof import('../../client/testing/manual-clock.ts')} */
const { ManualClock } = await import(dist('client/testing/manual-clock.js'))

const PEOPLE = 10
const TASKS = 1_000
const minutes = Number(process.argv[2] ?? 60)

const clock = new ManualClock(Date.UTC(2026, 0, 5))
let ids = 0
const core = await createMockCore(
  { projects: [{ id: 1, name: 'Plan', tasksData: tasks(TASKS) }] },
  {
    clock,
    random: { next: () => 0.5, id: () => `id-${++ids}` },
    log: createMemoryLog(),
    logger: () => {},
  },
)

/** @param {number} who */
function join(who) {
  /** @type {number[]} */
  const added = []
  const listener = core.accept({
    url: '/',
    send(frame) {
      if (!frame.includes(`"own ${who} `)) return
      const id = JSON.parse(frame).changes?.tasks?.added?.[0]?.id
      if (id !== undefined) added.push(id)
    },
    close() {},
  })
  listener?.frame(JSON.stringify({ command: 'login', login: `user ${who}` }))
  listener?.frame(JSON.stringify({ command: 'dataset', project: 1 }))
  /** @param {object} tasks */
  const change = (tasks) =>
    listener?.frame(JSON.stringify({ command: 'projectChange', project: 1, changes: { tasks } }))
  return { added, change, leave: () => listener?.closed() }
}

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1e6
}

let warm = Number.NaN
const people = Array.from({ length: PEOPLE }, (_, who) => join(who))
for (let second = 0; second < minutes * 60; second++) {
  for (const [who, person] of people.entries()) {
    person.change({ updated: [{ id: 1 + ((second * PEOPLE + who) % TASKS), note: `at ${second} by ${who}` }] })
    if (second % 10 === who)
      person.change({ added: [{ $PhantomId: `p-${who}-${second}`, name: `own ${who} at ${second}` }] })
    const removed = second % 10 === (who + 5) % PEOPLE ? person.added.shift() : undefined
    if (removed !== undefined) person.change({ removed: [{ id: removed }] })
  }
  clock.advance(1_000)
  await core.flushed()
  if (second % 60 === 59) {
    // A tab is reloaded.
    const who = ((second / 60) % PEOPLE) | 0
    people[who]?.leave()
    people[who] = join(who)
  }
  if (second === Math.floor((minutes * 60) / 2)) warm = heap()
}
process.send?.({ warmMB: warm, endMB: heap(), commits: minutes * 60 * PEOPLE })
await core.close()
