/** Which column names are handed to the decoder. */

/**
 * The names, or null (all columns) where the decoder could not bear them: it looks behind a column's name in every longer
 * path that begins with it, counting bytes in one place and characters in the other, and traps where they differ.
 */
export function projection(names: readonly string[], leafPaths: readonly string[]): readonly string[] | null {
  return names.some(name => leafPaths.some(path => isTrap(name, path))) ? null : names
}

function isTrap(name: string, path: string): boolean {
  return path !== name && path.startsWith(name) && [...path].length <= Buffer.byteLength(name)
}
