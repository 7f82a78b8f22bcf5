/** A tab and its authority: joining, being refused, and the death of either end. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { type Authority, type AuthorityHost, createAuthority } from './authority.ts'
import { newServerName } from './forget-state.contract.ts'
import { encodePortMessage, PORT_VERSION, type TabPort } from './port-messages.ts'
import { openTabBridge, type TabBridge, type TabBridgeOptions } from './tab-bridge.ts'
import { holdLock, lockNames, whenFreed } from './web-locks.ts'

const ends: (() => void)[] = []
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  for (const end of ends.splice(0).reverse()) end()
})

function authorityOf(name: string, host: Partial<AuthorityHost> = {}): Authority {
  return createAuthority({
    lifeLock: '',
    own: async () => async () => {},
    openLog: async () => ({
      log: createMemoryLog(),
      storage: 'memory',
      seed: async () => undefined,
      setSeed: async () => {},
    }),
    watchTab: (tab, gone) => whenFreed(navigator.locks, lockNames(name).tab(tab), gone),
    wholeConfig: async (config) => config,
    createCore: createMockCore,
    ...host,
  })
}

function portTo(authority: Authority): MessagePort {
  const { port1, port2 } = new MessageChannel()
  authority.connect(port1)
  return port2
}

async function join(name: string, connect: TabBridgeOptions['connect']) {
  const logger = vi.fn()
  const bridge = await openTabBridge({ name, config: '{}', logger, connect })
  ends.push(() => bridge.close())
  return { bridge, logger }
}

/** What a socket is told, and a promise for its end. */
function open(bridge: TabBridge, url: string) {
  const told: string[] = []
  let opened = (): void => {}
  let closed = (): void => {}
  const isOpen = new Promise<void>((resolve) => (opened = resolve))
  const isClosed = new Promise<void>((resolve) => (closed = resolve))
  const socket = bridge.open(url, {
    opened() {
      told.push('opened')
      opened()
    },
    frame: (text) => told.push(text),
    closed(code) {
      told.push(`closed ${code}`)
      closed()
    },
  })
  return { told, socket, isOpen, isClosed }
}

const handshake = (bridge: TabBridge) =>
  bridge.request({ method: 'GET', url: '/api/v1', headers: { 'remote-token': 'token' }, body: '' })
const insert = (bridge: TabBridge) =>
  bridge.request({ method: 'POST', url: '/events', headers: {}, body: JSON.stringify({ text: 'Once' }) })

describe('a tab and its backend', () => {
  it('knows how the lab stands from the start, and what any tab does to it, also after another configuration came', async () => {
    const name = newServerName()
    const authority = authorityOf(name)
    const { bridge: first } = await join(name, () => portTo(authority))
    await first.lab.set({ latencyMs: 1 })
    await first.lab.run('hotel-wifi', { seed: 5 })
    const { bridge: second } = await join(name, () => portTo(authority))
    expect([second.lab.state, second.lab.settings]).toMatchObject([{ state: 'running', seed: 5 }, { latencyMs: 1 }])
    await second.lab.stop()
    await expect.poll(() => [first.lab.state, first.lab.settings]).toEqual([{ state: 'idle' }, {}])
    await second.lab.set({ offline: true })
    second.offer('{"projects":[]}')
    await second.reset()
    expect([second.lab.settings, first.lab.settings]).toEqual([{}, {}])
  })

  it('joins the next backend when the one it had dies: sockets end with 1006, writes fail, reads are asked again, new ones work', async () => {
    const name = newServerName()
    const lifeLock = lockNames(name).worker('first')
    const die = await holdLock(navigator.locks, lifeLock)
    const http = vi.fn(() => new Promise<never>(() => {}))
    const first = authorityOf(name, {
      lifeLock,
      createCore: async (config, ports) => ({ ...(await createMockCore(config, ports)), http }),
    })
    const second = authorityOf(name)
    const backends = [first, second]
    const { bridge, logger } = await join(name, () => portTo(backends.shift() ?? second))
    const { told, isOpen, isClosed } = open(bridge, '/ws')
    await isOpen
    const read = handshake(bridge)
    const written = expect(insert(bridge)).rejects.toMatchObject({ code: 'connection-lost' })
    void die()
    await isClosed
    await written
    expect((await read)?.status).toBe(200)
    expect(http).toHaveBeenCalledTimes(2)
    expect(told).toEqual(['opened', 'closed 1006'])
    expect((await handshake(bridge))?.status).toBe(200)
    const again = open(bridge, '/ws')
    await again.isOpen
    expect(logger.mock.calls.map(([level]) => level)).toEqual(['warn'])
  })

  it('tries again with the next request when the backend died and its successor could not be loaded', async () => {
    const name = newServerName()
    const lifeLock = lockNames(name).worker('first')
    const die = await holdLock(navigator.locks, lifeLock)
    const authority = authorityOf(name)
    let connects = 0
    const { bridge, logger } = await join(name, (failed) => {
      connects += 1
      if (connects === 1) return portTo(authorityOf(name, { lifeLock }))
      if (connects === 3) return portTo(authority)
      queueMicrotask(() => failed(new PlanwireError('connection-lost', 'no such script', 'fatal')))
      return new MessageChannel().port1
    })
    const before = open(bridge, '/ws')
    await before.isOpen
    void die()
    await before.isClosed
    // Asked for while the successor is being loaded, in vain.
    await expect(handshake(bridge)).rejects.toMatchObject({ code: 'connection-lost' })
    expect((await handshake(bridge))?.status).toBe(200)
    expect(logger.mock.calls.map(([level]) => level)).toEqual(['warn', 'error'])
  })

  it('is told why the backend cannot start, and the next one that comes can start it', async () => {
    const name = newServerName()
    let broken = true
    const authority = authorityOf(name, {
      createCore(config, ports) {
        if (broken) throw new Error('this configuration cannot be')
        return createMockCore(config, ports)
      },
    })
    await expect(join(name, () => portTo(authority))).rejects.toMatchObject({
      code: 'server-error',
      message: 'The mock server cannot start: this configuration cannot be',
    })
    broken = false
    const { bridge } = await join(name, () => portTo(authority))
    expect((await handshake(bridge))?.status).toBe(200)
  })

  it('can start a backend that another tab could not, once that one is gone: what it waited for is given up', async () => {
    const name = newServerName()
    let asked = (): void => {}
    const isAsked = new Promise<void>((resolve) => (asked = resolve))
    const authority = authorityOf(name, {
      // The configuration of the first tab names a source that never answers.
      wholeConfig: (config, signal) =>
        new Promise((resolve, reject) => {
          if (config.name !== 'slow') return resolve(config)
          signal.addEventListener('abort', () => reject(signal.reason))
          asked()
        }),
    })
    const first = portTo(authority)
    first.postMessage(
      encodePortMessage({ type: 'hello', version: PORT_VERSION, tab: 'one', locked: false, text: '{"name":"slow"}' }),
    )
    await isAsked
    first.postMessage(encodePortMessage({ type: 'bye' }))
    const { bridge } = await join(name, () => portTo(authority))
    expect((await handshake(bridge))?.status).toBe(200)
  })

  it('is not taken in by a leader that has resigned, which would keep the log from the next one', async () => {
    const watchTab = vi.fn(() => () => {})
    const authority = authorityOf(newServerName(), { watchTab })
    const port: TabPort = { onmessage: null, postMessage: () => {}, close: () => {} }
    authority.connect(port)
    await authority.close()
    const data = encodePortMessage({ type: 'hello', version: PORT_VERSION, tab: 'late', locked: true, text: '{}' })
    port.onmessage?.(new MessageEvent('message', { data }))
    expect(watchTab).not.toHaveBeenCalled()
  })

  it('tells when the backend does not answer, and is taken in whenever it does', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const name = newServerName()
    const { port1, port2 } = new MessageChannel()
    const hello = new Promise<unknown>((resolve) => {
      port1.onmessage = ({ data }) => resolve(data)
    })
    const logger = vi.fn()
    const joining = openTabBridge({ name, config: '{}', logger, connect: () => port2 })
    const said = await hello
    vi.advanceTimersByTime(9_999)
    expect(logger).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(logger.mock.calls).toEqual([['warn', expect.stringContaining('does not answer'), { server: name }]])
    const behind = portTo(authorityOf(name))
    behind.onmessage = ({ data }) => port1.postMessage(data)
    port1.onmessage = ({ data }) => behind.postMessage(data)
    behind.postMessage(said)
    const bridge = await joining
    ends.push(() => bridge.close())
    vi.advanceTimersByTime(60_000)
    expect((await handshake(bridge))?.status).toBe(200)
    expect(logger).toHaveBeenCalledTimes(1)
  })

  it('is turned away by a backend of another version', async () => {
    const name = newServerName()
    const authority = authorityOf(name)
    const connect = (): MessagePort => {
      const { port1, port2 } = new MessageChannel()
      const behind = portTo(authority)
      port1.onmessage = ({ data }) => behind.postMessage(String(data).replace(/"version":\d+/, '"version":0'))
      behind.onmessage = ({ data }) => port1.postMessage(data)
      return port2
    }
    await expect(join(name, connect)).rejects.toThrow('close all tabs')
  })

  it('rejects when its worker cannot be loaded, and leaves no lock behind', async () => {
    const name = newServerName()
    const request = vi.spyOn(LockManager.prototype, 'request')
    const failure = new PlanwireError('connection-lost', 'no such script', 'fatal')
    const joining = openTabBridge({
      name,
      config: '{}',
      logger: () => {},
      connect(failed) {
        queueMicrotask(() => failed(failure))
        return new MessageChannel().port1
      },
    })
    await expect(joining).rejects.toBe(failure)
    const lock = request.mock.calls.map(([requested]) => requested).find((requested) => requested.includes(':tab:'))
    const free = await holdLock(navigator.locks, lock ?? '')
    await free()
    expect(lock).toContain(name)
  })

  it('stops the core when the last tab has left, and starts it with the configuration of the next', async () => {
    const name = newServerName()
    const events: string[] = []
    const authority = authorityOf(name, {
      async createCore(config, ports) {
        events.push(`start ${config.tokens}`)
        const core = await createMockCore(config, ports)
        return {
          ...core,
          async close() {
            await core.close()
            events.push('stop')
          },
        }
      },
    })
    const connect = (): MessagePort => portTo(authority)
    const logger = (): void => {}
    const one = await openTabBridge({ name, config: '{"tokens":["a"]}', logger, connect })
    const two = await openTabBridge({ name, config: '{"tokens":["a"]}', logger, connect })
    one.close()
    expect((await two.request({ method: 'GET', url: '/api/v1', headers: {}, body: '' }))?.status).toBe(403)
    two.close()
    const three = await openTabBridge({ name, config: '{"tokens":["b"]}', logger, connect })
    three.close()
    expect(events).toEqual(['start a', 'stop', 'start b'])
  })

  it('keeps the old configuration when a reset brings one that cannot be', async () => {
    const name = newServerName()
    const authority = authorityOf(name, {
      createCore(config, ports) {
        if (config.tokens?.includes('broken')) throw new Error('this configuration cannot be')
        return createMockCore(config, ports)
      },
    })
    const { bridge } = await join(name, () => portTo(authority))
    bridge.offer('{"tokens":["broken"]}')
    await expect(bridge.reset()).rejects.toThrow('this configuration cannot be')
    expect((await handshake(bridge))?.status).toBe(200)
  })

  it('opens a socket that is asked for while a reset rebuilds the core', async () => {
    const name = newServerName()
    const { bridge } = await join(name, () => portTo(authorityOf(name)))
    bridge.offer('{"tokens":["token"]}')
    const reset = bridge.reset()
    const { isOpen, told } = open(bridge, '/ws')
    await reset
    await isOpen
    expect(told[0]).toBe('opened')
  })

  it('refuses a socket at a path where none lives', async () => {
    const name = newServerName()
    const { bridge } = await join(name, () => portTo(authorityOf(name)))
    const { isClosed, told } = open(bridge, '/nowhere')
    await isClosed
    expect(told).toEqual(['closed 1006'])
  })
})
