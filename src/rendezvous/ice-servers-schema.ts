import * as v from 'valibot'
import { MAX_ICE_SERVERS, MAX_ICE_URLS } from '../limits.ts'
import { isIceUrl, isRelayUrl } from './ice-server.ts'

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(512))
const iceServerSchema = v.pipe(
  v.object({
    urls: v.pipe(
      v.array(v.pipe(v.string(), v.check(isIceUrl))),
      v.minLength(1),
      v.maxLength(MAX_ICE_URLS),
    ),
    username: v.exactOptional(word),
    credential: v.exactOptional(word),
  }),
  v.check(
    ({ urls, username, credential }) =>
      !urls.some(isRelayUrl) || (username !== undefined && credential !== undefined),
  ),
)

/** What a client takes from a rendezvous, and no more of it. */
export const iceServersSchema = v.pipe(
  v.array(iceServerSchema),
  v.maxLength(MAX_ICE_SERVERS),
  v.check((servers) => servers.flatMap(({ urls }) => urls).length <= MAX_ICE_URLS),
)
