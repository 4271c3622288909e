import { durationWords } from './durations.ts'
import type { SystemPeople, SystemWords } from './system-words.ts'

/** "Du hast" or "bea hat". */
const hat = ({ who, isMine }: SystemPeople): string => `${who} ${isMine ? 'hast' : 'hat'}`

/** The words for changes of a chat, in German. */
export const systemDe: SystemWords = {
  created: (_, people) => `${hat(people)} diesen Chat angelegt`,
  joined: (_, { who, isMine }) => `${who} ${isMine ? 'bist' : 'ist'} dazugekommen`,
  invited: (_, people) => (people.isMine ? 'Dieses Gerät ist dazugekommen' : `${hat(people)} dich hinzugefügt`),
  added: (_, people) => `${hat(people)} ${people.isForMe ? 'dich' : people.whom} hinzugefügt`,
  removed: (_, people) => `${hat(people)} ${people.isForMe ? 'dich' : people.whom} entfernt`,
  promoted: (_, people) => `${hat(people)} ${people.isForMe ? 'dich' : people.whom} zum Admin gemacht`,
  demoted: (_, people) => `${hat(people)} ${people.isForMe ? 'dir' : people.whom} die Admin-Rolle genommen`,
  owner: (_, { whom, isForMe }) => `${isForMe ? 'Dir' : whom} gehört jetzt diese Gruppe`,
  banned: (_, people) =>
    `${hat(people)} ${people.isForMe ? 'dich' : people.whom} gesperrt. Erst wenn ein Admin die Sperre aufhebt, geht das Hinzufügen wieder`,
  unbanned: (_, people) => `${hat(people)} die Sperre von ${people.isForMe ? 'dir' : people.whom} aufgehoben`,
  policies: ({ policies: { add, write } }, people) => {
    const rules = [
      add === undefined
        ? ''
        : add === 'everybody'
          ? 'alle dürfen Leute hinzufügen'
          : 'nur Admins dürfen Leute hinzufügen',
      write === undefined ? '' : write === 'admins' ? 'nur Admins dürfen schreiben' : 'alle dürfen schreiben',
    ]
    return `${hat(people)} festgelegt: ${rules.filter(Boolean).join(', und ')}`
  },
  topic: ({ topic }, people) =>
    topic === '' ? `${hat(people)} das Thema entfernt` : `${hat(people)} das Thema gesetzt: ${topic}`,
  picture: ({ isRemoved }, people) => `${hat(people)} das Bild ${isRemoved ? 'entfernt' : 'geändert'}`,
  shared: ({ count, messages }, people) => {
    const what = count === 1 ? 'die letzte Nachricht' : `die letzten ${count} Nachrichten`
    const told = `${hat(people)} ${what} mit ${people.isForMe ? 'dir' : people.whom} geteilt`
    return messages && !people.isMine ? `${told}. Das wurde geschrieben, wie ${people.who} es weitergibt:` : told
  },
  voted: ({ votes, needed, office }, { who, isMine }) =>
    `${who} ${isMine ? 'stimmst' : 'stimmt'} für ${office ? 'neuen Besitz der Gruppe' : 'einen neuen Admin'}, weil das frühere Konto gelöscht ist: ${votes} von ${needed} Stimmen`,
  elected: ({ office }, { whom, removed, isForMe }) =>
    `${office ? 'Die Admins haben' : 'Die Mitglieder haben'} ${isForMe ? 'dich' : whom} ${office ? 'für den Besitz der Gruppe' : 'zum Admin'} gewählt, und ${removed} entfernt`,
  left: (_, { whom, isForMe }) => (isForMe ? 'Du bist gegangen' : `${whom} ist gegangen`),
  revoked: (_, { whom, isMine }) =>
    isMine ? 'Ein Gerät von dir wurde entfernt' : `Ein Gerät von ${whom} wurde entfernt`,
  named: ({ name }, people) => `${hat(people)} die Gruppe ${name} genannt`,
  pinned: (_, people) => `${hat(people)} eine Nachricht angeheftet`,
  unpinned: (_, people) => `${hat(people)} eine Nachricht gelöst`,
  timer: ({ seconds }, people) =>
    seconds === 0
      ? `${hat(people)} verschwindende Nachrichten abgeschaltet`
      : `${hat(people)} festgelegt, dass neue Nachrichten verschwinden: nach ${durationWords(seconds, 'de')}`,
  device: (_, { who, isMine }) => `${who} ${isMine ? 'benutzt jetzt' : 'benutzt'} ein neues Gerät`,
  restarted: () => 'Die Verschlüsselung dieses Chats hat neu begonnen',
  restored: ({ lost }) =>
    lost
      ? 'Der Server wurde aus einer Kopie ohne diesen Chat wiederhergestellt. Seine Nachrichten bleiben auf diesem Gerät'
      : 'Der Server wurde aus einer Kopie wiederhergestellt. Hier können Nachrichten fehlen, die letzten werden noch einmal gesendet',
  broken: () =>
    'Dieser Chat steht still: eine Änderung hat seine Regeln verletzt. Er geht weiter, wenn ein Admin ihn neu beginnt',
  not_in_backup: () => 'Nachrichten ab hier sind nicht in der Sicherung',
}
