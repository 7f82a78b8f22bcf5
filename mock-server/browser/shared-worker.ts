/** Starts, or joins, the SharedWorker of a server. Alone in its file, so that what bundlers look for stands out. */
import { PlanwireError } from '../../client/protocol/errors.ts'

/** True where this browser has SharedWorker at all (Chrome on Android has not). */
export function hasSharedWorker(): boolean {
  return typeof SharedWorker === 'function'
}

/** Is told that a worker could not be loaded. */
export type WorkerFailed = (error: PlanwireError) => void

/** A port to the worker of the server called `name`. `failed` is called if its script cannot be loaded or run. */
export function connectSharedWorker(name: string, failed: WorkerFailed): MessagePort {
  // Bundlers find a worker by this literal form only; tools rewrite the name of the file within it.
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), {
    // Vite 5 refuses options that it cannot evaluate, such as this name, unless it is told to leave them alone.
    /* @vite-ignore */
    type: 'module',
    name: `planwire-mock:${name}`,
  })
  worker.onerror = () =>
    failed(
      new PlanwireError(
        'connection-lost',
        'The script of the planwire worker could not be loaded. With Vite 5 to 7 add `optimizeDeps: { exclude: ["planwire"] }` to the configuration.',
        'fatal',
      ),
    )
  return worker.port
}
