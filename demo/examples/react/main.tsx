/** A list of tasks that all tabs share, with React: open this page twice. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'
import { useClient, usePeers, usePresence, useRecord, useRecords, useStatus, useUndo } from 'planwire/react'
import { StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'

// The backend, in the browser. With a server of your own this is `new ProjectClient({ wsAddress: 'wss://…' })` and nothing else.
const server = await startMockServer({
  projects: [{ id: 1, name: 'Release', tasksData: [{ id: 1, name: 'First task' }] }],
})
const client = new ProjectClient({ wsAddress: server.url, wsProjectId: 1, credentials: { login: 'ada' } })

function App() {
  const ids = useRecords(client.tasks, (tasks) => tasks.map(({ id }) => id))
  const [selected, select] = useState<string | number>()
  usePresence(client, selected === undefined ? null : { task: selected })
  return (
    <>
      <NewTask />
      <ul aria-label="Tasks">
        {ids.map((id) => (
          <Row key={id} id={id} select={select} />
        ))}
      </ul>
      <Status />
    </>
  )
}

function NewTask() {
  const { canUndo, canRedo, undo, redo } = useUndo(client)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        client.tasks.add({ name: String(new FormData(event.currentTarget).get('task')) })
        event.currentTarget.reset()
      }}
    >
      <label>
        New task <input name="task" required />
      </label>{' '}
      <button type="submit">Add</button>{' '}
      <button type="button" disabled={!canUndo} onClick={undo}>
        Undo
      </button>{' '}
      <button type="button" disabled={!canRedo} onClick={redo}>
        Redo
      </button>
    </form>
  )
}

/** Renders when its own task changes, and for no other. */
function Row({ id, select }: { id: string | number; select: (id: string | number) => void }) {
  const task = useRecord(client.tasks, id)
  const status = useStatus(client, client.tasks, id)
  const others = usePeers(client).filter(({ state }) => state['task'] === id)
  return (
    <li onFocus={() => select(id)} style={{ fontStyle: status === 'pending' ? 'italic' : 'normal' }}>
      {task?.name} {others.map(({ userName }) => `(${userName} is here) `)}
      <input
        aria-label={`Rename ${task?.name}`}
        placeholder="Rename"
        onBlur={({ target }) => {
          if (target.value) client.tasks.update(id, { name: target.value })
          target.value = ''
        }}
      />
    </li>
  )
}

function Status() {
  const { connection, pending } = useClient(client)
  return (
    <p role="status">
      {connection.state}, {pending} to be saved
    </p>
  )
}

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
