/** Public entry `planwire/mock-server/bots`: seeded collaborators on the public client. */
export { type CalendarBotOptions, type CalendarEditKind, startCalendarBots } from './calendar-bots.ts'
export { type ProjectBotOptions, type ProjectEditKind, startBots } from './project-bots.ts'
export type {
  BotActivity,
  BotEdit,
  BotOptions,
  BotPerson,
  BotPresence,
  BotSettings,
  Bots,
  BotsState,
  Mix,
} from './words.ts'
