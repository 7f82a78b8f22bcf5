#!/usr/bin/env node
/** The bin `planwire`: ties the command to this process. */
import { runCommand } from './command-line.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

process.exitCode = await runCommand(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  directory: process.cwd(),
  color: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
  environment: process.env,
  onEnd(run) {
    for (const signal of SIGNALS) process.on(signal, run)
    return () => {
      // Without these listeners a second signal ends the process at once.
      for (const signal of SIGNALS) process.off(signal, run)
    }
  },
})
