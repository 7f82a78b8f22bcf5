import { describe, expect, it } from 'vitest'
import { type AuthorityMessage, decodeAuthorityMessage, decodeTabMessage, encodePortMessage } from './port-messages.ts'

describe('a message on its way through a port', () => {
  it('arrives as it was, whatever the text it carries', () => {
    const texts = ['', '{"command":"login"}', 'two\nlines\n', '\n', '12\n{}', 'ü\u2028\ud83d\ude00']
    const messages: AuthorityMessage[] = texts.flatMap((text) => [
      { type: 'frame', socket: 12, text },
      { type: 'told', call: 3, text },
    ])
    messages.push({ type: 'closed', socket: 1, code: 1001, reason: 'a\nb' }, { type: 'opened', socket: 7 })
    for (const message of messages) expect(decodeAuthorityMessage(encodePortMessage(message))).toEqual(message)
  })

  it('is nothing when somebody else posted it', () => {
    const strange = ['', '\n', 'here', '1', '12 frames\n', 'x\n{}', '1.5\n', '{', '{\n}', 7, null, { type: 'hello' }]
    expect(strange.map(decodeTabMessage)).toEqual(strange.map(() => undefined))
  })
})
