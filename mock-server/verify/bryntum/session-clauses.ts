/** Clauses about coming in: logins, rights, projects, datasets, and who is there. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, sameId } from '../../../client/protocol/ids.ts'
import { type Clause, SOURCES } from '../clause.ts'
import { failed, inconclusive, needed, skipped } from '../verdict.ts'
import type { BryntumBench } from './bench.ts'
import { rowsIn } from './rows.ts'
import type { Said } from './speech.ts'

const both = ['bryntum-flat', 'bryntum-revisions'] as const

export const sessionClauses: readonly Clause<BryntumBench>[] = [
  {
    id: 'login.answered',
    title: 'A login with the right password is answered',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'The author of a login hears "login" back; in the revisions dialect with the client id that its changes will carry.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Answer "login" to the socket that sent it, in its own envelope ({command, data} in the revisions dialect).',
    async run(bench) {
      const planner = await bench.connect('user')
      const answer = await planner.login(bench.settings.user)
      if (answer.error !== undefined) failed(`the login was refused: ${answer.error}`)
      if (!bench.flat && !isRecordId(answer.fields['client'])) failed('the answer has no client id in data.client')
      return 'the login was answered'
    },
  },
  {
    id: 'login.wrong-password',
    title: 'A wrong password is refused',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'The client has to be authenticated with login and password before it names a project.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Answer { "command": "login", "error": "Wrong username/password" } and keep the socket logged out.',
    async run(bench) {
      const { login, password } = bench.settings.user
      if (password === undefined) skipped('the user has no password')
      const planner = await bench.connect('guesser')
      const answer = await planner.login({ login, password: `${password}-not` })
      if (answer.error === undefined) failed('a wrong password was accepted')
      const after = await planner.fence()
      return after.error === undefined
        ? failed('after a refused login "projects" was answered')
        : `refused: "${answer.error}"`
    },
  },
  {
    id: 'login.required',
    title: 'Nobody reads anything before the login',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'Before it sets a project id, the client has to log in.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Answer every command but "login" and "version" with the error "Authentication required" until the login.',
    async run(bench) {
      const planner = await bench.connect('stranger')
      for (const [command, fields] of [
        ['projects', {}],
        ['dataset', { project: bench.project }],
      ] as const) {
        const answer = await planner.ask(command, fields)
        if (answer.error === undefined) failed(`"${command}" was answered without a login`)
      }
      return '"projects" and "dataset" were refused'
    },
  },
  {
    id: 'login.unknown-name',
    title: 'A name that nobody registered opens no project without a password',
    dialects: both,
    severity: 'should',
    needs: 'read',
    says: 'The server has authentication and authorization; the example logs in by a registered name.',
    source: SOURCES.bryntum,
    finds: ['BS9'],
    hint: 'Refuse names that you do not know, or give them rights of their own (then run with --anonymous).',
    async run(bench) {
      if (bench.settings.anonymous) skipped('the server lets unknown names in on purpose (--anonymous)')
      const planner = await bench.connect('unknown')
      const answer = await planner.login({ login: bench.named('nobody') })
      if (answer.error !== undefined) return `refused: "${answer.error}"`
      const dataset = await planner.ask('dataset', { project: bench.project })
      if (dataset.error !== undefined) return `let in, but not to the project: "${dataset.error}"`
      return failed('an unknown name without a password loaded the project')
    },
  },
  {
    id: 'login.builtin-names',
    title: 'Names such as "toString" are names like any other',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'A login is refused or accepted by the list of users, whatever the name.',
    source: SOURCES.web,
    finds: ['BS8'],
    hint: 'Look users up in a Map, or with Object.hasOwn: `name in USERS` finds the names of Object.prototype too.',
    async run(bench) {
      const tried = await Promise.all(
        [bench.named('nobody'), 'toString', '__proto__', 'constructor', 'hasOwnProperty'].map(async (login) => ({
          login,
          outcome: await outcomeOfLogin(bench, login),
        })),
      )
      const [control, ...builtin] = tried
      const other = builtin.find(({ outcome }) => outcome !== control?.outcome)
      if (other) failed(`"${other.login}" is ${other.outcome}, an unknown name is ${control?.outcome ?? 'unknown'}`)
      return `all of them are ${control?.outcome ?? 'unknown'}, like any unknown name`
    },
  },
  {
    id: 'login.again',
    title: 'Logging in as somebody else ends what the first user could see',
    dialects: both,
    severity: 'must',
    needs: 'write',
    says: 'Rights belong to the user who is logged in.',
    source: SOURCES.bryntum,
    finds: ['BS10'],
    hint: 'On every login drop the loaded project and the rights of the login before it.',
    async run(bench) {
      const other = bench.settings.otherUser ?? skipped('needs a user with fewer rights (--other-login)')
      const rights = await needed('the other user could not begin', async () => {
        const planner = await bench.connect('other')
        const answer = await planner.login(other)
        if (answer.error !== undefined) failed(`"login" was refused: ${answer.error}`)
        return planner.ask('dataset', { project: bench.project })
      })
      if (rights.error === undefined)
        skipped(`${other.login} may load project ${bench.project} too: name another user or project`)
      const changed = await bench.planner('downgraded')
      const author = await bench.planner('author')
      await needed('the second login failed', async () => {
        const answer = await changed.login(other)
        if (answer.error !== undefined) failed(`"login" was refused: ${answer.error}`)
      })
      changed.forget()
      await bench.add(author, 'tasks', [bench.task('secret')])
      const leaked = await changed.unwanted(() => true)
      if (leaked) failed(`${other.login} heard of a change in project ${bench.project}, which they may not load`)
      const dataset = await changed.ask('dataset', { project: bench.project })
      return dataset.error === undefined
        ? failed(`${other.login} could load project ${bench.project} after the second login`)
        : 'nothing of the project came after the second login'
    },
  },
  {
    id: 'projects.listed',
    title: '"projects" lists the projects by id and name',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: '"projects" is answered with a list of { id, name }.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Answer { "command": "projects", "projects": [{ "id": 1, "name": "Project 1" }] }.',
    async run(bench) {
      const answer = await (await bench.planner('user', { load: false })).fence()
      const { projects } = answer.fields
      if (!Array.isArray(projects)) failed(`the answer holds no list: ${answer.error ?? 'no projects'}`)
      const wrong = projects.find(
        (entry) => !isObject(entry) || !isRecordId(entry['id']) || typeof entry['name'] !== 'string',
      )
      return wrong === undefined ? `${projects.length} listed` : failed('an entry has no id or no name')
    },
  },
  {
    id: 'dataset.answered',
    title: '"dataset" brings the stores of the project that was asked for',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'The answer names the project and holds tasksData, resourcesData, dependenciesData, assignmentsData and calendarsData.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Send all lists, empty ones too, under `dataset`, and the project id beside it.',
    async run(bench) {
      const planner = await bench.planner('user', { load: false })
      const answer = await planner.ask('dataset', { project: bench.project })
      if (answer.error !== undefined) failed(`refused: "${answer.error}"`)
      if (!sameId(answer.fields['project'], bench.project)) failed('the answer does not name the project')
      const { dataset } = answer.fields
      const lists = ['tasks', 'resources', 'dependencies', 'assignments', 'calendars'].map((store) => `${store}Data`)
      const missing = lists.filter((list) => !isObject(dataset) || !Array.isArray(dataset[list]))
      return missing.length === 0 ? 'all stores are there' : failed(`the dataset has no ${missing.join(', ')}`)
    },
  },
  {
    id: 'dataset.refused',
    title: 'A project that does not exist is refused in words',
    dialects: both,
    severity: 'should',
    needs: 'read',
    says: 'Commands of a project need its id.',
    source: SOURCES.revisions,
    finds: [],
    hint: 'Answer { "command": "dataset", "error": "Authorization required" }, the same for unknown and forbidden projects.',
    async run(bench) {
      const planner = await bench.planner('user', { load: false })
      const answer = await planner.ask('dataset', { project: bench.named('no such project') })
      return answer.error === undefined ? failed('an unknown project was answered') : `refused: "${answer.error}"`
    },
  },
  {
    id: 'dataset.whole',
    title: 'A dataset holds every record once',
    dialects: both,
    severity: 'must',
    needs: 'read',
    says: 'The dataset is what a client starts from; ids name records.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Build the tree from parentId alone, and keep ids unique per store.',
    async run(bench) {
      const rows = await bench.rows()
      for (const store of rows.stores.keys()) {
        const ids = rowsIn(rows, store).map(({ id }) => String(id))
        const twice = ids.find((id, at) => ids.indexOf(id) !== at)
        if (ids.length < 5000 && twice !== undefined) failed(`${store} ${twice} is there twice`)
      }
      return 'no id is there twice'
    },
  },
  {
    id: 'users.told',
    title: 'Everybody is told who is there',
    dialects: both,
    severity: 'should',
    needs: 'read',
    says: 'When a client logs in, everybody hears its name, and then the whole list of users.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'After each login and each closed socket send "users" to everybody who is logged in.',
    async run(bench) {
      const watcher = await bench.planner('watcher')
      await bench.planner('newcomer', { load: false })
      const { login } = bench.settings.user
      const said = await watcher.heard(
        (item) => item.type === 'word' && item.command === 'users',
        bench.settings.timeoutMs,
      )
      const users = said?.type === 'word' ? said.fields['users'] : undefined
      if (!Array.isArray(users)) failed('no "users" after a login')
      return users.includes(login) ? '"users" came' : failed(`"users" does not name ${login}`)
    },
  },
  {
    id: 'users.left',
    title: 'Who has left is not listed any more',
    dialects: both,
    severity: 'should',
    needs: 'read',
    says: 'The list holds the connected clients.',
    source: SOURCES.bryntum,
    finds: [],
    hint: 'Take a socket out of the list before you tell the others that it closed.',
    async run(bench) {
      const other = bench.settings.otherUser ?? skipped('needs a second user (--other-login)')
      const watcher = await bench.planner('watcher', { load: false })
      const leaver = await bench.connect('leaver')
      const answer = await leaver.login(other)
      if (answer.error !== undefined) inconclusive(`the other user cannot log in: ${answer.error}`)
      const lists = (said: Said): boolean => {
        const users = said.type === 'word' && said.command === 'users' ? said.fields['users'] : undefined
        return Array.isArray(users) && users.includes(other.login)
      }
      if (!(await watcher.heard(lists, bench.settings.timeoutMs))) inconclusive(`"users" never names ${other.login}`)
      leaver.peer.close()
      const gone = await watcher.heard(
        (said) => said.type === 'word' && said.command === 'users' && !lists(said),
        bench.settings.settleMs,
      )
      return gone ? 'the list came without it' : failed(`${other.login} left, and is still listed`)
    },
  },
]

async function outcomeOfLogin(bench: BryntumBench, login: string): Promise<string> {
  const planner = await bench.connect(login)
  const answer = await planner.login({ login })
  if (answer.error !== undefined) return 'refused'
  const projects = await planner.fence()
  const dataset = await planner.ask('dataset', { project: bench.project })
  const works = projects.error === undefined && dataset.error === undefined
  if (planner.peer.inbox.ended !== undefined) inconclusive(planner.peer.inbox.ended)
  return works ? 'let in' : projects.error === undefined ? 'let in without the project' : 'let in, but not served'
}
