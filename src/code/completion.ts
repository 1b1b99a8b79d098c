import { splitCodeText } from './split-code-text.ts'
import { wordsWithPrefix } from './words.ts'

/**
 * Completes the last word of the code typed so far, in the form that the completer of node:readline
 * wants: the candidates and the piece of `line` that they replace. There is nothing to complete in
 * a nameplate, before the first letter of a word, or in a server.
 */
export function completeCode(line: string): [candidates: string[], fragment: string] {
  const [fragment = ''] = /[a-z]*$/i.exec(line) ?? []
  const prefix = fragment.toLowerCase()
  const [nameplate, ...words] = line.includes('@') ? [] : splitCodeText(line)
  const isInWord = nameplate !== undefined && prefix !== '' && words.at(-1) === prefix
  return [isInWord ? wordsWithPrefix(prefix) : [], fragment]
}
