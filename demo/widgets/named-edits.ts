/** The plan as the chart edits it, with a name for each edit: `Undo: move “Code freeze”`. */
import type { ProjectClient } from 'planwire'
import { type GanttFields, type GanttSource, projectSource } from 'planwire/dhtmlx'

/** A client's plan as the source of a chart; transactions carry a label for the undo button. */
export function namedEdits(client: ProjectClient): GanttSource {
  const source = projectSource(client)
  const said: string[] = []
  const nameOf = (id: string | number): string => `“${client.tasks.get(id)?.name ?? 'task'}”`
  return {
    dateOrder: source.dateOrder,
    task: (id) => source.task(id),
    children: (parent) => source.children(parent),
    parent: (id) => source.parent(id),
    links: () => source.links(),
    link: (id) => source.link(id),
    onChange: (listener) => source.onChange(listener),
    transact(run) {
      // What is done shows only while it is done; the label is read at the end of the transaction.
      const options: { label?: string } = {}
      said.length = 0
      client.transact(() => {
        run()
        const [first] = said
        if (first !== undefined) options.label = first
      }, options)
    },
    addTask(fields, place) {
      said.push(`add “${String(fields['text'] ?? 'task')}”`)
      return source.addTask(fields, place)
    },
    updateTask(id, fields) {
      said.push(`${verbOf(fields, source.task(id) ?? {})} ${nameOf(id)}`)
      source.updateTask(id, fields)
    },
    moveTask(id, place) {
      const deeper = source.parent(id) !== place.parent
      said.push(deeper ? `nest ${nameOf(id)}` : `reorder ${nameOf(id)}`)
      source.moveTask(id, place)
    },
    removeTask(id) {
      said.push(`delete ${nameOf(id)}`)
      source.removeTask(id)
    },
    addLink(fields) {
      said.push('add a link')
      return source.addLink(fields)
    },
    updateLink(id, fields) {
      said.push('change a link')
      source.updateLink(id, fields)
    },
    removeLink(id) {
      said.push('delete a link')
      source.removeLink(id)
    },
  }
}

function verbOf(fields: GanttFields, before: GanttFields): string {
  const differs = (name: string): boolean => name in fields && String(fields[name]) !== String(before[name])
  if (differs('text')) return 'rename'
  if (differs('progress')) return 'set progress of'
  if (differs('duration')) return 'resize'
  if (differs('start_date')) return 'move'
  return 'edit'
}
