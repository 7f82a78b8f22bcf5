import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { idKey, isRecordId, sameId } from './ids.ts'

describe('the key of a record id', () => {
  test('is a number where the id is one, as a number or as the text of it', () => {
    expect([7, '7', '-3', 0.5, '0.5', '1e+21'].map(idKey)).toEqual([7, 7, -3, 0.5, 0.5, 1e21])
  })

  test('is the text where no number reads like that', () => {
    const names = ['a', '', ' 7', '007', '7.0', '+7', '-0', '1e3', '0x7', 'NaN', 'Infinity', '9007199254740993', '7n']
    expect(names.map(idKey)).toEqual(names)
  })

  test('two ids have one key exactly if they are written alike', () => {
    const number = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.constant(-0))
    const id = fc.oneof(number, number.map(String), fc.string(), fc.stringMatching(/^-?\d{1,20}(\.\d)?$/))
    const pair = fc.oneof(
      fc.tuple(id, id),
      id.map((one) => [one, String(one)] as const),
      id.map((one) => [one, Number(one)] as const),
    )
    fc.assert(
      fc.property(
        pair.filter((both) => both.every(isRecordId)),
        ([a, b]) => {
          expect(sameId(a, b)).toBe(String(a) === String(b))
          expect(new Set([idKey(a), idKey(b)]).size).toBe(String(a) === String(b) ? 1 : 2)
        },
      ),
      { seed: 20261123, numRuns: 2_000 },
    )
  })
})
