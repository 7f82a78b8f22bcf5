/** Which `RemoteEvents` share a connection: those of one page with the same URL, the same token and the same transport. */
import type { Transport } from '../ports/ports.ts'
import { LiveChannel } from './live-channel.ts'
import type { LivePorts, TokenSource } from './live-ports.ts'

interface Entry {
  readonly url: string
  readonly token: TokenSource
  readonly channel: LiveChannel
}

/** By transport: tests and apps with ports of their own never meet. A channel leaves the list when its last user does. */
const channels = new WeakMap<Transport, Entry[]>()

/** The channel to a URL with a token, made if there is none. Tokens are one if they are the same string or the same function. */
export function sharedChannel(url: string, token: TokenSource, ports: LivePorts): LiveChannel {
  let entries = channels.get(ports.transport)
  if (!entries) channels.set(ports.transport, (entries = []))
  const list = entries
  const known = list.find((entry) => entry.url === url && entry.token === token)
  if (known) return known.channel
  const channel: LiveChannel = new LiveChannel(url, token, ports, () => {
    const at = list.findIndex((entry) => entry.channel === channel)
    if (at >= 0) list.splice(at, 1)
  })
  list.push({ url, token, channel })
  return channel
}
