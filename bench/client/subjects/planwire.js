/** The whole client on a line of its own making: login, dataset, dialect, engine, stores, events. */
import { ProjectClient } from 'planwire'
import { offer } from '../page.js'

class Line {
  /** @type {import('../../../client/ports/ports.ts').SocketListener | undefined} */
  listener
  frame = ''
  heard = 0
  edits = 0
  /** What the server has to say: no wire answers within a call. @type {string[]} */
  answers = []
  /** The frame of the last own edits. */
  sent = ''
  /** The newest of a server that confirms edits; undefined where edits wait for ever. @type {number | undefined} */
  revision
  /** @type {ProjectClient | undefined} */
  project

  /** @type {import('../page.js').Subject} */
  subject = {
    load: (frame) => {
      this.frame = String(frame)
      this.project?.close()
      this.revision = undefined
      this.project = this.connect()
      this.answered()
    },
    apply: (frame) => this.listener?.frame(String(frame)),
    percentDone: (id) => this.project?.tasks.get(id)?.percentDone,
    edit: (edits) => {
      const { project } = this
      let changes
      project?.transact(() => {
        for (const { id, percentDone } of edits) project.tasks.update(id, { percentDone })
        ;({ changes } = project)
      })
      return changes ? this.sent : undefined
    },
    // A transaction of its own is a changeset and an undo step of its own.
    pend: (id) => {
      this.project?.transact(() => this.project?.tasks.update(id, { note: `edit ${++this.edits}` }))
      this.answered()
    },
    undo: () => {
      const undone = this.project?.undo() === true
      this.answered()
      return undone
    },
    confirm: async (revision) => {
      this.revision = revision
      // Undo is loaded beside the client: an edit made before that can be undone when it is there.
      const { project } = this
      const there = new Promise((resolve) => project?.on('history', resolve))
      this.subject.pend?.(1)
      await there
      this.subject.undo?.()
    },
  }

  /** The client as an app makes it, but for the wire. The project is loaded when this returns. */
  connect() {
    const project = new ProjectClient({
      wsAddress: 'ws://bench.test/',
      wsProjectId: 1,
      outbox: false,
      clientId: 'bench',
      undoLimit: 1_000,
      credentials: { login: 'bench' },
      transport: {
        open: (_, listener) => {
          this.listener = listener
          return { send: (frame) => this.answer(frame), close: () => {} }
        },
      },
    })
    project.on('change', ({ stores }) => {
      this.heard += stores['tasks']?.updated.length ?? 0
    })
    this.listener?.opened()
    return project
  }

  /** @param {string} frame */
  answer(frame) {
    if (frame.startsWith('{"command":"projectChange"')) {
      this.sent = frame
      // What a server would read is not charged to the client.
      if (this.revision === undefined) return
    }
    const { command, planwire, ...rest } = JSON.parse(frame)
    if (command === 'login') {
      this.answers.push('{"command":"login","client":"client-1","userName":"bench","planwire":{"version":1}}')
    } else if (command === 'dataset') {
      this.answers.push(this.frame)
      this.frame = ''
    } else if (command === 'projectChange' && this.revision !== undefined) {
      this.revision += 1
      const position = { epoch: 'e', revision: this.revision }
      const order = { ...position, changeset: `bench:${planwire.counter}` }
      this.answers.push(JSON.stringify({ command, ...rest, planwire: order }))
      this.answers.push(JSON.stringify({ command: 'ack', project: 1, planwire: position }))
    }
  }

  answered() {
    for (let frame = this.answers.shift(); frame !== undefined; frame = this.answers.shift())
      this.listener?.frame(frame)
  }
}

offer(() => new Line().subject)
