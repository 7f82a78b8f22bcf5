/**
 * A project model on `bryntum-revisions` with an adapter as its vendor's demo has one, and none of ours: what clients of
 * ours, flat clients and REST do arrives in it, although they have no scheduling engine that would tell `$input`.
 */

import { expect, test } from 'vitest'
import { ProjectDouble } from '../../client/bindings/bryntum/project-double.contract.ts'
import { undoing } from '../../client/project/late-history.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import type { RecordId } from '../../client/protocol/ids.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockCore } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await undoing.load()

const CONFIG = {
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [
        { id: 1, name: 'Dig', startDate: '2026-01-05T00:00:00', duration: 2, endDate: '2026-01-07T00:00:00' },
        { id: 2, name: 'Fill', startDate: '2026-01-05T00:00:00', duration: 1, endDate: '2026-01-06T00:00:00' },
      ],
    },
  ],
}

/** The demo's adapter: revisions go out as they are told and are applied as they come, own ones too. */
function connectVendorModel(core: MockCore): ProjectDouble {
  const model = new ProjectDouble({ revisionsEnabled: true })
  let turn: Promise<unknown> = Promise.resolve()
  const line = core.accept({
    url: '/',
    send: (frame) => {
      turn = turn.then(() => hear(JSON.parse(frame)))
    },
    close: () => {},
  })
  const say = (command: string, data: object): void => line?.frame(JSON.stringify({ command, data }))
  let client = ''
  async function hear({ command, data }: { command: string; data: Record<string, never> }): Promise<void> {
    if (command === 'login') {
      client = String(data['client'])
      say('dataset', { project: 1 })
    } else if (command === 'dataset') {
      const lists = Object.entries(data['dataset'] ?? {}).map(([key, list]) => [key.replace(/Data$/, ''), list])
      await model.loadInlineData(Object.fromEntries(lists))
      model.initRevisions(client)
    } else if (command === 'project_change') {
      const revisions: Record<string, never>[] = data['revisions'] ?? []
      for (const { revision, localRevision, client: author, changes } of revisions)
        await model.applyRevisions([
          {
            revisionId: revision ?? '',
            localRevisionId: localRevision ?? '',
            clientId: author ?? '',
            changes: changes ?? {},
          },
        ])
    }
  }
  model.on({
    revisionNotification: ({
      localRevisionId,
      clientId,
      changes,
    }: {
      localRevisionId: RecordId
      clientId: RecordId
      changes: object
    }) => say('project_change', { project: 1, revisions: [{ revision: localRevisionId, clientId, changes }] }),
  })
  say('login', { login: 'vendor' })
  return model
}

test.each([
  ['flat', false],
  ['revisions', false],
  ['with the extension', true],
] as const)(
  '[BR8] a model without us shows what our clients do, undo and save by REST (%s)',
  async (speech, extension) => {
    const clock = new ManualClock(1_000_000)
    const core = await createMockCore(CONFIG, {
      clock,
      random: seededRandom(1),
      log: createMemoryLog(),
      logger: () => {},
    })
    const network = new MemoryNetwork((socket) => core.accept(socket))
    const client = new ProjectClient({
      wsAddress: 'ws://sim/',
      wsProjectId: 1,
      credentials: { login: 'ours' },
      extension,
      dialect: speech === 'flat' ? 'bryntum-flat' : 'bryntum-revisions',
      flatServer: 'serial',
      transport: network.transport,
      clock,
      random: seededRandom(2),
      logger: () => {},
      outbox: false,
    })
    const model = connectVendorModel(core)
    const settle = async (): Promise<void> => {
      for (let round = 0; round < 4; round++) {
        for (let turn = 0; turn < 60; turn++) {
          await undefined
          network.flush()
        }
        clock.advance(3_000)
      }
    }
    const shown = (): unknown[] =>
      model.taskStore.records.map((task) => [
        task.id,
        task.get('name'),
        task.get('endDate'),
        task.get('parentId') ?? null,
      ])
    const kept = (): unknown[] =>
      client.tasks.all().map((task) => [task.id, task.name, task['endDate'], task.parentId ?? null])
    await settle()
    expect(shown()).toEqual(kept())

    client.transact(() => {
      client.tasks.update(1, { name: 'Dig deep', duration: 4, endDate: '2026-01-09T00:00:00' })
      const top = client.tasks.add({ name: 'Top', startDate: '2026-01-05T00:00:00', endDate: '2026-01-06T00:00:00' })
      client.tasks.add({ name: 'Below', parentId: top.id, endDate: '2026-01-06T00:00:00' })
      client.dependencies.add({ from: 1, to: top.id, active: false })
    })
    await settle()
    expect(shown()).toHaveLength(4)
    expect(sorted(shown())).toEqual(sorted(kept()))
    expect(model.dependencyStore.records.map((link) => link.id)).toEqual(client.dependencies.all().map(({ id }) => id))

    client.tasks.remove(2)
    await settle()
    expect(sorted(shown())).toEqual(sorted(kept()))
    client.undo()
    await settle()
    expect(shown()).toHaveLength(4)
    expect(sorted(shown())).toEqual(sorted(kept()))

    const body = JSON.stringify({ text: 'By REST' })
    const headers = { 'content-type': 'application/json' }
    expect((await core.http({ method: 'PUT', url: '/data/task/1', headers, body }))?.status).toBe(200)
    await settle()
    expect(model.taskStore.getById(1)?.get('name')).toBe('By REST')

    model.taskStore.getById(1)?.set({ name: 'By the model' })
    await settle()
    expect(client.tasks.get(1)?.name).toBe('By the model')
    client.close()
  },
)

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
