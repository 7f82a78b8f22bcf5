/** Owns how the Node host reads projects that lie in files or at addresses. */
import { readFile } from 'node:fs/promises'
import { type ReadSource, readByFetch } from '../core/project-sources.ts'

const fetched = readByFetch(fetch)

/** Reads files, relative to the working directory, and addresses. */
export const readSource: ReadSource = async (source) =>
  source.type === 'file' ? readFile(source.file, 'utf8') : fetched(source)
