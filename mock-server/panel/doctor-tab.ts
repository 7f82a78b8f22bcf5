/** The tab of the doctor: what is wrong on the wire, what to do, and the messages that show it. */
import { createDoctor } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { DoctorQueue } from './doctor-queue.ts'
import { button, h, icon, keyedList, type Row, setText } from './dom.ts'
import { short } from './numbers.ts'
import type { PanelContext, PanelTab } from './tab.ts'

/** Messages of a finding that are offered. */
const OFFERED = 8

export function createDoctorTab(context: PanelContext): PanelTab {
  const { traffic, invalidate, say } = context
  const doctor = createDoctor()
  const queue = new DoctorQueue(doctor, {
    now: () => performance.now(),
    soon: (work) => void setTimeout(work),
    changed: () => context.arrived(),
  })
  let { generation } = traffic
  const unlisten = traffic.subscribe((entries) => {
    // The numbers of its findings are those of other messages now.
    if (generation !== traffic.generation) queue.clear()
    generation = traffic.generation
    queue.take(entries)
  })

  const summary = h('span', { className: 'soft small', role: 'note' })
  const list = h('ul', { className: 'findings stack pad', 'aria-label': 'Findings, the worst first' })
  const content = h('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': 'Findings' }, list)
  const empty = h(
    'div',
    { className: 'empty' },
    icon('doctor'),
    h('h2', {}, 'Nothing wrong so far'),
    h(
      'p',
      {},
      'The doctor looks at everything that crosses the wire while the panel is there: echo loops, temporary ids left in references, mixed dialects and zones, missing acks, tabs that part.',
    ),
  )
  const element = h(
    'div',
    {},
    h(
      'div',
      { className: 'bar' },
      summary,
      h('span', { className: 'space' }),
      button(
        'Forget all',
        () => {
          queue.clear()
          say('Findings forgotten')
          invalidate()
        },
        { icon: 'trash' },
      ),
    ),
    content,
    empty,
  )
  const draw = keyedList<Finding>(
    list,
    ({ code, message }) => `${code} ${message}`,
    (first) => findingRow(first, (n) => context.showMessage(n)),
  )

  return {
    element,
    tick: () => queue.passed(Date.now()),
    render() {
      const { findings } = doctor
      draw(findings)
      const skipped = queue.skipped > 0 ? `, ${short(queue.skipped)} messages skipped in a rush` : ''
      setText(
        summary,
        `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} in ${short(traffic.heard)} messages${skipped}`,
      )
      content.hidden = findings.length === 0
      empty.hidden = findings.length > 0
    },
    count() {
      const { findings } = doctor
      if (findings.length === 0) return undefined
      const label = `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`
      const isBad = findings.some(({ severity }) => severity === 'error')
      return { text: String(findings.length), label, ...(isBad && { tone: 'bad' as const }) }
    },
    end() {
      unlisten()
      queue.end()
    },
  }
}

function findingRow(first: Finding, show: (n: number) => void): Row<Finding> {
  const isBad = first.severity === 'error'
  const count = h('span', { className: 'chip num' })
  const entries = h('span', { className: 'line tight' })
  const element = h(
    'li',
    { className: 'card finding', 'data-severity': first.severity },
    h(
      'div',
      { className: 'line' },
      icon(isBad ? 'warn' : 'info'),
      h('h2', {}, first.code),
      h('span', { className: 'chip', 'data-tone': isBad ? 'bad' : 'wait' }, first.severity),
      count,
      h('span', { className: 'space' }),
      h('span', { className: 'soft small clip' }, first.parties.join(', ')),
    ),
    h('p', {}, first.message),
    h('p', { className: 'soft small' }, first.whatToDo),
    h(
      'div',
      { className: 'line small' },
      entries,
      h('span', { className: 'space' }),
      h('span', { className: 'soft' }, 'Explained in ', h('code', {}, first.link)),
    ),
  )
  let offered = ''
  return {
    element,
    update(finding) {
      setText(count, finding.count === 1 ? 'once' : `${short(finding.count)} times`)
      const numbers = finding.entries.slice(0, OFFERED)
      if (numbers.join() === offered) return
      offered = numbers.join()
      entries.replaceChildren(
        ...numbers.map((n) => button(`#${n}`, () => show(n), { look: 'quiet', spoken: `#${n}: show this message` })),
      )
    },
  }
}
