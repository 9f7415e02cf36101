// Timers of a hidden page are slowed down to one a minute; those of a worker are not. Heartbeats must not wait.
onmessage = ({ data: ms }) => setInterval(() => postMessage(0), ms);
