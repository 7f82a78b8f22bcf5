import { describe, expect, it } from 'vitest'
import { checkConfig } from './config-check.ts'
import { startKit } from './core-kit.contract.ts'

/** Checks what a JSON file may hold; answers what was refused. */
function refusal(config: unknown): unknown {
  try {
    checkConfig(JSON.parse(JSON.stringify(config)))
  } catch (error) {
    expect(error).toMatchObject({ name: 'PlanwireError', code: 'invalid-argument', recovery: 'fatal' })
    return error instanceof Error ? error.message : error
  }
  return undefined
}

const LONG = 'x'.repeat(1000)

describe('a configuration', () => {
  it('may hold everything there is, and nothing', () => {
    expect(refusal({})).toBeUndefined()
    expect(
      refusal({
        $schema: './planwire.schema.json',
        name: 'planwire',
        dialect: 'bryntum-revisions',
        users: [{ name: 'ada', password: '' }, { name: 'bob' }],
        anonymous: false,
        tokens: ['token'],
        auth: { rest: 'required' },
        paths: { project: ['/', '/ws'], liveUpdates: '/api/v1', gantt: '/data' },
        projects: [
          { id: 1, name: 'House', tasksData: [{ id: 1 }], versionsData: [], projectMeta: { startDate: '2026-01-01' } },
          // As a server answers it, with more than is read.
          { id: 'p-2', name: 'Garden', timeRangesData: [] },
        ],
        ganttProject: '1',
        collections: { events: [], rooms: [{ id: 1 }] },
        limits: { frameLength: 1, subscriptions: 0, history: 0 },
      }),
    ).toBeUndefined()
    // A key that is undefined is one that is left out.
    const leftOut: object = { users: undefined }
    expect(() => checkConfig(leftOut)).not.toThrow()
  })

  it.each([
    [[], 'the configuration must be an object, not a list'],
    [{ projects: 5 }, 'projects must be a list, not 5'],
    [{ projects: [7] }, 'projects[0] must be an object, not 7'],
    [
      { projects: [{ name: 'A' }] },
      'projects[0].id must be an id (a text that is not empty, or a finite number), not missing',
    ],
    [{ projects: [{ id: 1 }] }, 'projects[0].name must be a text that is not empty, not missing'],
    [{ projects: [{ id: 1, name: 'A', tasksData: {} }] }, 'projects[0].tasksData must be a list, not an object'],
    [{ projects: [{ id: 1, name: 'A', projectMeta: null }] }, 'projects[0].projectMeta must be an object, not null'],
    [
      {
        projects: [
          { id: 1, name: 'A' },
          { id: '1', name: 'B' },
        ],
      },
      'projects[1].id must be another one than projects[0] has, not "1"',
    ],
    [{ users: [{ name: 'a' }, { password: 'b' }] }, 'users[1].name must be a text that is not empty, not missing'],
    [{ users: [{ name: 'a', password: 7 }] }, 'users[0].password must be a text, not 7'],
    [{ users: [{ name: 'a' }, { name: 'a' }] }, 'users[1].name must be another one than users[0] has, not "a"'],
    [{ tokens: 'token' }, 'tokens must be a list, not "token"'],
    [{ tokens: LONG }, 'tokens must be a list, not a long text'],
    [{ tokens: [''] }, 'tokens[0] must be a text that is not empty, not ""'],
    [{ anonymous: 'no' }, 'anonymous must be true or false, or the name of a group (users, anonymous), not "no"'],
    [{ auth: { rest: true } }, 'auth.rest must be "optional" or "required", not true'],
    [{ dialect: 'flat' }, 'dialect must be "auto" or "bryntum-flat" or "bryntum-revisions", not "flat"'],
    [{ paths: { project: '/' } }, 'paths.project must be a list, not "/"'],
    [{ paths: { gantt: 'data' } }, 'paths.gantt must be a path that begins with "/", without "?" and "#", not "data"'],
    [{ ganttProject: 3, projects: [{ id: 1, name: 'A' }] }, 'ganttProject must be the id of a project (1), not 3'],
    [{ ganttProject: 3 }, 'ganttProject must be left out where there are no projects, not 3'],
    [{ collections: { events: 'none' } }, 'collections.events must be a list, not "none"'],
    [{ collections: ['events'] }, 'collections must be an object with a list for each name, not a list'],
    [{ limits: { frameLength: -1 } }, 'limits.frameLength must be a whole number from 1, not -1'],
    [{ limits: { history: 1.5 } }, 'limits.history must be a whole number from 0, not 1.5'],
    [{ limits: { frames: 5 } }, 'limits.frames must be left out, or one of frameLength, subscriptions, history, not 5'],
  ])('%j is refused with its place and what is allowed', (config, reason) => {
    expect(refusal(config)).toBe(`Configuration: ${reason}`)
  })

  it('with a key that nobody knows is refused, a name of an object’s own included', () => {
    expect(refusal({ project: [] })).toMatch(/^Configuration: project must be left out, or one of .*projects/)
    expect(refusal(JSON.parse('{"constructor":{}}'))).toMatch(/^Configuration: constructor must be left out/)
  })

  it('tells programs the place too, records included', async () => {
    const wrong: unknown = { projects: [{ id: 9, name: 'A', tasksData: [{ id: 1, children: [{ name: 'x' }] }] }] }
    await expect(startKit(JSON.parse(JSON.stringify(wrong)))).rejects.toMatchObject({
      code: 'invalid-argument',
      details: { path: expect.stringMatching(/^projects\[0\]\.tasksData/) },
    })
    await expect(startKit({ limits: { subscriptions: -1 } })).rejects.toMatchObject({
      code: 'invalid-argument',
      details: { path: 'limits.subscriptions' },
    })
  })
})
