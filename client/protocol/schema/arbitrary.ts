/** Owns random values of the shapes (fast-check): what tests of codecs and servers are fed with. */
import fc from 'fast-check'
import type { Fields } from '../records.ts'
import type { Dialect, Shape, Shapes } from './shape.ts'
import { fieldsOf } from './to-json-schema.ts'

type Arb<T> = fc.Arbitrary<T>

/** In place of what follows from the shape: by the name of an object, or of a field. */
export interface Instead {
  readonly [name: string]: Arb<unknown>
}

export const randomId: Arb<string | number> = fc.oneof(fc.string({ minLength: 1 }), fc.integer())
const word = fc.constantFrom('title', 'hours', 'calendar', 'toString', 'note', 'ünï', 'a.b')

export const randomValue: Arb<unknown> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant([1, { a: 'b' }]),
  fc.constant({ __proto: 1 }),
)
export const randomFields: Arb<Fields> = fc.dictionary(word, randomValue, { maxKeys: 4, noNullPrototype: true })

/** A value of a shape. */
function randomOf(shape: Shape, instead: Instead = {}, dialect?: Dialect): Arb<unknown> {
  switch (shape.kind) {
    case 'flag':
      return fc.boolean()
    case 'unknown':
      return randomValue
    case 'fields':
      return randomFields
    case 'text':
      return shape.pattern === undefined
        ? fc.string()
        : fc.tuple(fc.string({ minLength: 1 }), fc.nat()).map(([client, counter]) => `${client}:${counter}`)
    case 'id':
      return randomId
    case 'count':
      return fc.nat()
    case 'number':
      return fc.integer({ min: shape.from ?? -1000, max: shape.to ?? 1000 })
    case 'literal':
      return fc.constant(shape.value)
    case 'list':
      return fc.array(randomOf(shape.of, instead, dialect), { maxLength: 3 })
    case 'map':
      return fc.dictionary(
        fc.constantFrom('tasks', 'dependencies', 'timeRanges', 'toString'),
        randomOf(shape.of, instead, dialect),
        { noNullPrototype: true },
      )
    case 'nullable':
      return fc.option(randomOf(shape.of, instead, dialect))
    case 'ref':
      return instead[shape.to] ?? randomObject(fieldsOf(shape.to), instead, dialect)
    case 'object':
      return randomObject(shape.fields, instead, dialect)
  }
}

/** An object with these fields, those that may be missing sometimes missing; only what the dialect carries. */
export function randomObject(shapes: Shapes, instead: Instead = {}, dialect?: Dialect): Arb<Fields> {
  const carried = Object.entries(shapes).filter(([, { only }]) => only === undefined || only === dialect)
  const arbs = carried.map(([name, { shape }]) => [name, instead[name] ?? randomOf(shape, instead, dialect)] as const)
  const requiredKeys = carried.flatMap(([name, { optional }]) => (optional ? [] : [name]))
  return fc.record(Object.fromEntries(arbs), { requiredKeys, noNullPrototype: true })
}
