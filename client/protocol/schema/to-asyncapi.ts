/** Owns the AsyncAPI 3 document of the sockets, told from the server's side: what it receives and what it sends. */
import { EXTENSION_VERSION } from '../version.ts'
import { DIALECTS, type DialectShape, type FrameShape } from './frames.ts'
import { frameSchema, NAMED, namedSchema, namesIn, plain } from './to-json-schema.ts'
import { yaml } from './yaml.ts'

const SCHEMAS = '#/components/schemas/'

const CHANNELS: { readonly [dialect in DialectShape['name']]: { readonly id: string; readonly address: string } } = {
  'bryntum-flat': { id: 'projectFlat', address: '/' },
  'bryntum-revisions': { id: 'projectRevisions', address: '/ws' },
  dhtmlx: { id: 'liveUpdates', address: '/api/v1' },
}

/** Unique among the messages of all dialects and both ways. */
function idOf({ name }: DialectShape, way: 'up' | 'down', { type }: FrameShape): string {
  return `${CHANNELS[name].id}.${way}.${type}`
}

function message(frame: FrameShape, dialect: DialectShape): object {
  const extension = frame.extension ? ' Only after the extension was granted.' : ''
  return {
    name: frame.command === '*' ? frame.type : frame.command,
    title: frame.type,
    summary: `${plain(frame.doc)}${extension}`,
    payload: frameSchema(frame, dialect, SCHEMAS),
  }
}

function channel(dialect: DialectShape): object {
  const both = (['up', 'down'] as const).flatMap((way) => dialect[way].map((frame) => idOf(dialect, way, frame)))
  return {
    address: CHANNELS[dialect.name].address,
    title: dialect.name,
    description: dialect.doc,
    servers: [{ $ref: '#/servers/mock' }],
    messages: Object.fromEntries(both.map((id) => [id, { $ref: `#/components/messages/${id}` }])),
    ...(dialect.name === 'dhtmlx' ? { bindings: LIVE_QUERY } : {}),
  }
}

const LIVE_QUERY = {
  ws: {
    query: {
      type: 'object',
      required: ['token', 'ws'],
      properties: {
        token: { type: 'string', description: 'The token of the handshake.' },
        ws: { const: '1' },
        planwire: { const: '1', description: 'Extension: positions and catch-up.' },
      },
    },
    bindingVersion: '0.1.0',
  },
}

function operation(dialect: DialectShape, way: 'up' | 'down'): object {
  const { id } = CHANNELS[dialect.name]
  return {
    action: way === 'up' ? 'receive' : 'send',
    summary: way === 'up' ? 'What a client says.' : 'What the server says.',
    channel: { $ref: `#/channels/${id}` },
    messages: dialect[way].map((frame) => ({ $ref: `#/channels/${id}/messages/${idOf(dialect, way, frame)}` })),
  }
}

/** The document as a value. */
export function asyncApi(): object {
  const frames = DIALECTS.flatMap((dialect) =>
    (['up', 'down'] as const).flatMap((way) => dialect[way].map((frame) => ({ dialect, way, frame }))),
  )
  const named = [...namesIn(frames.flatMap(({ frame }) => [frame.fields, frame.beside ?? {}]))].sort()
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'planwire on the wire',
      version: `${EXTENSION_VERSION}.0.0`,
      description:
        'Live sync of Gantt and scheduler apps: the protocols of Bryntum and DHTMLX, and the extensions under the key `planwire`, which vendor code ignores. Unknown keys are kept everywhere. Text for readers: docs/protocol.md. Written by scripts/protocol.js.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      mock: {
        host: '127.0.0.1:8080',
        protocol: 'ws',
        description:
          'planwire serve --port 8080. Which of the project dialects a connection speaks, its first frame tells; both are heard at both addresses.',
      },
    },
    channels: Object.fromEntries(DIALECTS.map((dialect) => [CHANNELS[dialect.name].id, channel(dialect)])),
    operations: Object.fromEntries(
      DIALECTS.flatMap((dialect) =>
        (['up', 'down'] as const).map((way) => [
          `${CHANNELS[dialect.name].id}.${way === 'up' ? 'receive' : 'send'}`,
          operation(dialect, way),
        ]),
      ),
    ),
    components: {
      messages: Object.fromEntries(
        frames.map(({ dialect, way, frame }) => [idOf(dialect, way, frame), message(frame, dialect)]),
      ),
      schemas: Object.fromEntries(
        named.flatMap((name) => {
          const shape = NAMED.get(name)
          return shape ? [[name, namedSchema(shape, SCHEMAS)]] : []
        }),
      ),
    },
  }
}

/** `docs/asyncapi.yaml`. */
export function asyncApiDocument(): string {
  return yaml(asyncApi())
}
