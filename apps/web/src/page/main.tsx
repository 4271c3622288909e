import { systemClock } from '@fastchat/clock'
import { render } from 'preact'
import workerUrl from '../engine/engine-worker.ts?worker&url'
import { channelName } from '../engine/protocol.ts'
import { Actions } from '../state/actions.ts'
import { AppStore } from '../state/app-store.ts'
import { PageRoot } from './page-root.tsx'
import './theme.css'
import { prepareFile } from './prepare-file.ts'
import { startWorker } from './start-worker.ts'

const store = new AppStore()
const actions = new Actions({
  ...{ store, clock: systemClock },
  channel: new BroadcastChannel(channelName),
  newId: () => crypto.randomUUID(),
  prepare: prepareFile,
})
startWorker(workerUrl)
// Without this a browser may erase the messages when its disk is full.
void navigator.storage?.persist?.()

const root = document.querySelector('#app')
if (root) render(<PageRoot store={store} actions={actions} clock={systemClock} />, root)
