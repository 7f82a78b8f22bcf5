import { expect, it, vi } from 'vitest'
import { Watchers } from './watchers.ts'

it('a watcher that fails is told, and all others are called; one that gave up is not', () => {
  const logger = vi.fn()
  const watchers = new Watchers(logger)
  const calls: string[] = []
  const cause = new Error('broken')
  const giveUp = watchers.watch(() => {
    calls.push('first')
    throw cause
  })
  const twice = (): void => void calls.push('twice')
  watchers.watch(twice)
  watchers.watch(twice)
  watchers.changed()
  expect(calls).toEqual(['first', 'twice', 'twice'])
  expect(logger).toHaveBeenCalledExactlyOnceWith('error', expect.any(String), { cause })
  giveUp()
  giveUp()
  watchers.changed()
  expect(calls.slice(3)).toEqual(['twice', 'twice'])
})
