/**
 * A line for each clause that no known fault of the vendors' servers breaks: it twists what passes between the suite and
 * planwire's own server, so that this clause, at least, has to fail. A clause that cannot fail proves nothing.
 */
import type { HttpAnswer, HttpPort, Transport } from '../../client/ports/ports.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { platformPorts, type VerifyPorts, type VerifySocketConstructor } from './platform.ts'
import type { VerifyDialect } from './report.ts'

/** What a line does to one socket's frames: each becomes none, one or several. Text that is no JSON object comes as `{}`. */
export interface Line {
  in?(frame: Fields): readonly Fields[]
  out?(frame: Fields): readonly Fields[]
}

/** A clause, and what makes it fail. */
export interface Twist {
  readonly clause: string
  readonly dialect: VerifyDialect
  /** Makes the line of one socket; `inject` makes a frame arrive. */
  readonly line?: (inject: (frame: Fields) => void) => Line
  /** Twists the JSON of an answer. */
  readonly answer?: (json: unknown, method: string) => unknown
}

const LOGIN: Fields = { command: 'login', login: 'admin', password: 'admin' }

/** Every twist. */
export const twists: readonly Twist[] = [
  flat('login.wrong-password', { out: on('login', (frame) => [{ ...frame, password: 'admin' }]) }),
  flat('login.required', {
    out: (frame) => (frame['command'] === 'projects' || frame['command'] === 'dataset' ? [LOGIN, frame] : [frame]),
  }),
  revisions('login.answered', { in: on('login', (frame) => [{ ...frame, data: {} }]) }),
  flat('projects.listed', { in: on('projects', (frame) => [{ ...frame, projects: [{ id: 1 }] }]) }),
  flat('dataset.answered', { in: on('dataset', (frame) => [inDataset(frame, { calendarsData: undefined })]) }),
  flat('dataset.refused', { out: on('dataset', (frame) => [{ ...frame, project: 1 }]) }),
  flat('dataset.whole', { in: on('dataset', (frame) => [inDataset(frame, { tasksData: [{ id: 1 }, { id: 1 }] })]) }),
  flat('users.told', { in: on('users', () => []) }),
  flat('users.left', { in: on('users', (frame) => [{ ...frame, users: ['admin', 'guest'] }]) }),
  twist('frames.malformed', 'bryntum-flat', deafAfterNonsense),
  flat('add.real-ids', {
    in: on('projectChange', (frame) => [inRecords(frame, 'added', ({ id: _, ...rest }) => rest)]),
  }),
  flat('add.references', {
    in: on('projectChange', (frame) => [
      inRecords(frame, 'added', (row) => ('from' in row ? { ...row, from: '_generatedModel' } : row)),
    ]),
  }),
  revisions('add.restored', {
    in: on('project_change', (frame) => (JSON.stringify(frame).includes('"$PhantomId":"_generated') ? [frame] : [])),
  }),
  flat('edit.told', {
    in: on('projectChange', (frame) => [inRecords(frame, 'updated', (row) => ({ ...row, duration: 99 }))]),
  }),
  revisions('edit.echo', {
    in: on('project_change', (frame) => [
      JSON.stringify(frame).includes('"duration":3') ? inRevisions(frame, { localRevision: 'local-0' }) : frame,
    ]),
  }),
  twist('edit.silent', 'bryntum-flat', (inject) => ({
    out: on('projectChange', (frame) => {
      if (JSON.stringify(frame).includes('"updated"')) inject(frame)
      return [frame]
    }),
  })),
  flat('edit.private', {
    // Who loads another project gets the changes of the first one, and they do not say whose they are.
    out: on('dataset', (frame) => [{ ...frame, project: 1 }]),
    in: on('projectChange', ({ project: _, ...frame }) => [frame]),
  }),
  twist('edit.ordered', 'bryntum-flat', () => {
    let held: readonly Fields[] = []
    return {
      in: on('projectChange', (frame) => {
        if (!JSON.stringify(frame).includes('"percentDone"')) return [frame]
        held = [frame, ...held]
        if (held.length < 3) return []
        const turned = held
        held = []
        return turned
      }),
    }
  }),
  revisions('edit.needs-loading', { in: on('project_change', (frame) => ('error' in frame ? [] : [frame])) }),
  flat('versions.autosave', { in: on('versionAutoSaveOK', (frame) => [{ ...frame, command: 'autoSave' }]) }),
  flat('reset.told', { in: on('reset', () => []) }),
  {
    clause: 'handshake.answered',
    dialect: 'dhtmlx',
    answer: (json) => (isObject(json) && 'websocket' in json ? { ...json, websocket: false } : json),
  },
  live('socket.start', { in: (frame) => (frame['action'] === 'start' ? [] : [frame]) }),
  twist('socket.malformed', 'dhtmlx', deafAfterNonsense),
  live('subscribe.only', { out: (frame) => (frame['action'] === 'unsubscribe' ? [] : [frame]) }),
  {
    clause: 'load.answered',
    dialect: 'dhtmlx',
    answer: (json) => (Array.isArray(json) ? json.map((row) => ({ ...row, id: undefined })) : json),
  },
  {
    clause: 'insert.answered',
    dialect: 'dhtmlx',
    answer: (json, method) => (method === 'POST' && isObject(json) ? { id: json['tid'] } : json),
  },
  live('insert.told', { in: (frame) => [inEvent(frame, 'add', (value) => ({ ...value, type: 'update-event' }))] }),
  live('update.told', { in: (frame) => [inEvent(frame, 'update', (value) => ({ ...value, event: {} }))] }),
  {
    clause: 'calls.answered',
    dialect: 'dhtmlx',
    line: () => ({
      in: (frame) => {
        const { action, body } = frame
        return action === 'result' && Array.isArray(body) ? [{ action, body: body.slice(0, 1) }] : [frame]
      },
    }),
  },
  {
    clause: 'calls.posted',
    dialect: 'dhtmlx',
    answer: (json, method) => (method === 'POST' && Array.isArray(json) ? { result: json } : json),
  },
  {
    clause: 'gantt.load',
    dialect: 'dhtmlx',
    answer: (json) => {
      const tasks = isObject(json) && Array.isArray(json['data']) ? json['data'].filter(isObject) : []
      return tasks.length === 0 ? json : { data: tasks.map((task) => ({ ...task, start_date: {} })), links: [] }
    },
  },
  live('gantt.task-told', { in: (frame) => (JSON.stringify(frame).includes('"update-task"') ? [] : [frame]) }),
  live('gantt.link-told', { in: (frame) => (JSON.stringify(frame).includes('"delete-link"') ? [] : [frame]) }),
  {
    clause: 'gantt.order',
    dialect: 'dhtmlx',
    answer: (json) => {
      if (!isObject(json) || !Array.isArray(json['data'])) return json
      const byId = json['data'].filter(isObject).sort((a, b) => Number(a['id']) - Number(b['id']))
      return { ...json, data: byId }
    },
  },
  live('delete.told', { in: (frame) => (JSON.stringify(frame).includes('"delete-event"') ? [] : [frame]) }),
]

function twist(clause: string, dialect: VerifyDialect, line: (inject: (frame: Fields) => void) => Line): Twist {
  return { clause, dialect, line }
}

function flat(clause: string, line: Line): Twist {
  return twist(clause, 'bryntum-flat', () => line)
}

function revisions(clause: string, line: Line): Twist {
  return twist(clause, 'bryntum-revisions', () => line)
}

function live(clause: string, line: Line): Twist {
  return twist(clause, 'dhtmlx', () => line)
}

function on(command: string, change: (frame: Fields) => readonly Fields[]): (frame: Fields) => readonly Fields[] {
  return (frame) => (frame['command'] === command ? change(frame) : [frame])
}

/** Nothing arrives any more once a frame without command and action was sent. */
function deafAfterNonsense(): Line {
  let deaf = false
  return {
    in: (frame) => (deaf ? [] : [frame]),
    out: (frame) => {
      deaf ||= frame['command'] === undefined && frame['action'] === undefined
      return [frame]
    },
  }
}

function inDataset(frame: Fields, fields: Fields): Fields {
  const { dataset } = frame
  return isObject(dataset) ? { ...frame, dataset: { ...dataset, ...fields } } : frame
}

/** A flat change with each record of one kind, in every store, as `change` makes it. */
function inRecords(frame: Fields, kind: string, change: (row: Fields) => Fields): Fields {
  const { changes } = frame
  if (!isObject(changes)) return frame
  const stores = Object.entries(changes).map(([store, part]): [string, unknown] => {
    const list = isObject(part) ? part[kind] : undefined
    return Array.isArray(list) && isObject(part) ? [store, { ...part, [kind]: list.map(change) }] : [store, part]
  })
  return { ...frame, changes: Object.fromEntries(stores) }
}

function inRevisions(frame: Fields, fields: Fields): Fields {
  const { data } = frame
  if (!isObject(data) || !Array.isArray(data['revisions'])) return frame
  return { ...frame, data: { ...data, revisions: data['revisions'].map((revision) => ({ ...revision, ...fields })) } }
}

function inEvent(frame: Fields, kind: string, change: (value: Fields) => Fields): Fields {
  const { body } = frame
  const value = isObject(body) ? body['value'] : undefined
  if (!isObject(body) || !isObject(value) || value['type'] !== `${kind}-event`) return frame
  return { ...frame, body: { ...body, value: change(value) } }
}

/** The ports of the platform, behind a twist. */
export function twisted({ line, answer }: Twist, WebSocket: VerifySocketConstructor): Partial<VerifyPorts> {
  const { transport, http } = platformPorts(WebSocket)
  return {
    ...(line && { transport: twistedSockets(transport, line) }),
    ...(answer && { http: twistedAnswers(http, answer) }),
  }
}

function twistedSockets(transport: Transport, make: (inject: (frame: Fields) => void) => Line): Transport {
  return {
    open(url, listener) {
      const line = make((frame) => listener.frame(JSON.stringify(frame)))
      const socket = transport.open(url, {
        ...listener,
        frame: (text) => {
          for (const frame of line.in?.(read(text)) ?? [read(text)]) listener.frame(JSON.stringify(frame))
        },
      })
      return {
        close: () => socket.close(),
        send: (text) => {
          for (const frame of line.out?.(read(text)) ?? [read(text)]) {
            socket.send(Object.keys(frame).length === 0 ? text : JSON.stringify(frame))
          }
        },
      }
    },
  }
}

function twistedAnswers(http: HttpPort, change: (json: unknown, method: string) => unknown): HttpPort {
  return {
    async request(options): Promise<HttpAnswer> {
      const answer = await http.request(options)
      const json: unknown = answer.body === '' ? undefined : JSON.parse(answer.body)
      return { ...answer, body: json === undefined ? '' : JSON.stringify(change(json, options.method)) }
    },
  }
}

function read(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}
