import { describe, expect, it } from 'vitest'
import { httpOrigin, isAddress, readSettings, typedAddress, withSettings } from './settings.ts'

describe('settings in the address of a page', () => {
  it('default to the server in this browser, project 1, a guest', () => {
    expect(readSettings('')).toEqual({
      server: 'browser',
      dialect: 'auto',
      project: 1,
      login: undefined,
      password: undefined,
      token: 'token',
      name: 'planwire-demo',
      embedded: false,
      stage: false,
      guide: 'first',
      bodies: 'bare',
      times: 'wall-clock',
    })
  })

  it('name a server, its dialect, a project, a user and a backend', () => {
    const query =
      '?server=ws://127.0.0.1:8080&dialect=bryntum-flat&project=plan-b&login=admin&password=x&token=t&name=n&embed=1&stage=1&guide=off'
    expect(readSettings(query)).toEqual({
      server: 'ws://127.0.0.1:8080',
      dialect: 'bryntum-flat',
      project: 'plan-b',
      login: 'admin',
      password: 'x',
      token: 't',
      name: 'n',
      embedded: true,
      stage: true,
      guide: 'off',
      bodies: 'bare',
      times: 'wall-clock',
    })
  })

  it.each(['javascript:alert(1)', 'ws://', 'localhost:8080', 'ftp://host', 'ws://a b'])(
    'take %s for no address',
    (text) => {
      expect(isAddress(text)).toBeUndefined()
      expect(readSettings(`?server=${encodeURIComponent(text)}&dialect=klingon`)).toMatchObject({
        server: 'browser',
        dialect: 'auto',
      })
    },
  )

  it('are kept by links between pages, except for the password', () => {
    expect(withSettings('gantt.html', '?name=a&password=secret', { project: 2 })).toBe('gantt.html?name=a&project=2')
    expect(withSettings('gantt.html', '?server=ws://x', { server: undefined })).toBe('gantt.html')
  })

  it('lead from the socket of a server to its REST side', () => {
    expect(httpOrigin('ws://127.0.0.1:8080/ws')).toBe('http://127.0.0.1:8080')
    expect(httpOrigin('wss://plan.example')).toBe('https://plan.example')
  })

  it('are typed with or without ws://', () => {
    expect(typedAddress('localhost:8080')).toBe('ws://localhost:8080')
    expect(typedAddress('10.0.0.7:8080/ws')).toBe('ws://10.0.0.7:8080/ws')
    expect(typedAddress('wss://plan.example.com')).toBe('wss://plan.example.com')
    for (const text of ['', 'localhost', 'my server:1', 'ftp://host:21', 'localhost:99999']) {
      expect(typedAddress(text), text).toBeUndefined()
    }
  })
})
