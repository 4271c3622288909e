import type { PeerName } from '../calls.ts'
import type { Dialect } from './dialect.ts'
import { ejabberd } from './ejabberd.ts'
import { floor } from './floor.ts'
import { socketio } from './socketio.ts'

export const dialects: Readonly<Record<PeerName, Dialect>> = { socketio, ejabberd, floor }
