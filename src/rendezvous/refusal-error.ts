import { ShareError } from '../errors.ts'

/** What a refused claim means to the person who made it. `word` is the server's, so it is not shown. */
export function refusalError(word: string, nameplate: string | undefined): ShareError {
  switch (word) {
    case 'crowded':
      return new ShareError('nobody-came', 'Somebody else is already receiving with this code', {
        hint: 'If that is not you, ask for a new code.',
      })
    case 'taken':
      return new ShareError('usage', `Another sender is using the nameplate ${nameplate}`, {
        hint: 'Choose a code that begins differently.',
      })
    case 'busy':
      return new ShareError('no-rendezvous', 'The rendezvous server is too busy', {
        hint: 'Try again in a few minutes.',
      })
    case 'incompatible':
      return new ShareError('incompatible', 'The rendezvous server speaks another version', {
        hint: 'Update p2pshare here and on the server.',
      })
    default:
      return new ShareError('no-rendezvous', 'The rendezvous server refused this side')
  }
}
