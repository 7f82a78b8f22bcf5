/** Owns the reading of the recordings for tests. */
import { readFileSync } from 'node:fs'
import type { Fields } from '../../records.ts'

/** A frame as it travelled, from the client's point of view. */
export interface RecordedFrame {
  readonly dir: 'ws-in' | 'ws-out'
  readonly frame: Fields
  readonly injected?: true
}

/** A REST call as it travelled. */
export interface RecordedCall {
  readonly dir: 'http-req' | 'http-res'
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly body?: string
  readonly injected?: true
}

type Line = { readonly dir: string }

function lines(name: string): readonly Line[] {
  const text = readFileSync(new URL(`./${name}.jsonl`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line))
}

/** The frames of a recording, whole ones and the number of those that were cut. */
export function framesOf(name: string): { readonly frames: readonly RecordedFrame[]; readonly cut: number } {
  const all = lines(name).filter((line): line is RecordedFrame => 'frame' in line)
  const frames = all.filter(({ frame }) => !('_truncated' in frame))
  return { frames, cut: all.length - frames.length }
}

/** The REST calls of a recording. */
export function callsOf(name: string): readonly RecordedCall[] {
  return lines(name).filter((line): line is RecordedCall => line.dir.startsWith('http-'))
}
