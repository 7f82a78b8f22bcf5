/** The dialog of saved versions: save one, look at how it differs from today, bring it back. Contents are loaded when one is chosen. */
import type { ProjectClient, Version } from 'planwire'
import { h, icon, toolButton } from '../ui/dom.ts'
import { toast } from '../ui/toasts.ts'
import { bringBack, contentOf, differenceOf, type PlanContent, readContent } from './plan-versions.ts'

/** Differences that are listed by name; of more, the number is told. */
const LISTED = 8
/** How long a server may take to hand out a version. */
const PATIENCE_MS = 10_000

/** The button that opens the dialog. */
export function historyButton(client: ProjectClient): HTMLButtonElement {
  const button = toolButton('history', 'Versions', () => openHistory(client))
  button.setAttribute('aria-haspopup', 'dialog')
  return button
}

function openHistory(client: ProjectClient): void {
  const list = h('ul', { className: 'versions', 'aria-label': 'Saved versions' })
  const view = h('section', { className: 'version-view', 'aria-live': 'polite', 'aria-label': 'Chosen version' })
  const name = h('input', { className: 'input', id: 'version-name', maxLength: 80, placeholder: 'Before the freeze' })
  let chosen: Version | undefined
  let asked: AbortController | undefined

  const choose = async (version: Version): Promise<void> => {
    chosen = version
    asked?.abort()
    asked = new AbortController()
    const { signal } = asked
    drawList()
    view.replaceChildren(h('p', { className: 'hint' }, 'Loading what it holds …'))
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
      const answer = await client.wsSend('loadVersionContent', { versionId: version.id }, { signal: patience })
      const content = readContent(answer.content)
      if (!content) throw new Error('Its content is not one that this page can read.')
      drawVersion(version, content)
    } catch (error) {
      if (signal.aborted) return
      const why = error instanceof Error && error.name !== 'TimeoutError' ? error.message : 'The server did not answer.'
      const again = h('button', { type: 'button', className: 'button', onclick: () => choose(version) }, 'Try again')
      view.replaceChildren(h('p', { className: 'error', role: 'alert' }, why), again)
    }
  }
  const drawList = (): void => {
    const versions = [...client.versions.all()].reverse()
    list.replaceChildren(
      ...versions.map((version) => {
        const pressed = chosen !== undefined && String(chosen.id) === String(version.id)
        return h(
          'li',
          {},
          h(
            'button',
            { type: 'button', className: 'version', 'aria-pressed': String(pressed), onclick: () => choose(version) },
            h('strong', {}, version.name ?? 'Without a name'),
            h('span', {}, [when(version.savedAt), author(version)].filter(Boolean).join(', ')),
          ),
        )
      }),
    )
    if (versions.length === 0) {
      list.replaceChildren(h('li', { className: 'hint' }, 'No version is saved yet.'))
      const why = 'A version keeps the whole plan under a name. Save one, change something, and come back to compare.'
      view.replaceChildren(h('p', { className: 'hint' }, why))
    } else if (!chosen) view.replaceChildren(h('p', { className: 'hint' }, 'Choose a version to see how it differs.'))
  }
  const drawVersion = (version: Version, content: PlanContent): void => {
    const difference = differenceOf(content.tasks, client.tasks.all())
    const { added, removed, changed } = difference
    const lines = [
      ...changed.map(({ now, fields }) => [
        'changed',
        now.name,
        fields.map((field) => WORDS[field] ?? field).join(', '),
      ]),
      ...removed.map((task) => ['new', task.name, 'not in the version']),
      ...added.map((task) => ['gone', task.name, 'only in the version']),
    ]
    const back = h(
      'button',
      {
        type: 'button',
        className: 'button button-primary',
        disabled: lines.length === 0,
        onclick: () => {
          bringBack(client, content, `bring back “${version.name ?? 'version'}”`)
          dialog.close()
          toast('The version is back. Undo takes it away again.')
        },
      },
      'Bring it back',
    )
    view.replaceChildren(
      h('p', {}, lines.length === 0 ? 'Equal to the plan of now.' : `Since then, ${count(lines.length)} differ:`),
      h(
        'ul',
        { className: 'differences' },
        ...lines
          .slice(0, LISTED)
          .map(([kind, task, what]) =>
            h(
              'li',
              {},
              h('span', { className: `tag tag-${kind}` }, kind),
              h('strong', {}, task ?? ''),
              h('span', {}, what),
            ),
          ),
        lines.length > LISTED && h('li', { className: 'hint' }, `and ${lines.length - LISTED} more`),
      ),
      back,
    )
  }
  const save = (event: Event): void => {
    event.preventDefault()
    const now = new Date()
    const given =
      name.value.trim() || `Version of ${now.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}`
    const { userName } = client.connection.state === 'open' ? client.connection : { userName: undefined }
    const fields = { name: given, savedAt: now.toISOString(), isAutosave: false, savedBy: userName }
    client.transact(() => client.versions.add({ ...fields, content: contentOf(client) }), { undoable: false })
    name.value = ''
    chosen = undefined
    drawList()
  }

  const dialog = h(
    'dialog',
    { className: 'dialog dialog-wide', 'aria-labelledby': 'versions-title' },
    h(
      'header',
      { className: 'dialog-head' },
      h('h2', { id: 'versions-title' }, 'Versions'),
      h(
        'button',
        {
          type: 'button',
          className: 'button button-quiet button-icon',
          'aria-label': 'Close',
          onclick: () => dialog.close(),
        },
        icon('cross'),
      ),
    ),
    h(
      'form',
      { className: 'version-form', onsubmit: save },
      h('div', { className: 'field' }, h('label', { for: 'version-name' }, 'Name of a new version'), name),
      h('button', { type: 'submit', className: 'button' }, 'Save the plan of now'),
    ),
    h('div', { className: 'version-columns' }, list, view),
  )
  const stop = client.versions.on('change', drawList)
  dialog.addEventListener('close', () => {
    stop()
    asked?.abort()
    dialog.remove()
  })
  drawList()
  document.body.append(dialog)
  dialog.showModal()
}

const WORDS: { readonly [field: string]: string } = {
  name: 'name',
  startDate: 'start',
  endDate: 'end',
  duration: 'length',
  percentDone: 'progress',
  parentId: 'place',
}

function count(tasks: number): string {
  return tasks === 1 ? 'one task' : `${tasks} tasks`
}

function author(version: Version): string {
  const by = version['savedBy']
  return typeof by === 'string' && by !== '' ? `by ${by}` : ''
}

function when(text: string | undefined): string {
  const date = new Date(text ?? '')
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
}
