/** The tab of data: what the server holds, table by table; reset, export and import. */
import type { ServerState } from '../core/state-file.ts'
import { fileMoment, saveJson } from './clipboard.ts'
import { cellOf, columnsOf, type DataRow, type DataTable, searchRows, tablesOf } from './data-model.ts'
import { button, h, icon, keyedList, setText } from './dom.ts'
import { fileDrop } from './file-drop.ts'
import { short } from './numbers.ts'
import { sureButton } from './sure-button.ts'
import type { PanelContext, PanelTab } from './tab.ts'
import { VirtualList } from './virtual-list.ts'

/** Reading costs the page what the state is long: while it is quick, it happens by itself. */
const QUICK_MS = 40
const PAUSE_MS = 1500
/** Longer files are no state of a mock server. */
const LARGEST_FILE = 256_000_000

export function createDataTab(context: PanelContext): PanelTab {
  const { mock, say, invalidate, traffic } = context
  let tables: readonly DataTable[] = []
  let chosen: string | undefined
  let shownColumns = ''
  let rows: readonly DataRow[] = []
  let columns: readonly string[] = []
  let reading: 'not-yet' | 'reading' | 'read' = 'not-yet'
  let problem = ''
  let tookMs = 0
  let readAt = 0
  let heardAtRead = 0

  const list = new VirtualList<DataRow>({ label: 'Records', rowHeight: 26, role: 'table', fill, invalidate })
  const header = h('div', { className: 'data-head', role: 'presentation' })
  const picks = h('div', { className: 'data-list', role: 'group', 'aria-label': 'Stores' })
  const search = h('input', {
    type: 'search',
    className: 'field grow',
    placeholder: 'Search records',
    'aria-label': 'Search records',
    oninput: () => choose(chosen),
  })
  const counted = h('span', { className: 'soft small num', role: 'note' })
  const file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    hidden: true,
    onchange: () => file.files?.[0] && void importFile(file.files[0]),
  })
  const trouble = h('p', { className: 'problem', role: 'alert', hidden: true })
  const empty = h('div', { className: 'empty' }, icon('data'), h('h2', {}, ''), h('p', {}, ''))
  const drop = h('div', { className: 'drop', hidden: true }, icon('open'), 'Drop a state to import it')
  const resetOne = sureButton('Reset project', 'Reset it for everybody?', () => reset(chosenTable()))
  const table = h('div', { className: 'data-table' }, h('div', { className: 'data-scroll' }, header, list.element))
  const element = h(
    'div',
    fileDrop(drop, importFile),
    h(
      'div',
      { className: 'bar' },
      search,
      counted,
      h('span', { className: 'space' }),
      button('Read again', () => read(), { icon: 'reset', iconOnly: true, look: 'quiet' }),
      resetOne,
      sureButton('Reset all', 'Reset everything?', () => reset(undefined)),
      button('Export', save, { icon: 'save' }),
      button('Import', () => file.click(), { icon: 'open', title: 'Or drop a file here' }),
      file,
    ),
    trouble,
    h('div', { className: 'split data' }, picks, table),
    empty,
    drop,
  )

  const chosenTable = (): DataTable | undefined => tables.find(({ key }) => key === chosen)

  async function read(): Promise<ServerState | undefined> {
    if (reading === 'reading') return undefined
    reading = 'reading'
    heardAtRead = traffic.heard
    const since = performance.now()
    try {
      const state = await mock.export()
      tookMs = performance.now() - since
      tables = tablesOf(state)
      problem = ''
      if (chosenTable() === undefined) chosen = tables.find(({ rows: all }) => all.length > 0)?.key ?? tables[0]?.key
      choose(chosen)
      return state
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      return undefined
    } finally {
      reading = 'read'
      readAt = Date.now()
      invalidate()
    }
  }

  function choose(key: string | undefined): void {
    if (key !== chosen) list.element.scrollTop = 0
    chosen = key
    const all = chosenTable()?.rows ?? []
    columns = columnsOf(all)
    rows = searchRows(all, search.value.trim())
    list.setItems(rows)
    invalidate()
  }

  async function reset(table: DataTable | undefined): Promise<void> {
    const project = table === undefined ? undefined : table.project
    await acted(
      mock.reset(project),
      project === undefined ? 'Everything is as configured' : `${table?.group} is as configured`,
    )
  }

  async function acted(work: Promise<void>, words: string): Promise<void> {
    try {
      await work
      problem = ''
      say(words)
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    await read()
  }

  async function save(): Promise<void> {
    try {
      const state = await mock.export()
      saveJson(`planwire-state-${fileMoment(new Date())}.json`, state)
      say('State saved as a file')
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      invalidate()
    }
  }

  async function importFile(chosenFile: File): Promise<void> {
    file.value = ''
    let state: unknown
    try {
      if (chosenFile.size > LARGEST_FILE) throw new Error('it is larger than any state')
      state = JSON.parse(await chosenFile.text())
    } catch (error) {
      problem = `${chosenFile.name} was not imported: ${error instanceof Error ? error.message : String(error)}`
      return invalidate()
    }
    await acted(mock.import(state), `${chosenFile.name} was imported for everybody`)
  }

  function fill(row: HTMLElement, record: DataRow): void {
    while (row.children.length > columns.length) row.lastElementChild?.remove()
    while (row.children.length < columns.length) row.append(h('span', { className: 'cell clip', role: 'cell' }))
    for (const [at, field] of columns.entries()) {
      const cell = row.children[at]
      if (cell === undefined) continue
      const value = cellOf(record[field])
      setText(cell, value.length > 200 ? `${value.slice(0, 200)}…` : value)
      cell.classList.toggle('num', typeof record[field] === 'number')
    }
  }

  const drawGroups = keyedList<readonly [group: string, tables: readonly DataTable[]]>(
    picks,
    ([group]) => group,
    () => {
      const name = h('h3', {})
      const items = h('div', { className: 'data-group' })
      const draw = keyedList<DataTable>(
        items,
        ({ key }) => key,
        ({ key }) => {
          const label = h('span', { className: 'clip' })
          const count = h('span', { className: 'num soft small' })
          const pick = h('button', { type: 'button', className: 'pick', onclick: () => choose(key) }, label, count)
          return {
            element: pick,
            update(table) {
              setText(label, table.name)
              setText(count, short(table.rows.length))
              pick.setAttribute('aria-current', String(key === chosen))
            },
          }
        },
      )
      return {
        element: h('section', {}, name, items),
        update([group, own]) {
          setText(name, group)
          draw(own)
        },
      }
    },
  )

  return {
    element,
    ticks: true,
    render() {
      const isStale = traffic.heard > heardAtRead && tookMs < QUICK_MS && Date.now() - readAt > PAUSE_MS
      if (reading === 'not-yet' || (reading === 'read' && isStale)) void read()
      const groups = new Map<string, DataTable[]>()
      for (const each of tables) groups.set(each.group, [...(groups.get(each.group) ?? []), each])
      drawGroups([...groups])
      const key = columns.join('\n')
      if (key !== shownColumns) {
        shownColumns = key
        header.replaceChildren(...columns.map((field) => h('span', { className: 'cell clip' }, field)))
        table.style.setProperty('--columns', String(Math.max(1, columns.length)))
      }
      const current = chosenTable()
      list.element.setAttribute(
        'aria-label',
        current === undefined ? 'Records' : `${current.name} of ${current.group}: ${columns.join(', ')}`,
      )
      list.element.setAttribute('aria-rowcount', String(rows.length + 1))
      resetOne.hidden = current === undefined || current.project === undefined
      trouble.hidden = problem === ''
      setText(trouble, problem)
      const all = current?.rows.length ?? 0
      setText(counted, rows.length === all ? `${all} records` : `${rows.length} of ${all} records`)
      empty.hidden = rows.length > 0 || (reading !== 'read' && tables.length === 0)
      table.hidden = rows.length === 0
      const [, title, words] = empty.children
      if (title && words) {
        setText(
          title,
          all > 0
            ? 'Nothing fits the search'
            : tables.length === 0
              ? 'No projects and no collections'
              : 'No records here',
        )
        setText(
          words,
          tables.length === 0 ? 'Name projects or collections in the configuration of the mock server.' : '',
        )
      }
      list.render()
    },
  }
}
