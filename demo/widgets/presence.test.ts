import { expect, it } from 'vitest'
import { colleagues } from './presence.ts'

const peer = (state: object): Parameters<typeof colleagues>[0][number] => ({
  client: 'c',
  userName: 'Mia',
  state: { ...state },
})

it('reads who looks where and what they drag from what their app tells', () => {
  const drag = { task: 7, startDate: '2026-03-02T00:00', endDate: '2026-03-04' }
  expect(colleagues([peer({ bot: true, color: '#1f6feb', task: 7, drag })])).toEqual([
    { client: 'c', name: 'Mia', color: '#1f6feb', bot: true, task: 7, drag },
  ])
})

it.each([
  {},
  { task: null, drag: null, color: 1, bot: 'yes' },
  { task: {}, drag: 'far' },
  { drag: { task: 7, startDate: 'soon', endDate: '2026-03-04' } },
  { drag: { task: [], startDate: '2026-03-02', endDate: '2026-03-04' } },
])('takes nothing from %j but that somebody is there', (state) => {
  const nothing = { color: undefined, bot: false, task: undefined, drag: undefined }
  expect(colleagues([peer(state)])).toEqual([{ client: 'c', name: 'Mia', ...nothing }])
})
