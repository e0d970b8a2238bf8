/** The columns of a segment, in their order: key group, key fields, index (lists), deleted (above the base), value. */

export const groupColumn = 'key_group'
export const indexColumn = 'index'
export const deletedColumn = 'deleted'

/** Names that neither a key field nor a state may have. */
export const reservedColumns: readonly string[] = [groupColumn, indexColumn, deletedColumn]
