/** A third user without a chart: edits the plan over REST, and the plan as the server holds it. */

/** What is compared of a task. */
export interface ChartTask {
  readonly id: string | number
  readonly text: string
}

/** A task as the server sends it. */
interface StoredTask extends ChartTask {
  readonly parent?: string | number
  readonly [field: string]: unknown
}

/** Tasks of the server, leaving out nothing. Rejects when it does not answer. */
export async function readPlan(url: string, token: string): Promise<readonly StoredTask[]> {
  const answer = await fetch(url, { headers: { 'Remote-Token': token } })
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`)
  const plan: { readonly data: readonly StoredTask[] } = await answer.json()
  return plan.data
}

/** Renames one task, adds one beside it, and deletes one: three changes that a chart may miss. */
export async function somebodyElse(url: string, token: string): Promise<void> {
  const plan = await readPlan(url, token)
  const parents = new Set(plan.map(({ parent }) => String(parent)))
  const leaves = plan.filter(({ id }) => !parents.has(String(id)))
  const [renamed, deleted] = leaves
  const send = (path: string, method: string, body?: object): Promise<Response> =>
    fetch(`${url}/task${path}`, {
      method,
      headers: { 'Remote-Token': token, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  if (renamed) {
    const { id, ...fields } = renamed
    await send(`/${id}`, 'PUT', { ...fields, text: `${renamed.text} (changed)` })
    await send('', 'POST', {
      text: 'Added meanwhile',
      start_date: fields['start_date'],
      duration: 3,
      parent: renamed.parent ?? 0,
    })
  }
  if (deleted) await send(`/${deleted.id}`, 'DELETE')
}

/** In how many tasks a chart differs from the server: missing, too many, or with another text. */
export function differences(stored: readonly ChartTask[], shown: readonly ChartTask[]): number {
  const wanted = new Map(stored.map(({ id, text }) => [String(id), text]))
  const extra = shown.filter(({ id }) => !wanted.has(String(id))).length
  const texts = new Map(shown.map(({ id, text }) => [String(id), text]))
  const other = stored.filter(({ id, text }) => texts.get(String(id)) !== text).length
  return extra + other
}
