/** The order of the files: those that take minutes first, or the last of them would run alone at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Without the times of an earlier run Vitest goes by the sizes of files, and these are small ones of large suites. */
const LONG = /killed-|server-crashed|server-stopped|losses|lag-|identity|signals|cut/;

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
