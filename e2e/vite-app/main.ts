/** The server is the one that serves this page. */
import { ProjectClient } from 'planwire'
import { headline } from './headline.ts'
import { showHeadline, showTasks } from './task-list.ts'

showHeadline(headline)
showTasks(new ProjectClient({ wsAddress: location.origin.replace(/^http/, 'ws') }))

if (import.meta.hot) import.meta.hot.accept('./headline.ts', (changed) => showHeadline(String(changed?.['headline'])))
