/** The front door of the system beneath: its files, its processes, and which program this is. */
export { codeOf } from './error-code.ts';
export { fileFailure, fileReason } from './failures.ts';
export { presence } from './file-presence.ts';
export { collectPassing, collectStreamed, keepHeapSmall } from './garbage.ts';
export { parsedJson } from './json.ts';
export { noOldFiles, type OldFiles, walkOldFiles } from './old-files.ts';
export { makePrivateDirectory, newPrivateDirectory, syncDirectory } from './private-directory.ts';
export { processExists } from './process-existence.ts';
export { PROGRAM_VERSION } from './program-version.ts';
export { hasEnded, thisHost } from './running-process.ts';
