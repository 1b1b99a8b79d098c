/** Meets itself at the rendezvous of the URL given, and prints what ICE servers each side was told of. */
import { io } from 'socket.io-client'

/**
 * @param {'sender' | 'receiver'} role
 * @returns {Promise<unknown>} what the server says of ICE servers once both sides are there
 */
function join(role) {
  return new Promise((resolve, reject) => {
    const socket = io(process.argv[2] ?? '', { transports: ['websocket'], reconnection: false })
    socket.on('connect_error', reject)
    socket.on('disconnect', (reason) => reject(new Error(reason)))
    socket.on('paired', ({ iceServers }) => resolve(iceServers))
    socket.emit('open', { v: 1, role, nameplate: '7' }, (/** @type {{ ok: boolean }} */ answer) => {
      if (!answer.ok) reject(new Error(JSON.stringify(answer)))
    })
  })
}

console.log(JSON.stringify(await Promise.all([join('sender'), join('receiver')])))
process.exit()
