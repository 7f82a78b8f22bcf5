/**
 * Owns how the panel looks: values, frame and controls. What single tabs need beside it stands in `tab-styles.ts`. Sheets are
 * adopted by the shadow root: nothing leaks out, and a content security policy has no inline style to refuse.
 */

const TOKENS = `
.root {
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --canvas: light-dark(#ffffff, #151b1a);
  --sunken: light-dark(#f3f6f5, #0f1413);
  --raised: light-dark(#ffffff, #1e2625);
  --hover: light-dark(#e9efed, #232d2b);
  --line: light-dark(#dbe2df, #2b3533);
  --line-strong: light-dark(#7f8c88, #73827e);
  --ink: light-dark(#16201e, #e7eceb);
  --ink-soft: light-dark(#4f5c58, #a3b1ae);
  --accent: light-dark(#0b6b63, #4fc7ba);
  --accent-ink: light-dark(#ffffff, #06231f);
  --accent-soft: light-dark(#d9efec, #16332f);
  --good: light-dark(#14703a, #5cc98a);
  --good-soft: light-dark(#def3e5, #14301f);
  --wait: light-dark(#855000, #eab35c);
  --wait-soft: light-dark(#fdf0d7, #352811);
  --bad: light-dark(#b3261e, #f2867d);
  --bad-soft: light-dark(#fbe7e5, #3b1d1b);
  --up: light-dark(#0b57d0, #8ab4f8);
  --down: light-dark(#0b6b63, #4fc7ba);
  --violet: light-dark(#6941a5, #b79be8);
  --violet-soft: light-dark(#efe7fb, #2a2140);
  --blue-soft: light-dark(#e3edfd, #182840);
  --focus: light-dark(#0b57d0, #8ab4f8);
  --mark: light-dark(#ffe58a, #6b5510);
  --shadow: 0 -1px 2px light-dark(rgb(15 30 27 / 0.06), rgb(0 0 0 / 0.4)), 0 0 32px light-dark(rgb(15 30 27 / 0.16), rgb(0 0 0 / 0.6));
  --row: 26px;
}
`

const FRAME = `
:host { all: initial !important; display: contents !important; }
:host([hidden]) { display: none !important; }
:host([placement="inline"]) { display: block !important; height: 100% !important; min-height: 20rem !important; }
*, *::before, *::after { box-sizing: border-box; }
.root {
  all: initial; color-scheme: light dark; display: contents;
  font: 13px/1.45 var(--font); color: var(--ink); -webkit-text-size-adjust: 100%;
}
.root[data-theme="light"] { color-scheme: light; }
.root[data-theme="dark"] { color-scheme: dark; }
[hidden] { display: none !important; }
.panel {
  position: fixed; z-index: 2147483000; display: flex; flex-direction: column; min-width: 0; min-height: 0;
  background: var(--canvas); color: var(--ink); box-shadow: var(--shadow); overflow: hidden;
  container: panel / inline-size; isolation: isolate;
}
.panel[data-dock="bottom"] { inset: auto 0 0 0; height: min(var(--height, 400px), 90dvh); border-top: 1px solid var(--line); }
.panel[data-dock="right"] { inset: 0 0 0 auto; width: min(var(--width, 520px), 90vw); border-left: 1px solid var(--line); }
.panel[data-dock="inline"] { position: static; height: 100%; box-shadow: none; border: 1px solid var(--line); border-radius: 10px; }
.panel[data-dock="sheet"] { inset: auto 0 0 0; height: min(var(--sheet, 72dvh), 94dvh); border-radius: 14px 14px 0 0; border-top: 1px solid var(--line); }
.grip { position: absolute; z-index: 5; touch-action: none; background: transparent; transition: background 120ms ease-out; }
.grip:hover, .grip:focus-visible, .grip.dragging { background: var(--accent); }
[data-dock="bottom"] > .grip { inset: 0 0 auto 0; height: 5px; cursor: ns-resize; }
[data-dock="right"] > .grip { inset: 0 auto 0 0; width: 5px; cursor: ew-resize; }
[data-dock="sheet"] > .grip { inset: 0 0 auto 0; height: 14px; cursor: ns-resize; background: none; }
[data-dock="sheet"] > .grip::after { content: ""; position: absolute; left: 50%; top: 5px; width: 36px; height: 4px; margin-left: -18px; border-radius: 2px; background: var(--line-strong); }
[data-dock="sheet"] > .grip:focus-visible::after { background: var(--focus); }
[data-dock="inline"] > .grip { display: none; }
[data-dock="sheet"] > .head { padding-top: 12px; }
.head { display: flex; align-items: stretch; gap: 4px; padding: 0 6px 0 10px; background: var(--sunken); border-bottom: 1px solid var(--line); flex: none; min-height: 40px; }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 650; letter-spacing: -0.01em; padding-right: 6px; white-space: nowrap; min-width: 0; }
.brand .icon { color: var(--accent); width: 18px; height: 18px; flex: none; }
.where { font-weight: 400; color: var(--ink-soft); font-size: 12px; overflow: hidden; text-overflow: ellipsis; }
.tabs { display: flex; align-items: stretch; gap: 0; margin: 0 auto 0 4px; overflow-x: auto; scrollbar-width: none; }
.tab {
  all: unset; box-sizing: border-box; cursor: pointer; display: flex; align-items: center; gap: 6px; padding: 0 10px; position: relative;
  color: var(--ink-soft); white-space: nowrap; font-weight: 500;
}
.tab .icon { width: 15px; height: 15px; }
.tab:hover { color: var(--ink); background: var(--hover); }
.tab[aria-selected="true"] { color: var(--ink); }
.tab[aria-selected="true"] .icon { color: var(--accent); }
.tab[aria-selected="true"]::after { content: ""; position: absolute; inset: auto 6px 0 6px; height: 2px; background: var(--accent); border-radius: 2px 2px 0 0; }
.tab .count { font-size: 10.5px; font-weight: 650; min-width: 17px; padding: 0 5px; line-height: 17px; border-radius: 9px; text-align: center; background: var(--hover); color: var(--ink-soft); }
.tab .count[data-tone="bad"] { background: var(--bad-soft); color: var(--bad); }
.tab .count[data-tone="live"] { background: var(--bad); color: light-dark(#fff, #2b0906); }
.head-tools { display: flex; align-items: center; gap: 2px; margin-left: auto; }
.body { flex: 1; min-height: 0; min-width: 0; display: flex; flex-direction: column; background: var(--canvas); }
.tabpanel { flex: 1; min-height: 0; min-width: 0; display: flex; flex-direction: column; outline-offset: -2px; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.tab:focus-visible { outline-offset: -3px; border-radius: 6px; }
@container panel (max-width: 860px) {
  .head { flex-wrap: wrap; padding: 0; row-gap: 0; }
  .brand { padding: 8px 6px 6px 12px; flex: 1; }
  .head-tools { padding-right: 6px; }
  .tabs { order: 3; flex: 1 1 100%; margin: 0; }
  .tab { padding: 8px 10px; }
}
@container panel (max-width: 640px) {
  .tab { flex: 1 1 0; min-width: 48px; flex-direction: column; gap: 2px; padding: 4px 2px 6px; font-size: 10px; line-height: 1.3; letter-spacing: -0.01em; justify-content: center; }
  .tab .icon { width: 18px; height: 18px; }
  .tab .count { position: absolute; top: 1px; left: calc(50% + 4px); font-size: 9px; line-height: 14px; min-width: 14px; padding: 0 3px; }
}
`

const CONTROLS = `
.icon { width: 16px; height: 16px; flex: none; display: block; }
.button {
  all: unset; box-sizing: border-box; cursor: pointer; display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 28px; padding: 0 10px;
  border: 1px solid var(--line); border-radius: 7px; background: var(--raised); color: var(--ink); font-weight: 550; white-space: nowrap; user-select: none; font-size: 12.5px;
}
.button:hover { background: var(--hover); border-color: var(--line-strong); }
.button:focus-visible, .tab:focus-visible, summary:focus-visible { outline: 2px solid var(--focus); }
.button .icon { width: 14px; height: 14px; }
.button[disabled], .button[aria-disabled="true"] { opacity: 0.5; cursor: default; pointer-events: none; }
.button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.button.primary:hover { filter: brightness(1.08); }
.button.quiet { border-color: transparent; background: transparent; color: var(--ink-soft); }
.button.quiet:hover { background: var(--hover); color: var(--ink); }
.button.danger { color: var(--bad); }
.button.danger:hover, .button.sure { background: var(--bad-soft); border-color: var(--bad); color: var(--bad); }
.button[aria-pressed="true"] { background: var(--accent-soft); border-color: var(--accent); color: var(--accent); }
.button.icon-only { width: 28px; padding: 0; }
.button.icon-only .icon { width: 16px; height: 16px; }
input, select, textarea { font: inherit; color: inherit; }
.field { min-height: 28px; padding: 3px 8px; border: 1px solid var(--line-strong); border-radius: 7px; background: var(--canvas); color: var(--ink); font-size: 12.5px; min-width: 0; }
.field::placeholder { color: var(--ink-soft); opacity: 1; }
.field:focus-visible { outline: 2px solid var(--focus); outline-offset: 0; border-color: var(--focus); }
select.field { padding-right: 4px; }
input[type="range"] { accent-color: var(--accent); margin: 0; min-width: 0; }
input[type="checkbox"] { accent-color: var(--accent); width: 15px; height: 15px; margin: 0; }
label.check { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; padding: 6px 10px; border-bottom: 1px solid var(--line); flex: none; min-width: 0; }
.bar .grow { flex: 1 1 140px; }
.space { flex: 1; }
.scroll { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; }
.pad { padding: 12px; }
.stack { display: flex; flex-direction: column; gap: 12px; }
.line { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; min-width: 0; }
.soft { color: var(--ink-soft); }
.small { font-size: 12px; }
.mono { font-family: var(--mono); font-size: 11.5px; }
.num { font-variant-numeric: tabular-nums; text-align: right; }
.clip { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
h2 { font-size: 13px; font-weight: 650; margin: 0; letter-spacing: -0.005em; }
h3 { font-size: 11px; font-weight: 650; margin: 0; color: var(--ink-soft); text-transform: uppercase; letter-spacing: 0.05em; }
p { margin: 0; }
a { color: var(--accent); }
code, pre { font-family: var(--mono); font-size: 11.5px; margin: 0; }
.card { border: 1px solid var(--line); border-radius: 10px; background: var(--raised); padding: 12px; min-width: 0; }
.chip { display: inline-flex; align-items: center; gap: 4px; padding: 0 7px; line-height: 18px; border-radius: 9px; font-size: 11px; font-weight: 600; background: var(--hover); color: var(--ink-soft); white-space: nowrap; }
.chip[data-tone="good"] { background: var(--good-soft); color: var(--good); }
.chip[data-tone="wait"] { background: var(--wait-soft); color: var(--wait); }
.chip[data-tone="bad"] { background: var(--bad-soft); color: var(--bad); }
.chip[data-tone="violet"] { background: var(--violet-soft); color: var(--violet); }
.chip[data-tone="blue"] { background: var(--blue-soft); color: var(--up); }
.chip[data-tone="accent"] { background: var(--accent-soft); color: var(--accent); }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--line-strong); flex: none; }
.dot[data-tone="good"] { background: var(--good); }
.dot[data-tone="wait"] { background: var(--wait); }
.dot[data-tone="bad"] { background: var(--bad); }
.empty { flex: 1; display: flex; flex-direction: column; align-items: center; justify-content: center; text-align: center; gap: 8px; padding: 24px; color: var(--ink-soft); }
.empty .icon { width: 28px; height: 28px; color: var(--line-strong); }
.empty h2 { color: var(--ink); }
.empty p { max-width: 56ch; }
.empty pre { text-align: left; background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; color: var(--ink); max-width: 100%; overflow: auto; }
.problem { color: var(--bad); background: var(--bad-soft); border-radius: 8px; padding: 8px 10px; overflow-wrap: anywhere; }
.toast { position: absolute; z-index: 6; left: 50%; bottom: 14px; transform: translateX(-50%); max-width: calc(100% - 24px); padding: 6px 12px; border-radius: 8px; background: var(--ink); color: var(--canvas); font-weight: 550; pointer-events: none; opacity: 0; transition: opacity 140ms ease-out; }
.toast.shown { opacity: 1; }
.seen-by-readers { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: reduce) { *, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important; } }
@media (forced-colors: active) { .dot, .chip, .tab[aria-selected="true"]::after { forced-color-adjust: none; } }
`

/** The sheet of frame and controls. */
export function baseSheet(): CSSStyleSheet {
  return sheetOf(TOKENS + FRAME + CONTROLS)
}

export function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  return sheet
}
