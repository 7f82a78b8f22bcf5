import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import type { Recorder, WireEntry } from '../recorder/recording.ts'
import { TabWire } from './tab-wire.ts'

function wire() {
  const clock = new ManualClock()
  const lists: WireEntry[][] = []
  let tell = (_entries: readonly WireEntry[]): void => {}
  let n = 0
  const recorder: Pick<Recorder, 'subscribe'> = {
    subscribe(listener) {
      tell = listener
      return () => (tell = () => {})
    },
  }
  const tab = new TabWire(clock, (text) => lists.push(JSON.parse(text)))
  tab.listen(recorder)
  return {
    clock,
    lists,
    tab,
    say: (count: number, text = 'x') =>
      tell(
        Array.from({ length: count }, () => ({
          n: ++n,
          at: 0,
          party: 'ann',
          type: 'frame',
          socket: 1,
          direction: 'up',
          text,
        })),
      ),
  }
}

describe('what a tab hears of the wire', () => {
  test('is one list at a time: the next one follows once that is read, with all that came meanwhile', () => {
    const { clock, lists, tab, say } = wire()
    say(1)
    say(2)
    say(3)
    expect(lists.map(({ length }) => length)).toEqual([1])
    tab.read()
    clock.runAll()
    expect(lists.map(({ length }) => length)).toEqual([1, 5])
  })

  test('misses the oldest where it does not read, however much comes, and shows the gap in the numbers', () => {
    const { clock, lists, tab, say } = wire()
    for (let round = 0; round < 100; round += 1) say(1, 'x'.repeat(200_000))
    tab.read()
    clock.runAll()
    const rest = lists[1] ?? []
    expect(rest.length).toBeLessThan(50)
    expect(rest.at(-1)?.n).toBe(100)
    expect(JSON.stringify(rest).length).toBeLessThan(9_000_000)
  })

  test('ends with the tab', () => {
    const { clock, lists, tab, say } = wire()
    say(1)
    say(1)
    tab.read()
    tab.end()
    say(1)
    expect([lists.length, clock.waiting]).toEqual([1, 0])
  })
})
