/** Owns how work is put off to a task of its own. */

let tasks: MessageChannel | undefined
const waiting: (() => void)[] = []

/** Runs in a task of its own; unlike a timer's, it is not throttled in hidden tabs. */
export function later(run: () => void): void {
  if (tasks === undefined) {
    tasks = new MessageChannel()
    tasks.port1.onmessage = () => waiting.shift()?.()
  }
  waiting.push(run)
  tasks.port2.postMessage(null)
}
