/** Makes a failing story short: takes steps away, and all that makes it special, as long as it still fails in the same way. */
import { run } from './fleet.ts'
import type { Story } from './story.ts'

/** The shortest story found within `tries` runs. */
export async function shrink(story: Story, tries = 600): Promise<Story> {
  const first = await run(story)
  const wanted = kindOf(first.problems[0])
  let left = tries
  let best = story
  const accept = async (candidate: Story): Promise<boolean> => {
    if (left <= 0) return false
    left -= 1
    const { problems } = await run(candidate)
    if (!problems.length || kindOf(problems[0]) !== wanted) return false
    best = candidate
    return true
  }
  await accept({ ...best, latency: false })
  await accept({ ...best, outbox: false })
  for (let size = Math.ceil(best.steps.length / 2), shorter = true; size >= 1 && left > 0; ) {
    shorter = false
    for (let at = best.steps.length - size; at >= 0; at -= size) {
      const steps = [...best.steps.slice(0, at), ...best.steps.slice(at + size)]
      if (await accept({ ...best, steps })) shorter = true
    }
    if (!shorter || size > 1) size = size > 1 ? Math.ceil(size / 2) : shorter ? 1 : 0
  }
  while (best.tabs > 1 && (await accept({ ...best, tabs: best.tabs - 1 })));
  return best
}

/** A problem without its names and numbers: another story with the same kind of problem will do. */
function kindOf(problem: string | undefined): string {
  return (problem ?? '')
    .replace(/\d+/g, '#')
    .replace(/sees .*/, 'sees')
    .slice(0, 60)
}
