/** Hands each string on to every other port, then stores it, then tells its author so. */
import { openTextStore } from './text-store.js'

/** Ports, and what each has sent. @type {Map<MessagePort, number>} */
const ports = new Map()
const opening = openTextStore('log')
let entries = 0

globalThis.addEventListener('connect', (event) => {
  const port = event instanceof MessageEvent ? event.ports[0] : undefined
  if (!port) return
  ports.set(port, 0)
  port.onmessage = async ({ data }) => {
    for (const other of ports.keys()) if (other !== port) other.postMessage(data)
    const sent = (ports.get(port) ?? 0) + 1
    ports.set(port, sent)
    const log = await opening
    await log.put(++entries, data)
    port.postMessage(sent)
  }
})
