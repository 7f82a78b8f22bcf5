import { expect, test } from 'vitest'
import { openDoors } from './open-doors.ts'

test('a server that only this machine reaches warns of nothing', () => {
  for (const host of ['127.0.0.1', '127.0.0.53', 'localhost', '::1']) expect(openDoors({}, host)).toEqual([])
})

test('a server bound wider with default settings names each open door and the setting that closes it', () => {
  expect(openDoors({}, '0.0.0.0')).toEqual([
    'anyone may log in without a password (anonymous: false)',
    'default passwords (users: [{ name, password }])',
    "the default token 'token' (tokens: ['…'])",
    "requests need no token (auth: { rest: 'required' }, or anonymous: false)",
    'pages of any origin may connect (--allow-origin, allowOrigins)',
  ])
  const named = { anonymous: 'guests', groups: { guests: {} }, users: [], tokens: ['s'] } as const
  expect(openDoors(named, '192.168.1.7', [])).toHaveLength(2)
})

test('without anonymous access nobody is told that requests need no token: they do', () => {
  expect(openDoors({ anonymous: false }, '0.0.0.0', [])).toEqual([
    'default passwords (users: [{ name, password }])',
    "the default token 'token' (tokens: ['…'])",
  ])
})

test('a server with every door closed warns of nothing, wherever it is bound', () => {
  const closed = { anonymous: false, users: [], tokens: ['secret'] } as const
  expect(openDoors(closed, '0.0.0.0', ['https://plans.example.com'])).toEqual([])
})
