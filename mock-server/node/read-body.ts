/** Reads the body of a request as text, up to a limit. */
import type { IncomingMessage } from 'node:http'

/** The body is longer than allowed. */
export class BodyTooLong extends Error {}

/**
 * The body as text. Rejects with {@link BodyTooLong} as soon as it is sure to be longer than `length` UTF-16 code units,
 * and with Node's error when the client goes away.
 */
export async function readBody(request: IncomingMessage, length: number): Promise<string> {
  // A code unit takes three bytes of UTF-8 at most.
  const mostBytes = length * 3
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw new BodyTooLong()
  const chunks: Buffer[] = []
  let bytes = 0
  // Not `for await`: leaving such a loop destroys the stream, and with it the answer that says why.
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      request.off('data', take)
      // Read on and forget: a client that is cut off while it is sending would never see the answer.
      request.resume()
      reject(new BodyTooLong())
    }
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > mostBytes) stop()
      else chunks.push(chunk)
    }
    request.on('data', take)
    request.once('end', resolve)
    request.once('error', reject)
    request.once('close', () => reject(new Error('The client went away')))
  })
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.length > length) throw new BodyTooLong()
  return text
}
