/** Tells whether two configurations are the same text without keeping both. */
export { printOf as fingerprintOf } from '../core/print.ts'
