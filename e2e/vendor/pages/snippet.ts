import { createScheduler } from 'planwire'
import { demoConfig, startMockServer } from 'planwire/mock-server'

await startMockServer({ ...demoConfig(), name: new URLSearchParams(location.search).get('backend') ?? 'snippet' })
const scheduler = createScheduler()

// From here on the snippet of "Multi-User Live Updates", section "Front-End Integration", as it is printed.
const AUTH_TOKEN = "token";
scheduler.init('scheduler_here', new Date(2025, 3, 20), "week");
scheduler.load("/events");
const dp = scheduler.createDataProcessor({
url: "/events",
mode: "REST-JSON",
headers: {
"Remote-Token": AUTH_TOKEN
}
});
const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates;
const remoteEvents = new RemoteEvents("/api/v1", AUTH_TOKEN);
remoteEvents.on(remoteUpdates);
// So far the snippet.

Object.assign(window, { snippet: { scheduler, dp, remoteEvents } })
