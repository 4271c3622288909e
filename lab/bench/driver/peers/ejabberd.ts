import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { bodyOf } from '../body.ts'
import type { Wire } from '../web-socket.ts'
import type { Dialect } from './dialect.ts'

const host = 'localhost'
const streamStart = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${host}' version='1.0'>`
const bind =
  "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>"
const messageEnd = '</message>'
const bodyStart = '<body>'
const bodyEnd = '</body>'
/** The last stanza that a room sends to a person who joins. */
const roomSubject = '<subject/>'

/** The password of all seeded accounts. */
export const password = 'bench'

const joinWithinMs = 5_000
const maxJoins = 3

type Step = { readonly until: string; readonly say: string }

/**
 * Returns the steps of the login by RFC 6120 and 6121 without TLS: password, resource, presence.
 * Each step is the text to wait for, and the answer to it.
 */
const stepsOf = (user: string): readonly Step[] => {
  const plain = Buffer.from(`\0${user}\0${password}`).toString('base64')
  return [
    {
      until: '</stream:features>',
      say: `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`,
    },
    { until: '<success', say: streamStart },
    { until: '</stream:features>', say: bind },
    { until: "id='bind'", say: '<presence/>' },
    { until: '<presence', say: '' },
  ]
}

const joins = new WeakMap<Wire, () => void>()

/** XMPP over TCP, the cheapest transport of ejabberd. */
export const ejabberd: Dialect = {
  hasAcks: false,
  async open({ url, user }, { body }, faults) {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let isCut = false
    const ready = Promise.withResolvers<void>()
    const broken = (what: string) => {
      if (!isCut) faults.add(what)
      ready.reject(new Error(what))
    }
    const steps = [...stepsOf(user)]
    let text = ''
    const wire: Wire = {
      sendText: (sent) => socket.write(sent),
      cut: () => {
        isCut = true
        socket.destroy()
      },
    }
    socket.setEncoding('latin1')
    socket.on('error', (error) => broken(`socket: ${error.message}`))
    socket.on('close', () => broken(`ejabberd ended the connection: ${text.slice(-200)}`))
    socket.on('data', (chunk: string) => {
      text += chunk
      while (steps[0] !== undefined && text.includes(steps[0].until)) {
        text = text.slice(text.indexOf(steps[0].until) + steps[0].until.length)
        wire.sendText(steps.shift()!.say)
        if (steps.length === 0) ready.resolve()
      }
      if (steps.length === 0) text = readMessages(text, body, () => joins.get(wire)?.())
    })
    wire.sendText(streamStart)
    await ready.promise
    return wire
  },
  async join(wire, room, user) {
    const joined = Promise.withResolvers<void>()
    joins.set(wire, joined.resolve)
    const history = "<x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x>"
    // A cluster sometimes loses a join. A second join is answered again.
    for (let tries = 1; ; tries++) {
      wire.sendText(`<presence to='${room}/${user}'>${history}</presence>`)
      const isIn = await Promise.race([joined.promise.then(() => true), delay(joinWithinMs, false, { ref: false })])
      if (isIn) return
      if (tries === maxJoins) throw new Error(`ejabberd: ${user} does not get into the room ${room}`)
    }
  },
  message: (to, kind, n) =>
    `<message to='${to}' id='m' type='${kind === 'one' ? 'chat' : 'groupchat'}'><body>${bodyOf(n)}</body></message>`,
}

/**
 * Calls `onBody` for each complete message and returns the incomplete rest. Presences and other
 * stanzas between messages are dropped.
 */
function readMessages(text: string, onBody: (body: string) => void, onSubject: () => void): string {
  let at = 0
  for (let end = text.indexOf(messageEnd); end >= 0; end = text.indexOf(messageEnd, at)) {
    const body = text.indexOf(bodyStart, at)
    if (body >= 0 && body < end) onBody(text.slice(body + bodyStart.length, text.indexOf(bodyEnd, body)))
    else if (text.slice(at, end).includes(roomSubject)) onSubject()
    at = end + messageEnd.length
  }
  return text.slice(at)
}
