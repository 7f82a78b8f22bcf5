import { afterEach, expect, test, vi } from 'vitest'
import { listen } from './listen.ts'
import { startMockServer } from './start.ts'

// Nothing here listens: some of these addresses would be open to the network.
vi.mock('./listen.ts', () => ({ listen: vi.fn() }))
const listening = vi.mocked(listen)

afterEach(() => vi.restoreAllMocks())

function listensAt(port: number): void {
  listening.mockImplementation(async (core) => ({ port, close: () => core.close() }))
}

test.each([
  [undefined, 'ws://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['localhost', 'ws://localhost:8080', 'http://localhost:8080'],
  ['0.0.0.0', 'ws://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ['::', 'ws://[::1]:8080', 'http://[::1]:8080'],
])('bound to %s, its addresses are ones that clients on this machine can connect to', async (host, url, httpUrl) => {
  listensAt(8080)
  const server = await startMockServer({}, { ...(host !== undefined && { host }), logger: () => {} })
  expect(server).toMatchObject({ url, httpUrl, port: 8080 })
  await server.close()
})

test('unless told otherwise it binds 127.0.0.1 and any free port', async () => {
  listensAt(8080)
  const server = await startMockServer()
  expect(listening).toHaveBeenLastCalledWith(expect.anything(), expect.objectContaining({ host: '127.0.0.1', port: 0 }))
  await server.close()
})

test('open to other machines with default settings, it warns once and says which settings close it', async () => {
  listensAt(8080)
  const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const server = await startMockServer({}, { host: '0.0.0.0' })
  expect(warnings).toHaveBeenCalledOnce()
  expect(warnings).toHaveBeenCalledWith(
    expect.stringMatching(/^The mock server is open to everybody who reaches 0\.0\.0\.0: .*anonymous: false/),
    'PlanwireWarning',
  )
  const logged: string[] = []
  const other = await startMockServer({}, { host: '0.0.0.0', logger: (level) => logged.push(level) })
  expect([logged, warnings.mock.calls.length]).toEqual([['warn'], 1])
  await server.close()
  await other.close()
})

test('when the address cannot be had, nothing is left running', async () => {
  const closed = vi.fn()
  listening.mockImplementation(async (core) => {
    vi.spyOn(core, 'close').mockImplementation(async () => closed())
    throw Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
  })
  await expect(startMockServer({}, { port: 80 })).rejects.toMatchObject({
    name: 'PlanwireError',
    code: 'invalid-argument',
    message: 'Port 80 on 127.0.0.1 needs rights that this process does not have: choose one above 1023',
  })
  expect(closed).toHaveBeenCalledOnce()
})
