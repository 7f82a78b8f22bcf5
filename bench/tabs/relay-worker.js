/** The limit: a SharedWorker that hands each string on to every other port. */
/** @type {Set<MessagePort>} */
const ports = new Set()

globalThis.addEventListener('connect', (event) => {
  const port = event instanceof MessageEvent ? event.ports[0] : undefined
  if (!port) return
  ports.add(port)
  port.onmessage = ({ data }) => {
    for (const other of ports) if (other !== port) other.postMessage(data)
  }
})
