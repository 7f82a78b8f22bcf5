import { expect, test } from 'vitest'
import { loadedScript } from './scripted-server.contract.ts'

test('[CN12] a login as somebody else opens a new connection, a second login of the same user does not', () => {
  const script = loadedScript('flat')
  const [first] = script.network.connections
  script.client.wsSend('login', { login: 'user' })
  script.heard()
  expect(script.network.connections).toEqual([first])
  script.say({ command: 'login' })
  script.client.wsSend('login', { login: 'other' })
  expect(script.heard().at(-1)).toMatchObject({ command: 'login', login: 'other' })
  expect(script.network.connections).not.toContain(first)
})
