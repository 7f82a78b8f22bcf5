/** The tab of the recorder: making a recording of all tabs, keeping it in a file, and going through one. */
import type { RecorderState, Recording } from '../recorder/recording.ts'
import { fileMoment, saveJson } from './clipboard.ts'
import { button, h, icon, setText } from './dom.ts'
import { fileDrop } from './file-drop.ts'
import { short, span } from './numbers.ts'
import { createRecordingView, type RecordingView } from './recording-view.ts'
import { inSlices } from './slices.ts'
import type { PanelContext, PanelTab } from './tab.ts'

/** Longer files are no recording that a page can go through. */
const LARGEST_FILE = 512_000_000

export function createRecorderTab(context: PanelContext): PanelTab {
  const { mock, say, invalidate } = context
  const { recorder } = mock
  let state: RecorderState = { state: 'idle' }
  let shown: { readonly recording: Recording; readonly view: RecordingView } | undefined
  let problem = ''
  /** A recording that is on its way, and how much of it was played. */
  let loading: { readonly abort: AbortController; share: number } | undefined

  const name = h('input', {
    className: 'field',
    value: 'recording',
    'aria-label': 'Name of the recording',
    maxLength: 80,
  })
  const record = button('Record', start, { icon: 'record', look: 'primary' })
  const stop = button('Stop', end, { icon: 'stop', look: 'danger' })
  const file = h('input', {
    type: 'file',
    accept: '.json,application/json',
    hidden: true,
    onchange: () => file.files?.[0] && void open(file.files[0]),
  })
  const save = button(
    'Save',
    () =>
      shown &&
      saveJson(
        `${fileName(shown.recording.name)}-${fileMoment(new Date(shown.recording.startedAt))}.json`,
        shown.recording,
      ),
    { icon: 'save' },
  )
  const cancel = button('Cancel', () => loading?.abort.abort(), { icon: 'stop' })
  const running = h('span', { className: 'chip', 'data-tone': 'bad' })
  const about = h('span', { className: 'soft small clip' })
  const trouble = h('p', { className: 'problem', role: 'alert', hidden: true })
  const place = h('div', { className: 'recording-place' })
  const empty = h(
    'div',
    { className: 'empty' },
    icon('recorder'),
    h('h2', {}, ''),
    h(
      'p',
      {},
      'A recording holds every frame and request of all tabs, the faults, and the records it began with; passwords and tokens are left out. Go through it in time, replay it, cut it down to what matters, and run it in Vitest or Playwright.',
    ),
  )
  const drop = h('div', { className: 'drop', hidden: true }, icon('open'), 'Drop a recording to open it')
  const element = h(
    'div',
    fileDrop(drop, open),
    h(
      'div',
      { className: 'bar' },
      name,
      record,
      stop,
      running,
      about,
      cancel,
      h('span', { className: 'space' }),
      save,
      button('Open', () => file.click(), { icon: 'open', title: 'Or drop a file here' }),
      file,
    ),
    trouble,
    place,
    empty,
    drop,
  )

  async function tried<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      problem = ''
      return await work()
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
      return undefined
    } finally {
      invalidate()
    }
  }

  async function start(): Promise<void> {
    await tried(async () => {
      await recorder.start({ name: name.value.trim() || 'recording' })
      state = await recorder.state()
      say('Recording all tabs')
    })
  }

  async function end(): Promise<void> {
    await tried(async () => {
      const recording = await recorder.stop()
      state = { state: 'idle' }
      await show(recording)
    })
  }

  async function open(chosen: File): Promise<void> {
    file.value = ''
    await tried(async () => {
      if (chosen.size > LARGEST_FILE) throw new Error(`${chosen.name} is larger than any recording`)
      let value: unknown
      try {
        value = JSON.parse(await chosen.text())
      } catch (error) {
        throw new Error(`${chosen.name} was not opened: ${error instanceof Error ? error.message : String(error)}`)
      }
      const { recorderTools } = await import('./recorder-tools.ts')
      await show(recorderTools.checkRecording(value))
    })
  }

  async function show(recording: Recording): Promise<void> {
    loading?.abort.abort()
    const mine = { abort: new AbortController(), share: 0 }
    const { signal } = mine.abort
    loading = mine
    invalidate()
    try {
      const { recorderTools: tools } = await import('./recorder-tools.ts')
      const player = await tools.createPlayer(recording, {
        signal,
        pause: inSlices(),
        onProgress(done, all) {
          mine.share = done / all
          invalidate()
        },
      })
      if (signal.aborted) return
      shown?.view.end()
      const view = createRecordingView({
        tools,
        player,
        say,
        invalidate,
        replace: (other) => void tried(() => show(other)),
      })
      shown = { recording, view }
      place.replaceChildren(view.element)
    } catch (error) {
      // Another one took its place, or nobody wants it any more.
      if (!signal.aborted) throw error
    } finally {
      if (loading === mine) loading = undefined
      invalidate()
    }
  }

  let asking = false
  /** Another tab may begin or end a recording as well. */
  async function ask(): Promise<void> {
    if (asking) return
    asking = true
    try {
      const now = await recorder.state()
      if (now.state !== state.state || now.state === 'recording') invalidate()
      state = now
    } catch {
      // The server is down for a moment: asked again.
    } finally {
      asking = false
    }
  }
  let askedAt = 0

  return {
    element,
    ticks: true,
    render() {
      if (Date.now() - askedAt > 900) {
        askedAt = Date.now()
        void ask()
      }
      const isOn = state.state === 'recording'
      record.hidden = name.hidden = isOn
      stop.hidden = running.hidden = !isOn
      if (state.state === 'recording')
        setText(
          running,
          `● ${state.name} · ${span(Date.now() - state.since)} · ${short(state.entries)} entries${state.dropped > 0 ? `, ${short(state.dropped)} left out` : ''}`,
        )
      save.disabled = shown === undefined
      cancel.hidden = loading === undefined
      const kept = shown?.recording
      setText(
        about,
        loading !== undefined
          ? `The recording is played once: ${Math.round(loading.share * 100)} %`
          : kept === undefined || isOn
            ? ''
            : `${kept.name} · ${kept.entries.length} entries${kept.dropped === undefined ? '' : `, ${kept.dropped} left out`}`,
      )
      trouble.hidden = problem === ''
      setText(trouble, problem)
      place.hidden = shown === undefined
      empty.hidden = shown !== undefined
      const [, title] = empty.children
      if (title) setText(title, isOn ? 'Recording' : 'No recording yet')
      shown?.view.render()
    },
    count() {
      return state.state === 'recording' ? { text: 'rec', label: 'recording', tone: 'live' } : undefined
    },
    end() {
      loading?.abort.abort()
      shown?.view.end()
    },
  }
}

const fileName = (name: string): string => name.replace(/[^\w.-]+/g, '-').slice(0, 60) || 'recording'
