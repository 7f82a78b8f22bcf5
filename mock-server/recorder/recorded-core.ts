/**
 * A core with a network lab and a recorder in front of it: hosts put it where the core was. Owns the two seams.
 *
 *     host ── outer seam ──▶ lab ── inner seam ──▶ core
 *             what the client's end sees    what reached the server, and when
 */
import type { MockServerConfig } from '../core/config.ts'
import type { MockCore, RestRequest, ServerSocket, ServerSocketListener } from '../core/contract.ts'
import { createLabCore, type LabCore, type LabCorePorts } from '../lab/lab-core.ts'
import { requestName } from '../lab/lab-requests.ts'
import { WireRecorder } from './recorder.ts'
import type { ControlAction, Recorder } from './recording.ts'
import { TappedSocket } from './tapped-socket.ts'
import type { OpenEntry } from './wire-log.ts'

/** What a host gives. */
export interface RecordedCorePorts extends LabCorePorts {
  /** What the server runs on, with the content of every project. */
  readonly config: MockServerConfig
  /** That of the core before, which this one follows: listeners and a recording go on. */
  readonly recorder?: WireRecorder
}

/** A core with a lab and a recorder. */
export interface RecordedCore extends LabCore {
  readonly recorder: Recorder
}

/**
 * Starts a core with a lab and a recorder. While nobody listens to the recorder, a frame costs two calls and a look at its
 * beginning more. Rejects as `start` does.
 * @example
 * const core = await createRecordedCore({ config, clock, logger, log, routes, start })
 * core.recorder.start()
 */
export async function createRecordedCore(
  ports: RecordedCorePorts,
): Promise<RecordedCore & { readonly recorder: WireRecorder }> {
  const { clock, logger, routes, config } = ports
  const recorder = ports.recorder ?? new WireRecorder(clock, logger, config)
  const { log, sockets } = recorder
  /** The requests that the lab has, by the very object that it hands on. */
  const requests = new WeakMap<
    RestRequest,
    { readonly entry: OpenEntry<'request'>; state: 'called' | 'arrived' | 'held' }
  >()
  /** The socket that the lab is taking. */
  let opening: TappedSocket | undefined

  const core = await createLabCore({ ...ports, start: async (rooms) => inside(await ports.start(rooms)) })
  core.lab.subscribe((event) => {
    if (log.isOn) log.add('fault', { party: event.target, event })
  })
  recorder.follow(core, config)

  /** The core as the lab sees it. */
  function inside(inner: MockCore): MockCore {
    return {
      ...inner,
      accept(socket) {
        const tapped = opening
        tapped?.arrived()
        const listener = inner.accept(socket)
        if (listener === undefined || tapped === undefined) return listener
        return {
          frame(text) {
            tapped.arrived(text)
            listener.frame(text)
          },
          closed() {
            tapped.arrived()
            listener.closed()
          },
        }
      },
      http(request) {
        const known = requests.get(request)
        if (known?.state === 'called') known.state = 'arrived'
        else if (known !== undefined && log.isOn) log.add('arrival', { party: known.entry.party, of: known.entry.n })
        return inner.http(request)
      },
    }
  }

  const gone = (tapped: TappedSocket): boolean => sockets.delete(tapped)

  function accept(socket: ServerSocket): ServerSocketListener | undefined {
    const tapped = new TappedSocket(recorder.newNumber(), socket, log, gone)
    const before = opening
    opening = tapped
    sockets.add(tapped)
    try {
      const listener = tapped.open((near) => core.accept(near))
      if (listener === undefined) sockets.delete(tapped)
      return listener
    } finally {
      opening = before
    }
  }

  function http(request: RestRequest): ReturnType<MockCore['http']> {
    const route = log.isOn ? routes.http(request.url) : undefined
    if (route === undefined) return core.http(request)
    const { redactor } = log
    const party = { party: requestName(route, request), ...(request.tab === undefined ? {} : { tab: request.tab }) }
    const number = recorder.newNumber()
    const entry = log.add('request', {
      ...party,
      request: number,
      method: request.method,
      url: redactor.url(request.url),
      headers: redactor.headers(request.headers),
      body: redactor.text(request.body),
    })
    const known: { readonly entry: OpenEntry<'request'>; state: 'called' | 'arrived' | 'held' } = {
      entry,
      state: 'called',
    }
    requests.set(request, known)
    const answering = core.http(request)
    if (known.state === 'called') {
      known.state = 'held'
      entry.held = true
    }
    const answered = (status: number, headers: Readonly<Record<string, string>>, body: string): void => {
      if (log.isOn)
        log.add('answer', {
          ...party,
          request: number,
          status,
          headers: redactor.headers(headers),
          body: redactor.text(body),
        })
    }
    if (answering === undefined) answered(0, {}, '')
    answering?.then(
      ({ status, headers, body }) => answered(status, headers, body),
      () => answered(0, {}, ''),
    )
    return answering
  }

  function told(action: ControlAction): void {
    if (log.isOn) log.add('control', { party: 'Server', action: log.redactor.value(action) })
  }

  return {
    ...core,
    recorder,
    accept,
    http,
    reset(project) {
      told({ do: 'reset', ...(project === undefined ? {} : { project }) })
      return core.reset(project)
    },
    import(state) {
      told({ do: 'import', state })
      return core.import(state)
    },
    publish(entity, action, value) {
      told({ do: 'publish', entity, action, ...(value === undefined ? {} : { value }) })
      core.publish(entity, action, value)
    },
    async close() {
      await core.close()
      log.flush()
    },
  }
}
