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
/** What the room sends last to whoever enters. */
const roomSubject = '<subject/>'

/** Every seeded account has it. */
export const password = 'bench'

const joinWithinMs = 5_000
const maxJoins = 3

type Step = { readonly until: string; readonly say: string }

/** RFC 6120 and 6121 without TLS: password, resource, presence. What must come, and what is said then. */
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

/** XMPP over TCP, ejabberd's own and cheapest way. */
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
    // Now and then a cluster loses somebody's entry; who enters again is answered again.
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

/** Hands on the bodies of whole messages. Returns what is left; presences and all else between messages are dropped. */
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
