import { describe, expect, it } from 'vitest'
import type { MockServerConfig } from './config.ts'
import { startKit } from './core-kit.contract.ts'
import { type ProjectSource, readByFetch, withProjectSources } from './project-sources.ts'

const documented = {
  tasksData: [
    { id: 1, name: 'House', children: [{ id: 2, name: 'Dig', startDate: '2026-01-05', duration: 2, percentDone: 50 }] },
    { id: 3, name: 'Build' },
  ],
  dependenciesData: [{ id: 7, from: 2, to: 3, type: 2 }],
  resourcesData: [{ id: 1, name: 'Ann' }],
  assignmentsData: [{ id: 9, event: 2, resource: 1 }],
  projectMeta: { startDate: '2026-01-05' },
}
const crud = {
  success: true,
  project: documented.projectMeta,
  tasks: { rows: documented.tasksData },
  dependencies: { rows: documented.dependenciesData },
  resources: { rows: documented.resourcesData },
  assignments: { rows: documented.assignmentsData },
}
const gantt = {
  data: [
    { id: 1, text: 'House', parent: 0 },
    { id: 2, text: 'Dig', start_date: '05-01-2026 00:00', duration: 2, progress: 0.5, parent: 1 },
    { id: 3, text: 'Build', parent: 0 },
  ],
  links: [{ id: 7, source: 2, target: 3, type: '0' }],
}

/** What a JSON file may hold. */
function configOf(content: unknown): MockServerConfig {
  return JSON.parse(JSON.stringify({ projects: [Object.assign({ id: 1, name: 'P' }, content)] }))
}

describe('a project', () => {
  it('may be configured as a CrudManager loads it: the same comes out as from the documents’ format', async () => {
    const [one, other] = [await startKit(configOf(documented)), await startKit(configOf(crud))]
    expect(other.dataset()).toEqual(one.dataset())
    expect(one.dataset()).toMatchObject({
      tasksData: [{ id: 1, children: [{ id: 2, name: 'Dig' }] }, { id: 3 }],
      assignmentsData: [{ id: 9, event: 2, resource: 1 }],
      projectMeta: { startDate: '2026-01-05' },
    })
    expect(other.logged).toEqual([])
  })

  it.each([
    ['data', gantt],
    ['tasks', { tasks: gantt.data, links: gantt.links }],
  ])('may be configured as DHTMLX Gantt loads it, with its tasks as `%s`', async (_, content) => {
    const kit = await startKit(configOf(content))
    expect(kit.dataset()).toMatchObject({
      tasksData: [
        { id: 1, name: 'House', children: [{ id: 2, name: 'Dig', duration: 2, percentDone: 50, parentId: 1 }] },
        { id: 3, name: 'Build' },
      ],
      dependenciesData: [{ id: 7, from: 2, to: 3, type: 2 }],
    })
    expect(kit.dataset().tasksData?.[0]).not.toHaveProperty('text')
    expect(kit.logged).toEqual([])
    // And comes back to the widget as it was.
    expect(await kit.get('/data')).toMatchObject({ data: gantt.data, links: gantt.links })
  })

  it.each([
    ['tasks.rows', { tasks: { rows: [{ name: 'no id' }] } }, 'projects[0].tasks.rows'],
    ['data', { data: [{ id: 1 }, 7] }, 'projects[0].data[1]'],
    ['links', { data: [], links: [{ source: 1 }] }, 'projects[0].links[0].id'],
    ['tasks', { tasks: 'none' }, 'projects[0].tasks'],
  ])('tells the place of a mistake in `%s`', async (_, content, place) => {
    await expect(startKit(configOf(content))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(place),
    })
  })
})

describe('a project that lies elsewhere', () => {
  const config: MockServerConfig = {
    projects: [
      { id: 1, name: 'Here', tasksData: [{ id: 1 }] },
      { id: 2, name: 'File', file: 'house.json' },
      { id: 3, name: 'Address', url: 'https://example.org/plan' },
    ],
  }
  const read = async (source: ProjectSource): Promise<string> =>
    JSON.stringify(source.type === 'file' ? crud : { id: 99, name: 'Its own name', ...gantt })

  it('is read before the server starts; its id and name are those of the configuration', async () => {
    const whole = await withProjectSources(config, read)
    expect(whole.projects?.map(({ id, name }) => [id, name])).toEqual([
      [1, 'Here'],
      [2, 'File'],
      [3, 'Address'],
    ])
    const kit = await startKit(whole)
    expect(kit.dataset(2)).toMatchObject({ tasksData: [{ name: 'House' }, { name: 'Build' }] })
    expect(kit.dataset(3)).toMatchObject({ tasksData: [{ name: 'House' }, { name: 'Build' }] })
  })

  it('that cannot be read, is no JSON or no project is refused with its place', async () => {
    const message = (problem: string): unknown =>
      expect.objectContaining({ code: 'invalid-argument', message: problem })
    const gone = withProjectSources(config, () => Promise.reject(new Error('gone')))
    await expect(gone).rejects.toEqual(message('Configuration: projects[1].file: house.json cannot be read: gone'))
    const text = withProjectSources(config, async () => '{')
    await expect(text).rejects.toEqual(message('Configuration: projects[1].file: house.json is not JSON'))
    const list = withProjectSources(config, async () => '[]')
    await expect(list).rejects.toEqual(message('Configuration: projects[1].file must be an object, not a list'))
  })

  it('needs a host that reads such sources', async () => {
    await expect(startKit(config)).rejects.toMatchObject({
      message: 'Configuration: this host does not read a file',
      details: { path: 'projects[1].file' },
    })
    const fetching = withProjectSources(
      config,
      readByFetch(async () => ({ ok: true, status: 200, text: async () => '{}' })),
    )
    await expect(fetching).rejects.toThrow('files can be read in Node only: use url')
    const missing = readByFetch(async () => ({ ok: false, status: 404, text: async () => '' }))
    await expect(missing({ type: 'url', url: '/x' })).rejects.toThrow('the answer is 404')
  })

  it('has one source', async () => {
    const both: MockServerConfig = { projects: [{ id: 1, name: 'A', file: 'a.json', url: '/a' }] }
    await expect(startKit(both)).rejects.toThrow('projects[0].url must be left out beside file, not "/a"')
  })
})
