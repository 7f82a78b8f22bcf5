/** Lines to planwire's own server that take one part of its extension away: what is left is what the vendors' servers do. */
import { WebSocket } from 'ws'
import type { Transport } from '../../client/ports/ports.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { platformPorts } from './platform.ts'

/** What a line takes away. */
export type LineFault = 'drops acks' | 'drops resume points' | 'drops counters'

/** Sockets of `ws` behind such a line. */
export function lineThat(fault: LineFault): Transport {
  const { transport } = platformPorts(WebSocket)
  return {
    open(url, listener) {
      const socket = transport.open(url, {
        ...listener,
        frame: (text) => {
          if (fault !== 'drops acks' || read(text)['command'] !== 'ack') listener.frame(text)
        },
      })
      return {
        close: () => socket.close(),
        send: (text) => socket.send(fault === 'drops acks' ? text : JSON.stringify(without(fault, read(text)))),
      }
    },
  }
}

function read(text: string): Fields {
  const value: unknown = text.startsWith('{"') && text.endsWith('}') ? JSON.parse(text) : undefined
  return isObject(value) ? value : {}
}

/** The frame without the key `planwire`, flat or inside `data`, of the commands that the fault is about. */
function without(fault: LineFault, frame: Fields): Fields {
  const about = fault === 'drops counters' ? /^projectChange$/ : /^dataset$/
  if (!about.test(String(frame['command']))) return frame
  const { planwire: _, data, ...rest } = frame
  if (!isObject(data)) return rest
  const { planwire: __, ...fields } = data
  return { ...rest, data: fields }
}
