import { describe, expect, it } from 'vitest'
import { LAB_PRESETS, scriptOf } from './presets.ts'
import { checkScript, FAULT_NAMES } from './script-check.ts'

const head = { format: 'planwire-lab', version: 1 }
const step = (fields: object): object => ({
  ...head,
  steps: [{ fault: 'pause' }, { fault: 'latency', ms: 5, ...fields }],
})

it('a lab script is taken as JSON, too, as an address holds it, and refused in the same words', () => {
  const script = { ...head, steps: [{ fault: 'pause' }] }
  expect(scriptOf(JSON.stringify(script))).toEqual(script)
  expect(() => scriptOf(JSON.stringify({ ...head, steps: [{ fault: 'latency' }] }))).toThrow('steps[0].ms')
  expect(() => scriptOf('{"format":')).toThrow(
    expect.objectContaining({
      code: 'invalid-argument',
      message: expect.stringContaining('The lab script is not JSON'),
    }),
  )
})

describe('a lab script that cannot be', () => {
  it.each([
    ['the script', []],
    ['the script', null],
    ['format', { version: 1, steps: [] }],
    ['version', { ...head, version: 2, steps: [] }],
    ['colour', { ...head, colour: 'red', steps: [] }],
    ['seed', { ...head, seed: 1.5, steps: [] }],
    ['steps', { ...head, steps: {} }],
    ['steps', { ...head, steps: Array.from({ length: 1001 }, () => ({ fault: 'pause' })) }],
    ['steps[0]', { ...head, steps: ['pause'] }],
    ['steps[0].fault', { ...head, steps: [{ fault: 'earthquake' }] }],
    ['steps[0].fault', { ...head, steps: [{ fault: 'constructor' }] }],
    ['steps[0].ms', { ...head, steps: [{ fault: 'latency' }] }],
    ['steps[1].ms', step({ ms: -1 })],
    ['steps[1].ms', step({ ms: 'fast' })],
    ['steps[1].ms', step({ ms: Number.NaN })],
    ['steps[1].direction', step({ direction: 'sideways' })],
    ['steps[1].code', step({ code: 1000 })],
    ['steps[1].to.usr', step({ to: { usr: 'ann' } })],
    ['steps[1].to.share', step({ to: { share: 2 } })],
    ['steps[1].after.event', step({ after: { event: 'lunch' } })],
    ['steps[1].after.count', step({ after: { event: 'commit', count: 0 } })],
    ['steps[1].after.match', step({ after: { event: 'commit', match: 'x' } })],
    ['steps[1].after.step', step({ after: { event: 'end', step: 'nowhere' } })],
    ['steps[1].after.step', step({ after: { event: 'end' } })],
    ['steps[1].every', step({ times: 3 })],
    ['steps[1].for', step({ every: 100 })],
    ['steps[1].for', step({ every: 100, for: 101 })],
    ['steps[0].for', { ...head, steps: [{ fault: 'drop', for: 5 }] }],
    ['steps[0].code', { ...head, steps: [{ fault: 'drop', code: 1004 }] }],
    ['steps[0].status', { ...head, steps: [{ fault: 'status', status: 200 }] }],
    ['steps[0].memory', { ...head, steps: [{ fault: 'restart' }] }],
    [
      'steps[1].id',
      {
        ...head,
        steps: [
          { id: 'a', fault: 'pause' },
          { id: 'a', fault: 'pause' },
        ],
      },
    ],
  ])('is refused with the path %s', (path, script) => {
    const refusal = (): unknown => checkScript(script)
    expect(refusal).toThrow(expect.objectContaining({ code: 'invalid-argument', details: { path } }))
    expect(refusal).toThrow(`Lab script: ${path} must be `)
  })

  it('says what is allowed', () => {
    expect(() => checkScript(step({ ms: 'fast' }))).toThrow(
      'Lab script: steps[1].ms must be a number from 0 to 86400000, not "fast"',
    )
    expect(() => scriptOf('trian-tunnel')).toThrow(
      'There is no lab preset "trian-tunnel": use train-tunnel, hotel-wifi, laptop-wakes-up, deploy-in-mid-edit',
    )
  })
})

describe('presets', () => {
  it.each(Object.entries(LAB_PRESETS))('%s is a script that survives JSON', (name, script) => {
    expect(checkScript(JSON.parse(JSON.stringify(script)))).toEqual(script)
    expect(script.name).toBe(name)
  })

  it('use most of the faults there are', () => {
    const used = new Set(Object.values(LAB_PRESETS).flatMap(({ steps }) => steps.map(({ fault }) => fault)))
    expect(FAULT_NAMES.filter((name) => !used.has(name))).toEqual([])
  })
})
