/** Owns how the single tabs look, beside what `styles.ts` gives all of them. */
import { sheetOf } from './styles.ts'

const LISTS = `
.virtual { position: relative; flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; outline-offset: -2px; contain: strict; }
.virtual-space { position: relative; min-width: 100%; }
.virtual-row { position: absolute; inset: 0 0 auto 0; height: var(--row); display: flex; align-items: center; gap: 8px; padding: 0 10px; border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); white-space: nowrap; cursor: default; }
.virtual[role="listbox"] .virtual-row:hover { background: var(--hover); }
.virtual-row[aria-selected="true"] { background: var(--accent-soft); box-shadow: inset 2px 0 0 var(--accent); }
.split { flex: 1; display: flex; min-height: 0; min-width: 0; position: relative; }
.split-main { flex: 1; min-width: 0; min-height: 0; display: flex; flex-direction: column; position: relative; }
.split-main.scroll { display: block; }
.detail { flex: 0 0 min(46%, 560px); min-width: 0; border-left: 1px solid var(--line); display: flex; flex-direction: column; min-height: 0; background: var(--canvas); }
.detail-head { padding: 8px 10px; border-bottom: 1px solid var(--line); display: flex; flex-direction: column; gap: 4px; }
.detail-head.line { flex-direction: row; }
.detail-content { flex: 1; min-height: 0; overflow: auto; display: flex; flex-direction: column; gap: 6px; padding: 8px 10px; }
.tight { gap: 4px; }
.stack.tight { gap: 8px; }
.nowrap { flex-wrap: nowrap; }
.strong { font-weight: 600; }
.newest { position: absolute; right: 14px; bottom: 10px; box-shadow: 0 2px 8px rgb(0 0 0 / 0.18); }
.m-time { flex: 0 0 86px; }
.m-way { flex: 0 0 12px; font-weight: 700; color: var(--ink-soft); text-align: center; }
.m-way[data-way="up"] { color: var(--up); }
.m-way[data-way="down"] { color: var(--down); }
.m-party { flex: 0 0 92px; font-weight: 550; }
.m-kind { flex: 0 0 auto; max-width: 150px; display: inline-block; }
.m-text { flex: 1; color: var(--ink-soft); }
.m-size { flex: 0 0 44px; }
.code { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; line-height: 1.5; tab-size: 2; }
.json-key { color: var(--violet); }
.json-string { color: var(--good); }
.json-number { color: var(--up); }
.json-word { color: var(--wait); }
.headers { display: grid; grid-template-columns: auto 1fr; gap: 2px 10px; margin: 0; }
.headers dd { margin: 0; overflow-wrap: anywhere; }
@container panel (max-width: 700px) {
  .with-detail > .split-main { display: none; }
  .detail { flex: 1; border-left: 0; }
  .m-time { display: none; }
  .m-party { flex-basis: 64px; }
  .m-size { flex-basis: 34px; }
  .bar .field.grow { flex-basis: 100%; }
  .bar > select.field { flex: 1 1 28%; width: 0; }
}
`

const CLIENTS = `
ul, ol { list-style: none; margin: 0; padding: 0; }
.people { display: flex; flex-wrap: wrap; gap: 6px; padding: 10px 10px 4px; }
.person { display: flex; align-items: center; gap: 8px; padding: 4px 12px 4px 4px; border: 1px solid var(--line); border-radius: 18px; background: var(--raised); max-width: 260px; min-width: 0; }
.person-words { display: flex; flex-direction: column; min-width: 0; line-height: 1.25; }
.avatar { width: 28px; height: 28px; border-radius: 50%; color: #fff; display: grid; place-items: center; font-size: 11px; font-weight: 700; text-transform: uppercase; flex: none; letter-spacing: 0.02em; }
.sockets { padding: 6px 10px 12px; }
.socket { display: grid; grid-template-columns: minmax(150px, 1.4fr) minmax(170px, 1fr) minmax(170px, 1fr) minmax(110px, 0.7fr) auto; gap: 12px; align-items: center; padding: 7px 4px; border-bottom: 1px solid var(--line); }
.socket-who { display: flex; align-items: center; gap: 8px; min-width: 0; }
.socket-tools { display: flex; gap: 4px; }
.is-closed { opacity: 0.75; }
.flow { display: flex; align-items: center; gap: 6px; min-width: 0; font-weight: 700; }
.flow-up { color: var(--up); }
.flow-down { color: var(--down); }
.flow-words { display: flex; flex-direction: column; color: var(--ink); font-weight: 400; text-align: left; line-height: 1.3; }
.flow-words .num { text-align: left; white-space: nowrap; }
.spark { width: 72px; height: 22px; flex: none; border-bottom: 1px solid var(--line); }
@container panel (max-width: 860px) {
  .socket { grid-template-columns: 1fr 1fr; gap: 6px 10px; border: 1px solid var(--line); border-radius: 10px; padding: 8px 10px; margin-bottom: 8px; background: var(--raised); }
  .socket-who { grid-column: 1 / -1; }
  .spark { width: 44px; }
}
@container panel (max-width: 420px) {
  .socket > .soft.small { grid-column: 1 / -1; }
  .socket-tools { grid-column: 1 / -1; }
  .spark { width: 30px; }
}
`

const LAB = `
.run { display: flex; flex-direction: column; gap: 6px; background: var(--wait-soft); border-color: color-mix(in srgb, var(--wait) 40%, transparent); }
.run.is-idle { background: var(--good-soft); border-color: color-mix(in srgb, var(--good) 30%, transparent); }
.progress { width: 100%; height: 6px; appearance: none; border: 0; border-radius: 3px; overflow: hidden; background: var(--line); }
.progress::-webkit-progress-bar { background: var(--line); }
.progress::-webkit-progress-value { background: var(--wait); transition: width 1s linear; }
.progress::-moz-progress-bar { background: var(--wait); }
.steps { display: flex; flex-wrap: wrap; gap: 4px; }
.presets { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px; }
.preset .line { flex-wrap: nowrap; }
.preset { display: flex; flex-direction: column; gap: 6px; padding: 10px; }
.preset h3 { font-size: 12.5px; text-transform: none; letter-spacing: 0; color: var(--ink); }
.preset p { flex: 1; }
.seed { width: 68px; }
.switches { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 8px 20px; }
.switch { display: grid; grid-template-columns: 106px 1fr 58px; gap: 8px; align-items: center; min-height: 28px; }
.switch > select { grid-column: 2 / -1; }
.editor { width: 100%; resize: vertical; line-height: 1.5; tab-size: 2; white-space: pre; }
.log { flex-basis: min(38%, 460px); }
.log .virtual-row { --row: 24px; gap: 6px; }
.log .m-time { flex: 0 0 56px; display: inline; }
.lab .split-main { min-width: 0; }
@container panel (max-width: 700px) {
  .split.lab { flex-direction: column; }
  .split.lab > .log { flex: 0 0 34%; border-left: 0; border-top: 1px solid var(--line); }
}
`

const DATA = `
.split.data { min-height: 0; }
.data-list { flex: 0 0 190px; overflow: auto; border-right: 1px solid var(--line); padding: 8px; display: flex; flex-direction: column; gap: 10px; background: var(--sunken); }
.data-list h3 { padding: 2px 8px; }
.pick { all: unset; box-sizing: border-box; cursor: pointer; width: 100%; display: flex; justify-content: space-between; gap: 8px; padding: 4px 8px; border-radius: 6px; }
.pick:hover { background: var(--hover); }
.pick[aria-current="true"] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.pick[aria-current="true"] .soft { color: var(--accent); }
.pick:focus-visible { outline: 2px solid var(--focus); outline-offset: -2px; }
.data-table { flex: 1; min-width: 0; min-height: 0; overflow-x: auto; overflow-y: hidden; }
.data-scroll { height: 100%; display: flex; flex-direction: column; min-width: calc(var(--columns) * 132px); }
.data-head, .data-table .virtual-row { display: grid; grid-template-columns: minmax(70px, 0.5fr) minmax(150px, 1.6fr) repeat(calc(var(--columns) - 2), minmax(110px, 1fr)); gap: 10px; padding: 0 10px; }
.data-head { flex: none; font-weight: 600; color: var(--ink-soft); background: var(--sunken); border-bottom: 1px solid var(--line); line-height: 28px; font-size: 12px; scrollbar-gutter: stable; overflow: hidden; }
.data-table .virtual { scrollbar-gutter: stable; }
.cell { font-size: 12px; }
.cell.num { text-align: left; }
.drop { position: absolute; inset: 8px; z-index: 4; border: 2px dashed var(--accent); border-radius: 10px; background: color-mix(in srgb, var(--accent-soft) 92%, transparent); color: var(--accent); display: grid; place-content: center; justify-items: center; gap: 8px; font-weight: 600; pointer-events: none; }
.drop .icon { width: 28px; height: 28px; }
.tabpanel { position: relative; }
.tabpanel > .problem { margin: 8px 10px 0; }
@container panel (max-width: 640px) {
  .split.data { flex-direction: column; }
  .data-list { flex: 0 0 auto; flex-direction: row; max-height: none; border-right: 0; border-bottom: 1px solid var(--line); overflow-x: auto; padding: 6px; }
  .data-list section { display: flex; align-items: center; gap: 4px; flex: none; }
  .data-group { display: flex; gap: 2px; }
  .pick { width: auto; white-space: nowrap; }
}
`

const BOTS = `
.bots { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 8px; }
.bot { display: flex; align-items: center; gap: 8px; padding: 6px 6px 6px 8px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); min-width: 0; }
.bot .person-words { flex: 1; }
.rate input { width: 110px; }
.recent { padding: 4px 10px 10px; }
.recent li { padding: 3px 0; border-bottom: 1px solid color-mix(in srgb, var(--line) 55%, transparent); overflow-wrap: anywhere; }
.mix { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 4px 16px; padding: 8px 2px; }
.mix .switch { grid-template-columns: 76px 1fr; }
summary { cursor: pointer; font-weight: 550; border-radius: 6px; padding: 4px 2px; }
`

const RECORDER = `
.recording-place, .recording { flex: 1; min-height: 0; display: flex; flex-direction: column; }
.scrub-bar { flex-wrap: nowrap; }
.scrub { flex: 1; }
.recording .virtual-row { --row: 24px; }
.recording .dot { flex: none; }
.recording .progress { flex: 0 1 120px; }
.outcome { font-size: 12px; min-width: 0; overflow-wrap: anywhere; }
.moment { flex-basis: 50%; }
.change { padding: 8px 10px; display: flex; flex-direction: column; gap: 6px; }
.diff { border-collapse: collapse; width: 100%; table-layout: fixed; }
.diff th, .diff td { text-align: left; vertical-align: top; padding: 2px 6px; font-weight: 400; overflow-wrap: anywhere; }
.diff thead th { color: var(--ink-soft); font-weight: 600; }
.diff tbody th { color: var(--ink-soft); }
.diff del, .diff ins { text-decoration: none; border-radius: 3px; padding: 0 3px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.diff del { background: var(--bad-soft); color: var(--bad); }
.diff ins { background: var(--good-soft); color: var(--good); }
.diff tr.differs th { color: var(--ink); font-weight: 600; }
@container panel (max-width: 700px) { .split.lab > .moment { flex-basis: 52%; } }
`

const DOCTOR = `
.finding { display: flex; flex-direction: column; gap: 6px; border-left: 3px solid var(--wait); }
.finding[data-severity="error"] { border-left-color: var(--bad); }
.finding > .line > .icon { color: var(--wait); }
.finding[data-severity="error"] > .line > .icon { color: var(--bad); }
.finding p { overflow-wrap: anywhere; max-width: 110ch; }
.finding .button { min-height: 24px; padding: 0 6px; font-size: 11.5px; color: var(--accent); }
`

/** The sheet of the tabs. */
export function tabSheet(): CSSStyleSheet {
  return sheetOf(LISTS + CLIENTS + LAB + DATA + BOTS + RECORDER + DOCTOR)
}
