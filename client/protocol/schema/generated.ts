/** Owns the list of files that follow from the shapes. */
import { asyncApiDocument } from './to-asyncapi.ts'
import { protocolReference } from './to-markdown.ts'
import { changesetModule, messagesModule, recordGuardsModule, recordsModule } from './to-typescript.ts'

/** A file to what it must hold, given what it holds: only parts of a text for readers are generated. */
export const GENERATED: { readonly [file: string]: (before: string) => string } = {
  'client/protocol/records.ts': recordsModule,
  'client/protocol/changeset.ts': changesetModule,
  'client/protocol/messages.ts': messagesModule,
  'client/protocol/record-guards.ts': recordGuardsModule,
  'docs/asyncapi.yaml': asyncApiDocument,
  'docs/protocol.md': protocolReference,
}
