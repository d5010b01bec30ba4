/**
 * Ends the run's output with the one line that tools read: `N passed, N failed, N skipped`. Before it stand the tests
 * that passed only when they were tried again: each of them is to be looked into.
 */
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    const triedAgain: string[] = [];
    for (const module of modules) {
      // A file that does not even load has no tests to fail.
      if (module.errors().length > 0) count.failed++;
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' || state === 'skipped') count[state]++;
        else count.failed++;
        if (test.diagnostic()?.flaky) triedAgain.push(`${module.relativeModuleId} > ${test.fullName}`);
      }
    }
    // Printed last of all: Vitest's own summary comes after this event.
    process.once('exit', () => {
      for (const name of triedAgain) process.stdout.write(`\nPassed only at the second try: ${name}`);
      process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
    });
  }
}
