/**
 * `path` without what some file system does not tell apart: case (`README`, `readme`), how accents
 * are composed, and letters whose capitals are several (`ß`, `ss`). Equal for two paths that would
 * be one file there.
 */
export function foldedPath(path: string): string {
  if (isAscii(path)) return path.toLowerCase()
  // Lower case first: the capital `ẞ` has no other capitals.
  return path.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().normalize('NFD')
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false
  }
  return true
}
