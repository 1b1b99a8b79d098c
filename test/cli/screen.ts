/** What a terminal shows after `text`: its rows, from the first line that was ever written. */
export function screenOf(text: string): string[] {
  const rows: string[] = ['']
  let [row, column] = [0, 0]
  const put = (character: string) => {
    const line = (rows[row] ?? '').padEnd(column)
    rows[row] = line.slice(0, column) + character + line.slice(column + 1)
    column += 1
  }
  for (const [part, parameter = '', command = ''] of text.matchAll(
    /\u001b\[(\??\d*)([A-Za-z])|[\s\S]/g,
  )) {
    const count = Number(parameter) || 1
    if (part === '\n') {
      row += 1
      column = 0
      rows[row] ??= ''
    } else if (part === '\r') column = 0
    else if (part.length === 1) put(part)
    else if (command === 'A') row = Math.max(0, row - count)
    else if (command === 'G') column = count - 1
    else if (command === 'K')
      rows[row] = parameter === '2' ? '' : (rows[row] ?? '').slice(0, column)
    else if (command === 'J') {
      rows[row] = (rows[row] ?? '').slice(0, column)
      rows.length = row + 1
    }
  }
  return rows.map((each) => each.trimEnd())
}
