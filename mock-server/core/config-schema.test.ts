import Ajv from 'ajv'
import { describe, expect, it } from 'vitest'
import { checkConfig } from './config-check.ts'
import { configSchema } from './config-schema.ts'
import { CONFIG_SHAPE } from './config-shape.ts'
import { PLAN } from './core-kit.contract.ts'

const validate = new Ajv({ strict: true, strictTypes: false }).compile(configSchema())

/** Whether the server takes what a file holds. */
function accepted(config: unknown): boolean {
  try {
    checkConfig(JSON.parse(JSON.stringify(config)))
    return true
  } catch {
    return false
  }
}

describe('the JSON Schema of the configuration', () => {
  it('offers every key that a file can hold, each with its meaning', () => {
    const { properties } = configSchema()
    const keys = Object.keys(CONFIG_SHAPE.keys).filter((key) => key !== 'api' && key !== 'commands')
    expect(Object.keys(properties ?? {}).sort()).toEqual(keys.sort())
    for (const [key, schema] of Object.entries(properties ?? {}))
      if (key !== '$schema') expect(schema, key).toHaveProperty('description')
  })

  it.each([
    [{}],
    [
      {
        $schema: './node_modules/planwire/config.schema.json',
        users: [{ name: 'a', groups: ['g'] }],
        groups: { g: {} },
      },
    ],
    [{ groups: { planners: { read: '*', write: ['events'] } }, anonymous: false }],
    [{ anonymous: 'users', tokens: ['a', { token: 'b', groups: ['users'] }] }],
    [{ projects: [{ id: 1, name: 'A', tasks: { rows: [{ id: 1 }] } }], resetDelay: 0, autoSaveInterval: 5 }],
    [{ projects: [{ id: 1, name: 'A', tasks: [{ id: 1 }], links: [] }], projectMeta: 'beside' }],
    [{ projects: [{ id: 1, name: 'A', file: 'a.json' }], quirks: ['late-commits', 'no-ack'] }],
    [PLAN],
  ])('allows what the server takes: %#', (config) => {
    expect([validate(config), validate.errors]).toEqual([true, null])
    expect(accepted(config)).toBe(true)
  })

  it.each([
    [[]],
    [{ projects: 5 }],
    [{ projects: [{ name: 'A' }] }],
    [{ projects: [{ id: '', name: 'A' }] }],
    [{ projects: [{ id: 1, name: 'A', tasks: 'none' }] }],
    [{ users: [{ name: 'a', password: 7 }] }],
    [{ users: [{ name: 'a', role: 'x' }] }],
    [{ groups: { g: { read: true } } }],
    [{ groups: { g: { see: '*' } } }],
    [{ anonymous: 7 }],
    [{ tokens: [''] }],
    [{ auth: { rest: true } }],
    [{ dialect: 'flat' }],
    [{ paths: { gantt: 'data' } }],
    [{ collections: { events: {} } }],
    [{ resetDelay: -1 }],
    [{ resetDelay: 3_000_000 }],
    [{ autoSaveInterval: 1.5 }],
    [{ projectMeta: 'outside' }],
    [{ quirks: ['slow'] }],
    [{ limits: { frames: 5 } }],
    [{ api: {}, commands: 7 }],
    [{ project: [] }],
  ])('marks what the server refuses: %j', (config) => {
    expect(validate(config)).toBe(false)
    expect(accepted(config)).toBe(false)
  })
})
