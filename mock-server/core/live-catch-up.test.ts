import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { change, cutAt, type Kit, type Peer, PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

interface Heard {
  readonly action: string
  readonly name?: string
  readonly planwire?: { readonly position?: string; readonly caughtUp?: boolean; readonly refused?: boolean }
  readonly body?: {
    readonly name: string
    readonly value: { readonly type: string; readonly [payload: string]: unknown }
    readonly planwire?: { readonly position?: string; readonly more?: boolean }
  }
}

const heard = (peer: Peer): readonly Heard[] => peer.heard() as readonly Heard[]
const values = (frames: readonly Heard[]): readonly unknown[] => frames.flatMap(({ body }) => body?.value ?? [])

/** A socket that asked for the extension. */
function extended({ connect }: Kit): Peer {
  const peer = connect('/api/v1?token=token&ws=1&planwire=1')
  peer.heard()
  return peer
}

/** Subscribes as one who was there until `since`; answers what came. */
function back(kit: Kit, since: string | undefined, name = 'events'): readonly Heard[] {
  const peer = extended(kit)
  peer.say({ action: 'subscribe', name, planwire: { since } })
  return heard(peer)
}

/** Where a newcomer stands. */
const standing = (kit: Kit, name = 'events'): string => back(kit, undefined, name).at(-1)?.planwire?.position ?? ''

interface Told {
  readonly event: { readonly text: string }
}

const ROWS = {
  ...PLAN,
  projects: [{ id: 1, name: 'Plan', tasksData: [{ id: 1 }, { id: 2 }, { id: 3, children: [{ id: 4 }] }, { id: 5 }] }],
}

describe('a live-updates socket that asked for the extension', () => {
  it('is told where it stands when it subscribes, and with each event', async () => {
    const kit = await startKit()
    const peer = extended(kit)
    peer.say({ action: 'subscribe', name: 'events' })
    const [subscribed] = heard(peer)
    const { headers } = await kit.rest('GET', '/events')
    expect(subscribed).toEqual({
      ...{ action: 'subscribed', name: 'events' },
      planwire: { position: headers['planwire-position'] },
    })
    const written = await kit.rest('POST', '/events', { text: 'one' })
    const [event] = heard(peer)
    // By the position an author knows the event of its own write.
    expect(event?.body?.planwire).toEqual({ position: written.headers['planwire-position'] })
    expect(event?.body?.planwire?.position).not.toBe(subscribed?.planwire?.position)
  })

  it('stands at the position of a commit once it heard the last event of it', async () => {
    const kit = await startKit()
    await kit.rest('POST', '/events', { text: 's', rrule: 'FREQ=DAILY' })
    await kit.rest('POST', '/events', { recurring_event_id: 100, original_start: '2025-04-23 08:00' })
    const peer = extended(kit)
    peer.say({ action: 'subscribe', name: 'events' })
    heard(peer)
    await kit.rest('DELETE', '/events/100')
    expect(heard(peer).map(({ body }) => body?.planwire?.more)).toEqual([true, undefined])
  })

  it('hears what vendor code hears, which in turn hears nothing of the extension', async () => {
    const kit = await startKit()
    const [plain, own] = [kit.live('events'), extended(kit)]
    own.say({ action: 'subscribe', name: 'events' })
    heard(own)
    await kit.rest('POST', '/events', { text: 'one' })
    expect(plain.frames().join()).not.toMatch(/planwire/)
    expect(values(heard(own))).toEqual([{ event: { text: 'one', id: 100 }, type: 'add-event' }])
    kit.live('events').say({ action: 'subscribe', name: 'rooms', planwire: { since: 'x/1' } })
    expect(plain.frames()).toEqual([])
  })

  it('gets the adds, updates and deletes that it missed, one for each record, as they are now', async () => {
    const kit = await startKit({ ...PLAN, collections: { events: [{ id: 1, text: 'a' }, { id: 2 }, { id: 3 }] } })
    const since = standing(kit)
    await kit.rest('PUT', '/events/1', { text: 'b' })
    await kit.rest('POST', '/events', { text: 'new' })
    await kit.rest('POST', '/events', { text: 'short' })
    await kit.rest('PUT', '/events/1', { text: 'c' })
    await kit.rest('DELETE', '/events/2')
    await kit.rest('DELETE', '/events/101')
    const missed = back(kit, since)
    expect(values(missed)).toEqual([
      { type: 'add-event', event: { id: 100, text: 'new' } },
      { type: 'update-event', event: { id: 1, text: 'c' } },
      { type: 'delete-event', event: { id: 2 } },
      // It came and went: whoever counts hears both.
      { type: 'add-event', event: { id: 101, text: 'short' } },
      { type: 'delete-event', event: { id: 101 } },
    ])
    expect(missed.slice(0, -1).every(({ body }) => body?.planwire?.more === true)).toBe(true)
    expect(missed.at(-1)).toMatchObject({ action: 'subscribed', planwire: { caughtUp: true } })
    expect(missed.at(-1)?.planwire?.position).toBe(standing(kit))
    expect(back(kit, standing(kit)).map(({ action }) => action)).toEqual(['subscribed'])
  })

  it('is told to reload where the history does not go back, is another one, or was reset', async () => {
    const kit = await startKit({ ...PLAN, limits: { history: 3 } })
    const early = standing(kit)
    for (let i = 0; i < 5; i += 1) await kit.rest('POST', '/events', { text: `${i}` })
    const later = standing(kit)
    const asked = (since: string): unknown => back(kit, since).map(({ planwire }) => planwire?.caughtUp)
    expect([asked(early), asked(later), asked('other/1'), asked('nonsense')]).toEqual([
      [false],
      [true],
      [false],
      [false],
    ])
    await kit.core.reset()
    expect(asked(later)).toEqual([false])
  })

  it('catches up over a restart of the server', async () => {
    const log = createMemoryLog()
    const before = await startKit(PLAN, log)
    const since = standing(before)
    await before.rest('POST', '/events', { text: 'one' })
    await before.core.close()
    const after = await startKit(PLAN, log)
    await after.rest('POST', '/events', { text: 'two' })
    expect(values(back(after, since))).toMatchObject([{ event: { text: 'one' } }, { event: { text: 'two' } }])
  })

  it('is told to reload when it heard of what a log lost, although others have written as much since', async () => {
    const log = createMemoryLog()
    const first = await startKit(PLAN, log)
    await first.rest('POST', '/events', { text: 'one' })
    const early = standing(first)
    await first.core.close()
    const second = await startKit(PLAN, log)
    await second.rest('POST', '/events', { text: 'kept' })
    const kept = standing(second)
    await second.rest('POST', '/events', { text: 'never on disk' })
    const ahead = standing(second)
    await second.core.close()
    const shorter = await cutAt(log, 'collection/events', 2)
    const third = await startKit(PLAN, shorter)
    for (const text of ['other', 'another']) await third.rest('POST', '/events', { text })
    const texts = (since: string): unknown => values(back(third, since)).map((value) => (value as Told).event.text)
    expect(back(third, ahead)).toMatchObject([{ action: 'subscribed', planwire: { caughtUp: false } }])
    expect([texts(early), texts(kept)]).toEqual([
      ['kept', 'other', 'another'],
      ['other', 'another'],
    ])
    // A version is named by a position too: the revision was given to another record since.
    const write = (position: string): Promise<{ status: number }> =>
      third.rest('PUT', '/events/100', { text: 'edited' }, { 'if-match': `"${position}"` })
    expect([(await write(ahead)).status, (await write(kept)).status]).toEqual([409, 200])
  })

  it('has no position in an entity that only carries messages, and hears when it may not subscribe', async () => {
    const kit = await startKit({ ...PLAN, limits: { subscriptions: 1 } })
    expect(back(kit, 'x/1', 'calendars')).toEqual([
      { action: 'subscribed', name: 'calendars', planwire: { caughtUp: false } },
    ])
    const peer = extended(kit)
    for (const name of ['a', 'b']) peer.say({ action: 'subscribe', name })
    expect(heard(peer).at(-1)).toEqual({ action: 'subscribed', name: 'b', planwire: { refused: true } })
  })

  it('learns rows and links of a plan that was changed on the other socket, with their places', async () => {
    const kit = await startKit(ROWS)
    const since = standing(kit, 'tasks')
    const project = kit.flat()
    project.say(
      change({
        tasks: {
          added: [{ id: 9, name: 'New', parentId: 3, parentIndex: 0 }],
          updated: [
            { id: 5, parentIndex: 0 },
            { id: 1, parentIndex: 1 },
            { id: 4, parentIndex: 1 },
          ],
          removed: [{ id: 2 }],
        },
        dependencies: { added: [{ id: 8, from: 1, to: 9, type: 2 }] },
      }),
    )
    expect(values(back(kit, since, 'tasks'))).toMatchObject([
      { type: 'update-task', task: { id: 5, target: '3' } },
      { type: 'update-task', task: { id: 1, target: 'next:5' } },
      { type: 'add-task', task: { id: 9, parent: 3 } },
      { type: 'update-task', task: { id: 4, target: 'next:9' } },
      { type: 'delete-task', task: { id: 2 } },
    ])
    expect(values(back(kit, since, 'links'))).toEqual([
      { type: 'add-link', link: { id: 8, source: 1, target: 9, type: '0' } },
    ])
  })

  it('ends with what the server holds, whenever it was away', async () => {
    const step = fc.oneof(
      fc.record({ verb: fc.constant('add'), id: fc.nat(4), text: fc.string() }),
      fc.record({ verb: fc.constant('edit'), id: fc.nat(4), text: fc.string() }),
      fc.record({ verb: fc.constant('remove'), id: fc.nat(4), text: fc.string() }),
      fc.record({ verb: fc.constant('away'), id: fc.nat(4), text: fc.string() }),
      fc.record({ verb: fc.constant('back'), id: fc.nat(4), text: fc.string() }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const kit = await startKit({ ...PLAN, limits: { history: 12 } })
        const rows = new Map<unknown, unknown>()
        let since: string | undefined
        let peer: Peer | undefined
        const load = async (): Promise<void> => {
          rows.clear()
          const { body, headers } = await kit.rest('GET', '/events')
          for (const row of JSON.parse(body)) rows.set(row.id, row)
          since = headers['planwire-position']
        }
        const read = async (): Promise<void> => {
          for (const { body, planwire, action } of peer ? heard(peer) : []) {
            const { type, event } = (body?.value ?? {}) as { type?: string; event?: { id: unknown } }
            if (type === 'delete-event') expect(rows.delete(event?.id)).toBe(true)
            else if (type) {
              expect(rows.has(event?.id)).toBe(type === 'update-event')
              rows.set(event?.id, event)
            }
            if (body?.planwire && !body.planwire.more) since = body.planwire.position
            if (action === 'subscribed' && planwire?.caughtUp === false) await load()
            else if (action === 'subscribed') since = planwire?.position
          }
        }
        const comeBack = async (): Promise<void> => {
          await read()
          peer?.drop()
          peer = extended(kit)
          peer.say({ action: 'subscribe', name: 'events', planwire: { since: since ?? 'none' } })
          await read()
        }
        await comeBack()
        const ids: number[] = []
        for (const { verb, id, text } of [...steps, { verb: 'back', id: 0, text: '' }]) {
          const url = `/events/${ids[id] ?? 0}`
          if (verb === 'add') ids.push(JSON.parse((await kit.rest('POST', '/events', { text })).body).id)
          if (verb === 'edit') await kit.rest('PUT', url, { text })
          if (verb === 'remove') await kit.rest('DELETE', url)
          if (verb === 'away') {
            await read()
            peer?.drop()
          }
          if (verb === 'back') await comeBack()
        }
        expect([...rows.values()]).toEqual(expect.arrayContaining((await kit.get('/events')) as unknown[]))
        expect(rows.size).toBe(((await kit.get('/events')) as unknown[]).length)
      }),
      { numRuns: 60 },
    )
  })
})
