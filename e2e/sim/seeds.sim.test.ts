import { expect, test } from 'vitest'
import { failureOf } from './campaign.ts'
import * as seeds from './seeds.ts'
import type { Story } from './story.ts'

async function holds(story: Story): Promise<void> {
  expect(await failureOf(story)).toBeUndefined()
}

test('[AK11] what was on its way when somebody reset the project is stored after it, and is not called refused', () =>
  holds(seeds.sentBeforeReset))

test('[AK11] the fence of a change that a reset overtook proves nothing', () => holds(seeds.fenceAfterReset))

test('[AK14] a project that the server cannot give now is asked for again', () => holds(seeds.failingDataset))

test('[AK15] an answer that arrives while the project is read anew counts', () => holds(seeds.answerWhileReading))

test('[AK15] a second login of the same user does not miss the echo of what was on its way', () =>
  holds(seeds.echoDuringLogin))

test('[AK15] the login of another tab of the same user is not taken for the own one', () =>
  holds(seeds.loginOfAnotherTab))

test('[AK16] an adopted change is not taken for an own one of the same number', () => holds(seeds.adoptedNumber))

test('[AK17] an add that was sent again is looked at by everybody whom it surprises', () => holds(seeds.addSentAgain))

test('[AK18] a task that was moved and removed does not come back with the next dataset', () => holds(seeds.ghost))

test('[CN11] a line that dies while a tab logs in is given up', () => holds(seeds.deadAtLogin))

test('[AK4] what was ordered and never written is sent again', () => holds(seeds.unwrittenTail))

test('[AK3] an ack is for what was ordered before it, not for what came after', () => holds(seeds.ackInOrder))

test('[AK6] a dataset that was asked for before a change does not judge it', () => holds(seeds.olderDataset))

test('[AK7] a change that others crossed before its fence is settled by a dataset', () => holds(seeds.crossedFence))

test('[AK3] a replay that the history no longer holds is not acknowledged before it is durable', () =>
  holds(seeds.replayNotDurable))

test('[AK4] a replay that the history no longer holds is acknowledged once it is durable', () =>
  holds(seeds.replayAcknowledgedLater))

test('[AK19] a client that heard of revisions that the server lost is not taken for one that heard of those in their place', () =>
  holds(seeds.revisionsGivenAgain))

test('[AK6] a change is not given up while the server is still coming to it', () => holds(seeds.slowCommits))

test('[AK17] an add that was sent again below what is gone is looked at by those who did not see it go', () =>
  holds(seeds.addBelowRemoved))

test('[AK8] a change of a new record that was stored and is gone does not wait for its name for ever', () =>
  holds(seeds.partlyStored))

test('[AK11] two changes that say the same are told apart when a reset refuses one of them', () =>
  holds(seeds.sameWords))
