/** Words about notices, new builds, the connection and the store. */
export const noticesEn = {
  ask: 'Do you want to hear of new messages while this page is in the background?',
  turnOn: 'Turn on notifications',
  turnOff: 'Turn off notifications',
  notNow: 'Not now',
  from: (name: string) => `New message from ${name}`,
  inGroup: (name: string) => `New message in ${name}`,
  newMessage: 'New message',
  title: 'Notifications',
  content: 'Show what was written',
  contentWhy: 'Without this, a notification names only the person or the group.',
  denied: 'This browser forbids notifications of this page. Allow them in its settings for this site.',
  unsupported: 'This browser shows no notifications for this page.',
  pushed: 'They come also while no tab is open. The server’s message to this browser is empty.',
  notPushed: 'They come only while a tab is open: this server or this browser has no push service.',
  newBuild: 'A new version is ready',
  outdated: 'Another tab runs another version of FastChat. Reload this one to go on',
  reload: 'Reload',
  erase: 'Sign out here and begin anew',
  eraseWhy:
    'This removes what this browser has stored. Messages that were not sent yet are lost; all others come back from the backup when you log in.',
}
export type NoticeWords = typeof noticesEn
