/** The network lab of the server in this browser: its ready-made scripts, and a sign on every page while one is at work. */
import type { BrowserLab, LabPreset } from 'planwire/mock-server'
import { h } from './dom.ts'

/** Ready-made scripts with what they stand for. */
export const LAB_PRESETS: { readonly [name in LabPreset]: { readonly name: string; readonly story: string } } = {
  'train-tunnel': {
    name: 'Train tunnel',
    story: 'The signal fades, is gone without a word, and comes back slowly. 35 s',
  },
  'hotel-wifi': { name: 'Hotel Wi-Fi', story: 'Slow, narrow, with pauses, broken lines and lost answers. 60 s' },
  'laptop-wakes-up': { name: 'Laptop wakes up', story: 'Half of the tabs fall silent and wake with dead lines. 44 s' },
  'deploy-in-mid-edit': { name: 'Deploy in mid-edit', story: 'The server restarts after the second edit, twice.' },
}

/** A sign that faults are at work, with the way to end them. It shows and hides by itself. */
export function labChip(lab: BrowserLab): HTMLElement {
  const text = h('span', {})
  const stop = h('button', { type: 'button', className: 'chip-action', onclick: () => void lab.stop() }, 'Stop')
  const chip = h('div', { className: 'chip', role: 'status', hidden: true }, text, stop)
  let watched = false
  const show = (): void => {
    if (watched) return
    watched = true
    text.textContent = 'The network lab is at work'
    chip.hidden = false
    // A script is over by itself or by anybody's word; single faults beside it last a moment.
    void lab.whenDone().finally(() => {
      watched = false
      chip.hidden = true
    })
  }
  lab.subscribe(show)
  return chip
}
