import { durationWords } from './durations.ts'
import type { SystemWords } from './system-words.ts'

/** The words for changes of a chat, in English. */
export const systemEn: SystemWords = {
  created: (_, { who }) => `${who} created this chat`,
  joined: (_, { who }) => `${who} joined`,
  invited: (_, { who, isMine }) => (isMine ? 'This device joined' : `${who} added you`),
  added: (_, { who, whom, isForMe }) => `${who} added ${isForMe ? 'you' : whom}`,
  removed: (_, { who, whom, isForMe }) => `${who} removed ${isForMe ? 'you' : whom}`,
  promoted: (_, { who, whom, isForMe }) => `${who} made ${isForMe ? 'you' : whom} an admin`,
  demoted: (_, { who, whom, isForMe }) => `${who} took the admin role from ${isForMe ? 'you' : whom}`,
  owner: (_, { whom, isForMe }) => (isForMe ? 'You own this group now' : `${whom} owns this group now`),
  banned: (_, { who, whom, isForMe }) =>
    `${who} banned ${isForMe ? 'you' : whom}: no one can add ${isForMe ? 'you' : 'them'} again until an admin lifts the ban`,
  unbanned: (_, { who, whom, isForMe }) => `${who} lifted the ban of ${isForMe ? 'you' : whom}`,
  policies: ({ policies: { add, write } }, { who }) => {
    const rules = [
      add === undefined ? '' : add === 'everybody' ? 'every member may add people' : 'only admins may add people',
      write === undefined ? '' : write === 'admins' ? 'only admins may write' : 'every member may write',
    ]
    return `${who} decided: ${rules.filter(Boolean).join(', and ')}`
  },
  topic: ({ topic }, { who }) => (topic === '' ? `${who} removed the topic` : `${who} set the topic: ${topic}`),
  picture: ({ isRemoved }, { who }) => (isRemoved ? `${who} removed the picture` : `${who} changed the picture`),
  shared: ({ count, messages }, { who, whom, isMine, isForMe }) => {
    const what = count === 1 ? 'the last message' : `the last ${count} messages`
    const told = `${who} shared ${what} with ${isForMe ? 'you' : whom}`
    return messages && !isMine ? `${told}. This is what was written, as ${who} tells it:` : told
  },
  voted: ({ votes, needed, office }, { who, isMine }) =>
    `${who} ${isMine ? 'vote' : 'votes'} for a new ${office ?? 'admin'}, because the account of the former one is deleted: ${votes} of ${needed} votes`,
  elected: ({ office }, { whom, removed, isForMe }) =>
    `The ${office ? 'admins' : 'members'} elected ${isForMe ? 'you' : whom} as ${office ?? 'admin'}, and removed ${removed}`,
  left: (_, { whom, isForMe }) => `${isForMe ? 'You' : whom} left`,
  revoked: (_, { whom, isMine }) => (isMine ? 'A device of yours was removed' : `A device of ${whom} was removed`),
  named: ({ name }, { who }) => `${who} named the group ${name}`,
  pinned: (_, { who }) => `${who} pinned a message`,
  unpinned: (_, { who }) => `${who} unpinned a message`,
  timer: ({ seconds }, { who }) =>
    seconds === 0
      ? `${who} turned disappearing messages off`
      : `${who} set new messages to disappear after ${durationWords(seconds, 'en')}`,
  device: (_, { who, isMine }) => (isMine ? 'You use a new device' : `${who} uses a new device`),
  restarted: () => 'Encryption was started again in this chat',
  restored: ({ lost }) =>
    lost
      ? 'The server was restored from a copy without this chat. Its messages stay on this device'
      : 'The server was restored from a copy. Messages may be missing here, and those sent lately are sent again',
  broken: () => 'This chat has stopped: a change broke its rules. It goes on when an admin starts it again',
  not_in_backup: () => 'Messages from here are not in the backup',
}
