/** What the main thread and the decode worker say to each other. One request at a time is worked on; answers come in order. */
import type { FileMark, FileStat } from './file-mark.ts'

/** Asks for a range of rows of one row group. */
export interface DecodeRequest {
  readonly kind: 'decode'
  readonly path: string
  /** How the file must look. */
  readonly mark: FileMark
  readonly rowGroup: number
  readonly firstRow: number
  readonly rows: number
  /** null for all columns. */
  readonly columns: readonly string[] | null
  readonly batchRows: number
}

/** What the main thread says: a request, or that the file in use may be closed. */
export type DecodeOrder = DecodeRequest | { readonly kind: 'rest' }

/** Why a file can't be read although nothing is known to be wrong with its content. */
export type FileTrouble =
  /** The file differs from its mark; `found` null where only its footer does. */
  | { readonly kind: 'changed'; readonly found: FileStat | null }
  | { readonly kind: 'gone' }
  | { readonly kind: 'io'; readonly message: string }

/** What the worker says. */
export type DecodeMessage =
  /** It has loaded; said once. */
  | { readonly kind: 'ready' }
  /** The rows as an Arrow IPC stream, transferred. */
  | { readonly kind: 'rows'; readonly ipc: Uint8Array }
  /** The decoder refused the request in words. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Said the moment it happens: the decoder may trap on it before it can answer. */
  | { readonly kind: 'trouble'; readonly trouble: FileTrouble }
