/** Names of what the vendors' own servers were seen to get wrong: each can be switched on in the servers here. */

/** Faults of the Bryntum servers, by the numbers of `docs/verify.md`; what follows a dash tells several of one number apart. */
export type BryntumFault =
  | 'BS1'
  | 'BS2'
  | 'BS3'
  | 'BS4'
  | 'BS5'
  | 'BS6'
  | 'BS7'
  | 'BS8'
  | 'BS9'
  | 'BS10'
  | 'BS13'
  | 'BS14'
  | 'BS15'
  | 'BS16'
  | 'BO1'
  | 'BO2'
  | 'BO3'
  | 'BO5-both-parents'
  | 'BO5-comes-back'
  | 'BO5-old-below-new'
  | 'BO5-half-a-change'

/** Faults of the live-updates server. */
export type SchedulerFault = 'DS1' | 'DS2' | 'DS3' | 'DS4' | 'DS5' | 'DS6' | 'DS7' | 'DS8' | 'DS9' | 'DS11' | 'DS12'
