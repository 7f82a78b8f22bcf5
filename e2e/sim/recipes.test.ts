/** The recipes of docs/svelte-and-vue.md, as they stand there: compiled by their frameworks, and run against the mock server. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { compile } from 'svelte/compiler'
import type { Readable } from 'svelte/store'
import { afterAll, expect, test } from 'vitest'
import { effectScope, type ShallowRef, watchEffect } from 'vue'
import { compileScript, compileTemplate, parse } from 'vue/compiler-sfc'
import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Cancel } from '../../client/ports/ports.ts'
import { ProjectClient } from '../../client/project/project-client.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'

type Source<T> = { subscribe(listener: () => void): Cancel; getSnapshot(): T }

const folder = new URL('../../.cache/recipes/', import.meta.url)
const document = await readFile(new URL('../../docs/svelte-and-vue.md', import.meta.url), 'utf8')

afterAll(() => rm(folder, { recursive: true, force: true }))

/** The block of a language that holds a text. */
function block(language: string, text: string): string {
  const blocks = [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const found = blocks.find(([, of, code]) => of === language && code?.includes(text))?.[2]
  if (!found) throw new Error(`No ${language} with ${text}`)
  return found
}

/** A block as a module. */
async function moduleOf<T>(name: string, code: string): Promise<T> {
  await mkdir(folder, { recursive: true })
  const file = new URL(name, folder)
  await writeFile(file, code)
  return import(/* @vite-ignore */ file.pathname)
}

/** Two clients of one plan on the mock server, and what lets its frames through. */
async function twoClients(): Promise<{ readonly clients: [ProjectClient, ProjectClient]; synced(): Promise<void> }> {
  const config = { projects: [{ id: 1, name: 'Plan', tasksData: [{ id: 1, name: 'Dig' }] }] }
  const core = await createMockCore(config, {
    clock: systemClock,
    random: systemRandom,
    log: createMemoryLog(),
    logger: () => {},
  })
  const network = new MemoryNetwork((socket) => core.accept(socket))
  const open = (): ProjectClient =>
    new ProjectClient({
      wsAddress: 'ws://sim/',
      wsProjectId: 1,
      credentials: { login: 'user' },
      transport: network.transport,
      outbox: false,
    })
  const clients: [ProjectClient, ProjectClient] = [open(), open()]
  const synced = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn++) {
      await undefined
      network.flush()
    }
    for (const client of clients) await client.whenSynced()
  }
  await synced()
  return { clients, synced }
}

test('the recipe for Svelte shows what others do, while something shows it, and its component compiles', async () => {
  const { warnings } = compile(block('svelte', 'live(client.tasks)'), { filename: 'Plan.svelte' })
  expect(warnings).toEqual([])
  const { live } = await moduleOf<{ live<T>(source: Source<T>): Readable<T> }>('live.ts', block('ts', 'svelte/store'))
  const { clients, synced } = await twoClients()
  const [a, b] = clients
  const shown: string[] = []
  const stop = live(a.tasks).subscribe((tasks) => void shown.push(tasks.map(({ name }) => name).join()))
  b.tasks.update(1, { name: 'Dig deep' })
  await synced()
  expect(shown.at(0)).toBe('Dig')
  expect(shown.at(-1)).toBe('Dig deep')
  stop()
  b.tasks.update(1, { name: 'Unseen' })
  await synced()
  expect(shown.at(-1)).toBe('Dig deep')
  for (const client of clients) client.close()
})

test('the recipe for Vue shows what others do, until its scope ends, and its component compiles', async () => {
  const { descriptor, errors } = parse(block('vue', 'useLive(client.tasks)'))
  expect(errors).toEqual([])
  const { bindings = {} } = compileScript(descriptor, { id: 'plan' })
  const template = compileTemplate({
    source: descriptor.template?.content ?? '',
    filename: 'Plan.vue',
    id: 'plan',
    compilerOptions: { bindingMetadata: bindings },
  })
  expect([template.errors, template.tips]).toEqual([[], []])
  const { useLive } = await moduleOf<{ useLive<T>(source: Source<T>): Readonly<ShallowRef<T>> }>(
    'use-live.ts',
    block('ts', "from 'vue'"),
  )
  const { clients, synced } = await twoClients()
  const [a, b] = clients
  const shown: string[] = []
  const scope = effectScope()
  scope.run(() => {
    const tasks = useLive(a.tasks)
    watchEffect(() => void shown.push(tasks.value.map(({ name }) => name).join()), { flush: 'sync' })
  })
  b.tasks.update(1, { name: 'Dig deep' })
  await synced()
  expect(shown).toEqual(['Dig', 'Dig deep'])
  scope.stop()
  b.tasks.update(1, { name: 'Unseen' })
  await synced()
  expect(shown).toEqual(['Dig', 'Dig deep'])
  for (const client of clients) client.close()
})
