/** Ends the process though work of it is still under way. */
export function leave(): never {
  if (waitsForThreads()) process.kill(process.pid, 'SIGTERM');
  process.exit();
}

/** An exit waits for files and host names that threads are looking up, which on a share that is gone would be for ever. */
function waitsForThreads(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^FSReq|^GetAddrInfo/.test(name));
}
