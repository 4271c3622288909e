import { systemClock } from '@fastchat/clock'
import { render } from 'preact'
import workerUrl from '../engine/engine-worker.ts?worker&url'
import { channelName } from '../engine/protocol.ts'
import { Actions } from '../state/actions.ts'
import { AppStore } from '../state/app-store.ts'
import { PageRoot } from './page-root.tsx'
import './theme.css'
import { chooseWords } from './choose-words.ts'
import { keepBuildFresh } from './notices/keep-build-fresh.ts'
import { tellNotices } from './notices/tell-notices.ts'
import { webBrowser } from './notices/web-browser.ts'
import { prepareFile } from './prepare-file.ts'
import { allowScripts } from './script-urls.ts'
import { readAppearance } from './settings/appearance.ts'

const { language: chosen } = readAppearance(localStorage)
const { words } = chooseWords(chosen === 'system' ? navigator.languages : [chosen])
const store = new AppStore()
const actions = new Actions({
  ...{ store, clock: systemClock },
  channel: new BroadcastChannel(channelName),
  newId: () => crypto.randomUUID(),
  prepare: prepareFile,
  browser: webBrowser,
})
const serviceWorkerUrl = '/sw.js'
const scriptUrl = allowScripts([workerUrl, serviceWorkerUrl])
new Worker(scriptUrl(workerUrl), { type: 'module', name: 'engine' })
let reload = () => location.reload()
keepBuildFresh(scriptUrl(serviceWorkerUrl), store).then(
  (use) => {
    reload = use
  },
  () => undefined, // this browser allows no service worker: the page works without one
)
tellNotices({ store, actions, browser: webBrowser, words })
// Without this a browser may erase the messages when its disk is full.
void navigator.storage?.persist?.()

const root = document.querySelector('#app')
if (root) render(<PageRoot store={store} actions={actions} clock={systemClock} useNewBuild={() => reload()} />, root)
