/**
 * Stories that once failed, made short: what a run of the simulation, or of its mutants, ended with. Each proves the sentence
 * of its test for ever. `npm run sim` prints a failure as such a story.
 */
import type { Step, StepKind, Story } from './story.ts'

/** Steps as `kind tab seed`. */
function steps(...lines: readonly `${StepKind} ${number} ${number}`[]): Step[] {
  return lines.map((line) => {
    const [kind, tab, seed] = line.split(' ')
    // The template type has checked it.
    return { kind: kind as StepKind, tab: Number(tab), seed: Number(seed) }
  })
}

/** What was on its way when somebody reset the project is stored after it, and is not called refused. */
export const sentBeforeReset: Story = {
  kind: 'revisions',
  seed: 1,
  tabs: 5,
  users: 5,
  outbox: false,
  latency: true,
  history: 4,
  steps: steps(
    'relogin 2 522873886',
    'reset 7 242120837',
    'drop 5 367901687',
    'deliver 6 211755932',
    'deliver 4 496958671',
    'deliver 3 952795701',
    'edit 3 240651018',
  ),
}

/** The fence of a change that a reset overtook proves nothing. */
export const fenceAfterReset: Story = {
  kind: 'document-serial',
  seed: 10,
  tabs: 3,
  users: 1,
  outbox: false,
  latency: true,
  history: 10000,
  steps: steps('edit 6 699035115', 'edit 4 210714306', 'deliver 6 588595050', 'reset 3 563297266'),
}

/** A project that the server cannot give now is asked for again. */
export const failingDataset: Story = {
  kind: 'faulty',
  seed: 1,
  tabs: 2,
  users: 1,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps(
    'edit 0 946984910',
    'edit 5 1007143322',
    'edit 3 779081593',
    'edit 1 365224483',
    'edit 3 295710683',
    'edit 3 1046633069',
    'edit 1 838640434',
    'edit 2 185505900',
    'edit 2 661081525',
    'edit 4 608552170',
    'deliver 1 270310705',
    'edit 6 707942081',
    'edit 4 711688701',
    'edit 2 308646547',
    'edit 1 1033510656',
    'edit 1 19813347',
    'edit 2 697066793',
    'edit 4 833833572',
    'edit 1 756726142',
  ),
}

/** An answer that arrives while the project is read anew counts. */
export const answerWhileReading: Story = {
  kind: 'revisions',
  seed: 23,
  tabs: 1,
  users: 1,
  outbox: true,
  latency: false,
  history: 10000,
  steps: steps('edit 7 720410463', 'load 7 555676142'),
}

/** A second login of the same user does not miss the echo of what was on its way. */
export const echoDuringLogin: Story = {
  kind: 'revisions',
  seed: 61,
  tabs: 3,
  users: 3,
  outbox: false,
  latency: false,
  history: 4,
  steps: steps('edit 5 678413337', 'relogin 2 3706909'),
}

/** The login of another tab of the same user is not taken for the own one. */
export const loginOfAnotherTab: Story = {
  kind: 'core-revisions-extension',
  seed: 98,
  tabs: 4,
  users: 1,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps('relogin 3 483525636', 'edit 6 603441436', 'relogin 1 930233776', 'edit 1 130440954'),
}

/** An adopted change is not taken for an own one of the same number. */
export const adoptedNumber: Story = {
  kind: 'core-revisions',
  seed: 15,
  tabs: 4,
  users: 4,
  outbox: true,
  latency: false,
  history: 10000,
  steps: steps('edit 4 741931309', 'reload 0 536413779', 'edit 7 229322464', 'edit 3 508214908'),
}

/** An add that was sent again is looked at by everybody whom it surprises. */
export const addSentAgain: Story = {
  kind: 'revisions',
  seed: 140,
  tabs: 4,
  users: 4,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps(
    'drop 1 363401266',
    'edit 5 989544982',
    'deliver 3 790121281',
    'drop 4 23862630',
    'edit 7 331312927',
    'edit 7 219015433',
  ),
}

/** A task that was moved and removed does not come back with the next dataset. */
export const ghost: Story = {
  kind: 'faulty',
  seed: 6,
  tabs: 2,
  users: 2,
  outbox: false,
  latency: false,
  history: 4,
  steps: steps('edit 7 863433836', 'edit 3 671946425', 'edit 4 40703680', 'edit 5 759951741'),
}

/** A line that dies while a tab logs in is given up. */
export const deadAtLogin: Story = {
  kind: 'core-flat',
  seed: 6,
  tabs: 2,
  users: 1,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps('offline 7 302692897', 'drop 7 8188811', 'sleep 4 875999773', 'stall 1 75570023'),
}

/** What was ordered and never written is sent again. */
export const unwrittenTail: Story = {
  kind: 'core',
  seed: 2,
  tabs: 2,
  users: 1,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps('edit 7 628660515', 'deliver 2 178338439', 'deliver 0 293877427', 'tail 7 62115630'),
}

/** An ack is for what was ordered before it, not for what came after. */
export const ackInOrder: Story = {
  kind: 'core',
  seed: 88,
  tabs: 4,
  users: 4,
  outbox: false,
  latency: true,
  history: 10000,
  steps: steps(
    'edit 2 317586663',
    'deliver 1 337595945',
    'edit 4 161660180',
    'deliver 4 136030580',
    'edit 5 58662016',
    'edit 5 321228956',
    'deliver 5 1055051213',
    'drop 2 1005218002',
    'deliver 3 951978583',
    'deliver 7 801944988',
    'deliver 3 842495927',
    'deliver 4 911451269',
    'deliver 5 794790215',
    'tail 4 850660704',
  ),
}

/** A dataset that was asked for before a change does not judge it. */
export const olderDataset: Story = {
  kind: 'document',
  seed: 62,
  tabs: 1,
  users: 2,
  outbox: false,
  latency: false,
  history: 4,
  steps: steps(
    'edit 0 1061233051',
    'crash 5 536752797',
    'load 0 843045134',
    'edit 3 349747331',
    'edit 2 601243710',
    'deliver 3 155019122',
    'deliver 7 292228046',
    'stall 2 683565716',
  ),
}

/** A change that others crossed before its fence is settled by a dataset. */
export const crossedFence: Story = {
  kind: 'document-serial',
  seed: 173,
  tabs: 2,
  users: 2,
  outbox: false,
  latency: true,
  history: 10000,
  steps: steps(
    'edit 3 27005716',
    'edit 7 217419141',
    'deliver 1 835163846',
    'edit 5 966492389',
    'edit 2 288009424',
    'edit 4 48388060',
    'edit 0 759274883',
    'deliver 3 345607363',
    'deliver 4 790067369',
    'deliver 5 778858080',
    'deliver 1 454576387',
    'edit 7 483037043',
    'edit 0 87666480',
    'deliver 7 304693220',
    'deliver 3 977638966',
  ),
}

/** A replay that the history no longer holds is not acknowledged before it is durable. */
export const replayNotDurable: Story = {
  kind: 'core',
  seed: 1105,
  tabs: 3,
  users: 2,
  outbox: false,
  latency: true,
  history: 4,
  steps: steps(
    'edit 4 821063085',
    'edit 4 11520425',
    'edit 3 753769395',
    'deliver 2 440501853',
    'edit 7 321373362',
    'edit 1 699787599',
    'edit 1 869609654',
    'offline 6 793243958',
  ),
}

/** A replay that the history no longer holds is acknowledged once it is durable. */
export const replayAcknowledgedLater: Story = {
  kind: 'core-revisions-extension',
  seed: 1123,
  tabs: 3,
  users: 3,
  outbox: false,
  latency: true,
  history: 4,
  steps: steps(
    'edit 6 152158017',
    'edit 7 47183405',
    'back 4 494847763',
    'deliver 6 873045142',
    'edit 5 1046732173',
    'back 1 788509064',
    'edit 6 942838399',
    'deliver 1 841217871',
    'edit 2 1033730087',
    'edit 6 136734424',
    'drop 5 350783776',
  ),
}

/** A client that heard of revisions that the server lost is not taken for one that heard of those in their place. */
export const revisionsGivenAgain: Story = {
  kind: 'core',
  seed: 13,
  tabs: 4,
  users: 4,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps(
    'edit 2 550665210',
    'drop 0 906026987',
    'deliver 1 227031820',
    'deliver 2 84610689',
    'edit 5 641673010',
    'edit 6 261906709',
    'edit 2 125273734',
    'restart 0 1029419974',
    'tail 7 432331795',
    'edit 2 373279437',
  ),
}

/** A change is not given up while the server is still coming to it. */
export const slowCommits: Story = {
  kind: 'late',
  seed: 626,
  tabs: 2,
  users: 2,
  outbox: true,
  latency: true,
  history: 10000,
  steps: steps(
    'edit 6 556840724',
    'offline 0 438538141',
    'edit 4 678192792',
    'crash 7 222286370',
    'edit 7 343869265',
    'edit 4 260637208',
    'edit 7 452677422',
    'back 0 33264241',
    'duplicate 5 348537381',
    'time 7 774763394',
  ),
}

/** An add that was sent again below what is gone is looked at by those who did not see it go. */
export const addBelowRemoved: Story = {
  kind: 'revisions',
  seed: 763,
  tabs: 6,
  users: 8,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps(
    'edit 5 376672790',
    'back 5 314228397',
    'deliver 6 1025418387',
    'deliver 7 335867645',
    'edit 2 1053461829',
    'sleep 7 543803136',
  ),
}

/** A change of a new record that was stored and is gone does not wait for its name for ever. */
export const partlyStored: Story = {
  kind: 'faulty',
  seed: 100495,
  tabs: 4,
  users: 4,
  outbox: false,
  latency: true,
  history: 4,
  steps: steps(
    'edit 2 478004',
    'deliver 4 965870993',
    'edit 3 800755828',
    'edit 0 48907704',
    'deliver 4 251459834',
    'edit 2 185760112',
    'edit 6 164489353',
    'edit 3 300512161',
    'deliver 0 207097437',
    'deliver 3 157126129',
    'stall 4 321820400',
    'edit 4 448379449',
  ),
}

/** Two changes that say the same are told apart when a reset refuses one of them. */
export const sameWords: Story = {
  kind: 'document-serial',
  seed: 101637,
  tabs: 1,
  users: 1,
  outbox: false,
  latency: false,
  history: 10000,
  steps: steps(
    'edit 7 443802313',
    'edit 5 999678113',
    'edit 1 667273968',
    'edit 3 137618856',
    'edit 7 924604995',
    'edit 7 330917642',
    'edit 3 399732611',
    'reset 7 841153953',
  ),
}
