/** What rows-writer.ts uses of parquetjs-lite, which has no declarations of its own. */
declare module 'parquetjs-lite' {
  export interface LiteField {
    readonly type: string
    readonly optional: boolean
    readonly compression: string
    readonly statistics: boolean
  }
  export class ParquetSchema {
    constructor(fields: Readonly<Record<string, LiteField>>)
  }
  /** The part of a write stream that the writer calls. */
  export interface LiteOutput {
    write(bytes: Uint8Array, done: (error?: Error) => void): void
    end(done: (error?: Error) => void): void
  }
  export class ParquetWriter {
    static openStream(schema: ParquetSchema, output: LiteOutput): Promise<ParquetWriter>
    appendRow(row: Readonly<Record<string, unknown>>): Promise<void>
    close(): Promise<void>
  }
}
