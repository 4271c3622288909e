import { hostname } from 'node:os'
import { shownLabel } from '@fastchat/schema'
import { logIn } from '../account/enrol.ts'
import { signIn } from '../account/sign-in.ts'
import { Client } from '../client.ts'
import { ClientError } from '../errors.ts'
import { readUsername } from '../names.ts'
import { createRest } from '../net/rest.ts'
import type { Store } from '../store/store.ts'
import { type Home, openHome } from './home.ts'
import { homeKeyOf } from './home-key-of.ts'

/** Says which device to open. */
export type DeviceOptions = {
  /** The address of the server, such as `https://chat.example.org`. */
  readonly url: string
  /**
   * The folder with the keys and the history of this device. It is made if it is missing. Keep it:
   * a lost folder is a lost device.
   */
  readonly home: string
  /** The name of the account. */
  readonly username: string
  /** Returns the password. It is called only when this device has to log in. */
  readonly password: () => string | Promise<string>
  /** The name of a new device, for people. The default says the machine. */
  readonly deviceName?: string
  /**
   * `if_needed` logs in only when the home is not signed in. `always` also begins a new session for
   * a device whose session has ended.
   */
  readonly login?: 'if_needed' | 'always'
}

/** A device that works, until it is closed. */
export type OpenDevice = {
  /** The started client of the device. */
  readonly client: Client
  /**
   * Stops the client, closes the store and unlocks the home. Messages that wait are sent after the
   * next start. A second call does nothing more.
   */
  close(): Promise<void>
}

/**
 * Opens the device in a home folder, logs it in if needed, and starts it. Only one process at a
 * time can have a home open.
 *
 * @throws {ClientError} `store_locked` when another process uses the home, `signed_in_already` when
 *   it belongs to another account, `another_server`, `wrong_vault`, `device_revoked`
 * @throws {ServerError} `wrong_credentials`
 * @throws {Unreachable} when the device has to log in and the server does not answer
 */
export async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const home = openHome(options.home)
  const unlock = home.lock()
  let store: Store | undefined
  try {
    home.expectServer(options.url)
    store = home.isOpen() && options.login !== 'always' ? home.openStore() : await logInto(home, options)
    const client = await Client.open(options.url, store)
    expectAccount(client, options.username)
    client.start()
    let closing: Promise<void> | undefined
    const opened = store
    const close = async () => {
      await client.stop()
      await opened.close()
      unlock()
    }
    return {
      client,
      close() {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    await store?.close()
    unlock()
    throw error
  }
}

/** Logs in with the password, and returns the store of the device. */
async function logInto(home: Home, options: DeviceOptions): Promise<Store> {
  const { url, username, deviceName = `Bot on ${hostname()}` } = options
  const enrolled = await logIn(createRest(url), username, await options.password())
  const wasOpen = home.isOpen()
  const store = home.unlock(homeKeyOf(enrolled.stateKey), enrolled.vaultKey)
  try {
    await signIn(url, store, enrolled, shownLabel(deviceName) ?? 'Bot', undefined, 'bot')
    home.bindTo(url)
    return store
  } catch (error) {
    await store.close()
    if (!wasOpen) home.seal()
    throw error
  }
}

/** @throws {ClientError} `signed_in_already` */
function expectAccount({ identity }: Client, username: string): void {
  if (identity.username === readUsername(username)) return
  throw new ClientError('signed_in_already', `This home is a device of ${identity.username}. Name another folder`)
}
