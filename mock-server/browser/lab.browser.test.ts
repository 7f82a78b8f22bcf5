import { afterEach, expect, it, vi } from 'vitest'
import { FATE, UNLUCKY } from '../lab/lab-kit.contract.ts'
import { labHostContract } from '../lab-host.contract.ts'
import { forgetState, newServerName } from './forget-state.contract.ts'
import { type BrowserServerOptions, startMockServer } from './index.ts'

labHostContract('the browser host', async (config) => {
  const name = newServerName()
  const server = await startMockServer({ ...config, name }, { logger: () => {} })
  return {
    ...server,
    async close() {
      await server.close()
      await forgetState(name)
    },
  }
})

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(options: BrowserServerOptions = {}) {
  const name = newServerName()
  const server = await startMockServer({ name }, { logger: () => {}, ...options })
  ends.push(async () => {
    await server.close()
    await forgetState(name)
  })
  return server
}

/** Puts a query into the address of this page until the test ends. */
function address(query: string): void {
  const { href } = location
  history.replaceState(null, '', `${location.pathname}?${query}`)
  ends.push(() => history.replaceState(null, '', href))
}

it('a script of the options runs from the start, and the page hears what it did', async () => {
  const script = { format: 'planwire-lab', version: 1, steps: [{ id: 'slow', fault: 'latency', ms: 1 }] } as const
  const server = await start({ lab: script })
  await expect.poll(() => server.lab.events).toMatchObject([{ step: 'slow', effect: { type: 'began' } }])
  const done = server.lab.whenDone()
  await server.lab.stop()
  await done
})

it('the address of the page asks for a preset and a seed', async () => {
  address('planwire-lab=train-tunnel&seed=7')
  const server = await start()
  await expect.poll(() => server.lab.events[0]).toMatchObject({ step: 'fading', fault: 'latency' })
  await server.lab.stop()
  const other = await start({ lab: false, intercept: false })
  expect(other.lab.events).toEqual([])
})

it('a script has the same faults with the same seed, asked for by the address or run by hand', async () => {
  const asked = async (): Promise<string> => {
    let answers = ''
    while (answers.length < FATE.length) answers += (await fetch('/events')).ok ? '.' : 'x'
    return answers
  }
  const byHand = await start({ lab: false })
  await byHand.lab.run(UNLUCKY, { seed: 7 })
  expect(await asked()).toBe(FATE)
  await byHand.close()
  address(new URLSearchParams({ 'planwire-lab': JSON.stringify(UNLUCKY), seed: '7' }).toString())
  const server = await start()
  expect(await asked()).toBe(FATE)
  expect(server.lab.state).toMatchObject({ state: 'running', script: UNLUCKY, seed: 7 })
  await server.lab.stop()
})

it('an address that asks for what there is not is told, and the server starts all the same', async () => {
  address('planwire-lab=earthquake')
  const logger = vi.fn()
  await start({ logger })
  expect(logger).toHaveBeenCalledWith('warn', expect.stringContaining('There is no lab preset "earthquake"'))
})

it('a script of the options that cannot be keeps the server from starting', async () => {
  const broken = JSON.parse('{"format":"planwire-lab","version":1,"steps":[{"fault":"latency"}]}')
  await expect(start({ lab: broken })).rejects.toMatchObject({ message: expect.stringContaining('steps[0].ms') })
})

it('a fault for one tab reaches its requests and sockets, and those of no other', async () => {
  const server = await start()
  await server.lab.inject({ fault: 'status', status: 503, to: { tab: 'another' } })
  expect((await fetch('/events')).status).toBe(200)
  await server.lab.inject({ fault: 'status', status: 503, to: { tab: server.tab } })
  expect((await fetch('/events')).status).toBe(503)
  await server.lab.inject({ fault: 'offline', to: { tab: server.tab, via: 'socket' } })
  const socket = new WebSocket('/ws')
  expect(await new Promise<number>((resolve) => (socket.onclose = ({ code }) => resolve(code)))).toBe(1006)
  await server.lab.stop()
})
