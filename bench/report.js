/** Owns what a run has found: tables of medians, ratios to the limit and to each peer, targets, and how all that is printed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { median } from './statistics.js'

/**
 * What one thing cost everybody who was measured in the same run.
 * @typedef {object} Row
 * @property {string} name
 * @property {string} unit
 * @property {'more' | 'less'} better
 * @property {Record<string, number | string>} figures medians by subject; a text says why there is none
 * @property {readonly Target[]} [targets]
 */

/**
 * `planwire / of`, or the figure itself where there is no `of`, is to be at most or at least this.
 * @typedef {{ subject?: string, of?: string, most?: number, least?: number }} Target
 */

/** @typedef {{ title: string, note?: string, rows: readonly Row[] }} Table */

/** @typedef {{ row: string, text: string, of: string | undefined, wanted: string, ratio: number, met: boolean }} Verdict */

/** How many rounds, how much of everything, and whose server. @typedef {{ rounds: number, smoke: boolean, url?: string }} Extent */

export const SUBJECT = 'planwire'

/**
 * Medians by subject of one figure.
 * @template {string} Subject
 * @param {ReadonlyMap<Subject, readonly Record<string, number>[]>} results
 * @param {string} figure
 * @returns {Record<string, number>}
 */
export function medians(results, figure) {
  /** @type {Record<string, number>} */
  const found = {}
  for (const [subject, rounds] of results) found[subject] = median(rounds.map((one) => one[figure] ?? Number.NaN))
  return found
}

/** @param {Row} row @returns {Verdict[]} */
export function verdicts({ name, figures, targets = [] }) {
  return targets.flatMap(({ subject = SUBJECT, of, most, least }) => {
    const figure = figures[subject]
    const base = of === undefined ? 1 : figures[of]
    if (typeof figure !== 'number' || typeof base !== 'number') return []
    // Nothing beside nothing is as much.
    const ratio = figure === base ? 1 : figure / base
    const met = (most === undefined || ratio <= most) && (least === undefined || ratio >= least)
    const wanted = most === undefined ? `>= ${least}` : `<= ${most}`
    const whose = subject === SUBJECT ? '' : `${subject}: `
    return {
      row: name,
      text: `${whose}${short(ratio)}${of === undefined ? '' : ` of ${of}`}, target ${wanted}`,
      of,
      wanted,
      ratio,
      met,
    }
  })
}

/** That planwire beats each peer of a row, as targets. @param {readonly string[]} peers @param {'more' | 'less'} better @returns {Target[]} */
export const fasterThan = (peers, better) => peers.map((of) => (better === 'less' ? { of, most: 1 } : { of, least: 1 }))

/** @param {number} value */
export function short(value) {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3)
}

/** A table in Markdown, which reads well in a terminal as well. @param {Table} table @returns {string} */
export function tableText({ title, note, rows }) {
  const subjects = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const head = ['', 'unit', ...subjects, 'targets']
  const lines = rows.map((row) => {
    const own = row.figures[SUBJECT]
    const cells = subjects.map((subject) => {
      const figure = row.figures[subject]
      if (typeof figure !== 'number') return figure ?? ''
      // Of the others it is worth knowing how planwire stands beside them.
      const beside = subject !== SUBJECT && typeof own === 'number' && figure !== 0 ? ` (${short(own / figure)})` : ''
      return short(figure) + beside
    })
    return [row.name, row.unit, ...cells, judgement(row)]
  })
  const widths = head.map((cell, at) => Math.max(...[head, ...lines].map((line) => (line[at] ?? cell).length)))
  const text = (/** @type {readonly string[]} */ line) =>
    `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [`### ${title}`, '', ...(note ? [note, ''] : []), text(head), rule, ...lines.map(text), ''].join('\n')
}

/** What was missed, and what was met: of several peers in one word, since their ratios stand beside their figures. @param {Row} row */
function judgement(row) {
  const judged = verdicts(row)
  const beaten = judged.filter(({ met, of, wanted }) => met && of !== undefined && /^.= 1$/.test(wanted))
  const together = beaten.length > 1 ? beaten : []
  return [
    ...judged.filter((one) => !together.includes(one)).map(({ text, met }) => `${met ? 'met' : 'MISSED'}: ${text}`),
    ...(together.length > 0
      ? [`met: target ${together[0]?.wanted} of ${together.map(({ of }) => of).join(', ')}`]
      : []),
  ].join('; ')
}

/** Where and with what this was measured. @returns {Record<string, string>} */
export function environment() {
  const all = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${all.length} x ${all[0]?.model.trim() ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${process.platform} ${release().split('-')[0]}`,
    node: process.version,
  }
}

/** Figures that cannot be: a benchmark that runs into nothing must not pass for a fast one. @param {readonly Table[]} tables @returns {string[]} */
export function insane(tables) {
  return tables.flatMap(({ title, rows }) =>
    rows.length === 0
      ? [`${title}: no rows`]
      : rows.flatMap(({ name, figures }) =>
          Object.entries(figures).flatMap(([subject, figure]) =>
            typeof figure === 'number' && !Number.isFinite(figure) ? [`${title}, ${name}, ${subject}: ${figure}`] : [],
          ),
        ),
  )
}

const BEGIN = '<!-- figures: begin (npm run bench -- --write) -->'
const END = '<!-- figures: end -->'

/** Puts text between the marks of a document. @param {string} file @param {string} text */
export function writeBetweenMarks(file, text) {
  const before = readFileSync(file, 'utf8')
  const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)]
  if (from < 0 || to < from)
    throw new Error(`${file} has no place for the figures: it needs the lines ${BEGIN} and ${END}`)
  writeFileSync(file, `${before.slice(0, from + BEGIN.length)}\n\n${text}\n${before.slice(to)}`)
}
